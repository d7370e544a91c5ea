/** Errors in files of Keras and HDF5, in Simplified Chinese, by their English; see index.ts. */
export const keras: Readonly<Record<string, string>> = {
  '"{0}" has no {1}, which every Keras file has. Save the network again.':
    '“{0}”中没有每个 Keras 文件都应有的 {1}。请重新保存网络。',
  '"{0}" is a damaged HDF5 file: its structure cannot be read. Copy or download it again.':
    '“{0}”是损坏的 HDF5 文件：无法读取其结构。请重新复制或下载。',
  '--precision {0} is not built yet for Keras files, whose layers Espalier writes in float32 only. Use --precision fp32, or export to onnx or tfjs.':
    'Keras 文件尚不支持 --precision {0}：Espalier 只以 float32 写出其中的层。请使用 --precision fp32，或导出为 onnx 或 tfjs。',
  'A weight in this HDF5 file is packed by the filter {0}, which Espalier does not read. Save the network again without compression, or with gzip.':
    '此 HDF5 文件中的一个权重由过滤器 {0} 压缩，Espalier 不读取该过滤器。请不压缩或用 gzip 重新保存网络。',
  'A weight in this HDF5 file is stored as an array that can grow, which Espalier does not read. Save the network again with model.save.':
    '此 HDF5 文件中的一个权重以可增长的数组存储，Espalier 不读取这种数组。请用 model.save 重新保存网络。',
  'its border is not one that Keras pads by itself': '其边界不是 Keras 会自动填充的那种',
  'its output is padded in a way Keras does not have': '其输出的填充方式是 Keras 没有的',
  'Keras 3 has a slope of 1/6 only': 'Keras 3 的斜率只能为 1/6',
  'Keras cannot be told by name to approximate it': '无法按名称让 Keras 采用其近似形式',
  'Keras cuts no axis of open extent': 'Keras 不切分大小未定的轴',
  'Keras cuts no batch, and no axis of open extent': 'Keras 不切分批次，也不切分大小未定的轴',
  'Keras cuts without steps only': 'Keras 只能不带步长地切分',
  'Keras divides no value by another': 'Keras 不能将一个值除以另一个值',
  'Keras enlarges by whole factors only, by nearest or half-pixel bilinear interpolation':
    'Keras 只按整数倍放大，且只用最近邻或半像素双线性插值',
  'Keras has no layer for {0} "{1}": {2}. Export to ONNX or TensorFlow.js instead.':
    'Keras 没有与 {0}“{1}”对应的层：{2}。请改为导出为 ONNX 或 TensorFlow.js。',
  'Keras has no layer that does this with a constant': 'Keras 没有用常量做此运算的层',
  'Keras has no transposed convolution in groups': 'Keras 没有分组的转置卷积',
  'Keras limits values from 0 on only': 'Keras 只能从 0 起限制数值',
  'Keras multiplies no value by a stack of stored matrices': 'Keras 不能将一个值与存储的一叠矩阵相乘',
  'Keras multiplies values of three or four axes each': 'Keras 将各有三个或四个轴的值相乘',
  'Keras pads the axes of pictures only': 'Keras 只填充图像的轴',
  'Keras pads with zeros only': 'Keras 只用零填充',
  'Keras picks no samples of a batch': 'Keras 不能从批次中选取样本',
  'Keras picks positions that are written down only': 'Keras 只能选取写明的位置',
  'Keras picks rows of a table by ids only': 'Keras 只能按编号选取表中的行',
  'Keras takes it along the last axis only': 'Keras 只沿最后一个轴计算它',
  'nothing in Keras computes it': 'Keras 中没有计算它的层',
  'The activation "{0}" of "{1}" is not known to Espalier. Use one that Keras documents, or export the network to ONNX.':
    '“{1}”的激活函数“{0}”是 Espalier 不认识的。请使用 Keras 文档中的激活函数，或将网络导出为 ONNX。',
  'The input "{0}" has no known shape, which Keras needs. Export to ONNX instead.':
    '输入“{0}”的形状未知，而 Keras 需要它。请改为导出为 ONNX。',
  'The layer "{0}" ({1}) has {2} weights, so its {3} is missing.': '层“{0}”（{1}）有 {2} 个权重，因此缺少其 {3}。',
  'The layer "{0}" ({1}) works with {2}, the others with channels last, which Espalier does not mix. Save the network with one order of channels.':
    '层“{0}”（{1}）使用 {2}，而其他层的通道在最后，Espalier 不混用两者。请以同一种通道顺序保存网络。',
  'The layer "{0}" attends over more than one axis, which Espalier does not read.':
    '层“{0}”在多个轴上计算注意力，Espalier 不读取这种情况。',
  'The layer "{0}" cannot work with channels first.': '层“{0}”不能在通道在前的情况下工作。',
  'The layer "{0}" enlarges by {1} interpolation, which Espalier does not read. Use nearest or bilinear.':
    '层“{0}”用 {1} 插值放大，Espalier 不读取这种情况。请使用 nearest 或 bilinear。',
  'The layer "{0}" has a threshold, which Espalier does not read.': '层“{0}”带有阈值，Espalier 不读取这种情况。',
  'The layer "{0}" has neither scale nor shift, which Espalier does not read.':
    '层“{0}”既没有缩放也没有平移，Espalier 不读取这种情况。',
  'The layer "{0}" has no input.': '层“{0}”没有输入。',
  'The layer "{0}" is of the class {1}, which Espalier does not know. Export the network to ONNX (tf2onnx) and open that, or leave the layer out.':
    '层“{0}”属于类 {1}，Espalier 不认识它。请将网络导出为 ONNX（tf2onnx）后再打开，或去掉该层。',
  'The layer "{0}" joins its directions by "{1}", which Espalier does not read.':
    '层“{0}”以“{1}”合并两个方向，Espalier 不读取这种情况。',
  'The layer "{0}" keeps its state between batches, which Espalier does not follow. Save it with stateful=False.':
    '层“{0}”在批次之间保留状态，Espalier 不跟踪这种情况。请以 stateful=False 保存。',
  'The layer "{0}" normalises along axis {1}, which Espalier does not follow. Use the axis of the channels.':
    '层“{0}”沿轴 {1} 归一化，Espalier 不跟踪这种情况。请使用通道所在的轴。',
  'The layer "{0}" normalises along other axes than the last, which Espalier does not follow.':
    '层“{0}”沿最后一个轴以外的轴归一化，Espalier 不跟踪这种情况。',
  'The layer "{0}" normalises along the axes {1}, which Espalier does not follow.':
    '层“{0}”沿轴 {1} 归一化，Espalier 不跟踪这种情况。',
  'The layer "{0}" normalises groups of another axis than the last, which Espalier does not follow.':
    '层“{0}”对最后一个轴以外的轴分组归一化，Espalier 不跟踪这种情况。',
  'The layer "{0}" pads "{1}", which is not known to Espalier.': '层“{0}”的填充方式“{1}”是 Espalier 不认识的。',
  'The layer "{0}" reads a value of {1} axes where a sequence has 3.': '层“{0}”读取有 {1} 个轴的值，而序列有 3 个轴。',
  'The layer "{0}" reads what no layer before it computes.': '层“{0}”读取的内容没有任何在它之前的层计算。',
  'The layer "{0}" returns its scores, which Espalier does not read.': '层“{0}”返回其评分，Espalier 不读取这种情况。',
  'The layer "{0}" runs a {1} in both directions, which Espalier does not read; it reads LSTM, GRU and SimpleRNN.':
    '层“{0}”双向运行 {1}，Espalier 不读取这种情况；可读取 LSTM、GRU 和 SimpleRNN。',
  'The layer "{0}" undoes a normalisation, which Espalier does not read.':
    '层“{0}”撤销归一化，Espalier 不读取这种情况。',
  'The layer "{0}" works along several axes, which Espalier does not read.':
    '层“{0}”沿多个轴工作，Espalier 不读取这种情况。',
  'The output "{0}" has its steps before its batch, which Keras does not give. Export to ONNX instead.':
    '输出“{0}”的步数排在批次之前，Keras 不能给出这种输出。请改为导出为 ONNX。',
  'The output "{0}" is computed by no layer that Keras has. Export to ONNX instead.':
    '输出“{0}”不是由 Keras 拥有的层计算的。请改为导出为 ONNX。',
  'The layer "{0}" scores by {1}, which Espalier does not read.': '层“{0}”以 {1} 评分，Espalier 不读取这种情况。',
  'The layer "{0}" adds two values and is given one.': '层“{0}”将两个值相加，却只得到一个。',

  'The weights in this HDF5 file would unpack to more than {0} times its size, as no network does. Save the network again without compression.':
    '此 HDF5 文件中的权重解压后会超过文件大小的 {0} 倍，没有网络会这样。请不压缩地重新保存网络。',
  'The layer "{0}" calls tf.{1}, which Espalier does not read from Keras files. Export the network to ONNX (tf2onnx) and open that, or leave the operation out.':
    '层“{0}”调用了 tf.{1}，Espalier 不从 Keras 文件中读取它。请（用 tf2onnx）将网络导出为 ONNX 后打开，或去掉该运算。',
  'The mask of the layer "{0}" has {1} axes, which Espalier does not read; it reads 2 to 4.':
    '层“{0}”的掩码有 {1} 个轴，Espalier 不读取这种掩码；可读取 2 到 4 个轴。',
  'The layer "{0}" gates its answer or sees a sliding window only, which Espalier does not read. Export the network to ONNX.':
    '层“{0}”对其输出加门控，或只看滑动窗口，Espalier 不读取这种情况。请将网络导出为 ONNX。',
  'The operation "{0}" casts to {1}, which Espalier does not read; it reads floats, int32, int64 and bool.':
    '运算“{0}”转换为 {1}，Espalier 不读取这种类型；可读取浮点数、int32、int64 和 bool。',
  'The operation "{0}" (Where) does not choose between two values, which Espalier does not read.':
    '运算“{0}”（Where）不是在两个值之间选择，Espalier 不读取这种情况。',
  'The layer "{0}" weighs what it counts, which Espalier does not read.':
    '层“{0}”对所计数的内容加权，Espalier 不读取这种情况。',
  'The layer "{0}" ({1}) has the activation {2}, which ONNX\' recurrent operators do not have; they have {3}. Train it with one of these.':
    '层“{0}”（{1}）的激活函数为 {2}，ONNX 的循环算子没有它；它们有 {3}。请用其中之一训练。',
  'The layer "{0}" has directions of different widths, which Espalier does not read.':
    '层“{0}”的两个方向宽度不同，Espalier 不读取这种情况。',
  'The layer "{0}" hands on states of several cells, which Espalier does not read.':
    '层“{0}”传出多个单元的状态，Espalier 不读取这种情况。',
  'The layer "{0}" runs a {1} forwards and a {2} backwards, which Espalier does not read.':
    '层“{0}”正向运行 {1}，反向运行 {2}，Espalier 不读取这种情况。',
  'The layer "{0}" ({1}) leaves out the steps that a layer before it masks, which Espalier reads for recurrent layers, attention and GlobalAveragePooling1D only. Export the network to ONNX, or train it without mask_zero.':
    '层“{0}”（{1}）略去前面的层所遮蔽的步，Espalier 只对循环层、注意力层和 GlobalAveragePooling1D 读取这种情况。请将网络导出为 ONNX，或不用 mask_zero 训练。',
  'The layer "{0}" repeats a {1} over time, which Espalier does not read; it reads repeated networks, and layers that it reads once.':
    '层“{0}”沿时间重复 {1}，Espalier 不读取这种情况；可读取重复的网络，以及它单独读取的层。',
  'The operation "{0}" ({1}) works on something else than two values, which Espalier does not read.':
    '运算“{0}”（{1}）的对象不是两个值，Espalier 不读取这种情况。',
  'The operation "{0}" takes positions by a value, which Espalier does not read.':
    '运算“{0}”按某个值取位置，Espalier 不读取这种情况。',
  'The operation "{0}" multiplies two values and is given one.': '运算“{0}”将两个值相乘，但只得到一个。',
  'The layer "{0}" masks a value of {1} axes, which Espalier does not read.':
    '层“{0}”遮蔽一个有 {1} 个轴的值，Espalier 不读取这种情况。',
  'The layer "{0}" multiplies values of other ranks than 2 or 3, which Espalier does not read.':
    '层“{0}”将阶数不是 2 或 3 的值相乘，Espalier 不读取这种情况。',
  'The layer "{0}" resizes in another way than bilinear, which Espalier does not read.':
    '层“{0}”以双线性之外的方式缩放，Espalier 不读取这种情况。',
  'The layer "{0}" ({1}) starts from {2} states where it has {3}.': '层“{0}”（{1}）从 {2} 个状态开始，而它有 {3} 个。',
  'The layer "{0}" answers zeros after a masked step, which Espalier does not read.':
    '层“{0}”在被遮蔽的步之后输出零，Espalier 不读取这种情况。',
  'The layer "{0}" runs the cell {1}, which Espalier does not read; it reads LSTMCell, GRUCell and SimpleRNNCell.':
    '层“{0}”运行单元 {1}，Espalier 不读取它；可读取 LSTMCell、GRUCell 和 SimpleRNNCell。',
  'The layer "{0}" gives its output a padding of its own, which Espalier reads from Keras 3 only. Leave output_padding out.':
    '层“{0}”为其输出指定了自己的填充，Espalier 只从 Keras 3 读取这种情况。请去掉 output_padding。',
  'The layer "{0}" normalises along other axes than the last ones, which Espalier does not follow.':
    '层“{0}”沿末尾之外的轴归一化，Espalier 不支持这种情况。',
  'The layer "{0}" has an equation of any number of axes, which Espalier does not read.':
    '层“{0}”的方程含任意数目的轴，Espalier 不读取这种情况。',
  'The layer "{0}" ({1}) is written out step by step, and {2} steps are more than {3}. Save the network with a fixed number of steps, at most {4}.':
    '层“{0}”（{1}）按步展开，而 {2} 步多于 {3} 步。请以固定的步数保存网络，最多 {4} 步。',
  'The layer "{0}" ({1}) is written out step by step, and how many there are is not known. Save the network with a fixed number of steps, at most {2}.':
    '层“{0}”（{1}）按步展开，但步数未知。请以固定的步数保存网络，最多 {2} 步。',
  'The layer "{0}" ({1}) reads a value of {2} axes where a film has {3}.':
    '层“{0}”（{1}）读取的值有 {2} 个轴，而影片应有 {3} 个。',
  'The layer "{0}" ({1}) starts from states that it is given, which Espalier does not read.':
    '层“{0}”（{1}）从外部给定的状态开始，Espalier 不读取这种形式。',
  'The operation "{0}" ({1}) works along other axes than one, which Espalier does not read.':
    '运算“{0}”（{1}）不是只沿一个轴进行，Espalier 无法读取。',
  'The operation "{0}" has the Einsum equation "{1}", which Espalier does not read. Name the result behind "->".':
    '运算“{0}”的 Einsum 等式为“{1}”，Espalier 无法读取。请在“->”之后写明结果。',
  'The operation "{0}" multiplies otherwise than a value with a matrix, which Espalier does not read.':
    '运算“{0}”不是一个值与一个矩阵相乘，Espalier 无法读取。',
  'The operation "{0}" repeats a value along axes that it does not have, which Espalier does not read.':
    '运算“{0}”沿该值没有的轴重复它，Espalier 无法读取。',
  'The operation "{0}" takes positions by something else than whole numbers, which Espalier does not read.':
    '运算“{0}”不是按整数取位置，Espalier 无法读取。',
  'The operation "{0}" pads in the mode "{1}", which Espalier does not read.':
    '运算“{0}”以“{1}”模式填充，Espalier 无法读取。',
  'The operation "{0}" takes the norm {1}, which Espalier does not read.': '运算“{0}”计算范数 {1}，Espalier 无法读取。',
  'The operation "{0}" normalises by another norm than the Euclidean, which Espalier does not read.':
    '运算“{0}”用欧几里得范数以外的范数归一化，Espalier 无法读取。',
  'The operation "{0}" writes classes along another axis than the last, which Espalier does not read.':
    '运算“{0}”没有沿最后一个轴写出类别，Espalier 无法读取。',
  'The operation "{0}" attends with a mask, a bias or a cap, which Espalier does not read. Use the layer MultiHeadAttention.':
    '运算“{0}”的注意力带有掩码、偏置或上限，Espalier 无法读取。请改用层 MultiHeadAttention。',
  'The layer "{0}" (CenterCrop) enlarges images, or does not say how large they are, which Espalier does not read. Use Cropping2D.':
    '层“{0}”（CenterCrop）会放大图像，或者没有说明图像的大小，Espalier 无法读取。请改用 Cropping2D。',
  'Node "{0}" fills a shape of unknown rank. Convert the network with fixed shapes.':
    '节点“{0}”所填充的形状的轴数未知。请以固定的形状转换网络。',
  'both of its extents are open': '它的两个维度都未定',
  'every step of a backward layer is read': '反向层的每一步都被读取',
  'it changes the batch': '它改变了批次',
  'it moves the batch': '它移动了批次',
  'it normalises over several axes': '它沿多个轴归一化',
  'it reads a sequence whose steps come before its batch': '它读取的序列中，步排在批次之前',
  'it reduces other axes than those of the picture': '它归约的不是图像的轴',
  'it scales or turns its operands': '它对操作数做了缩放或转置',
  'it starts from a state, or is told the lengths of its sequences': '它从某个状态开始，或被告知序列的长度',
  'Keras has other numbers in it': 'Keras 中的数值不同',
  'it counts from the end, or without itself': '它从末尾累加，或不含自身',
  'it writes other numbers than 0 and 1, or not along the last axis': '它写入的不是 0 和 1，或不沿最后一个轴',
  'it reads stored truth values': '它读取存储的真值',
  'it reads no computed value': '它不读取任何计算得到的值',
  'it reduces the batch': '它在批次上归约',
  'it compares samples': '它在样本之间比较',
  'it has no bounds': '它没有界限',
  'Keras takes two values at a time': 'Keras 一次只接受两个值',
  'Keras has no layer that changes the kind of numbers': 'Keras 没有改变数值类型的层',
  'it stretches another axis than that of the steps': '它拉伸的不是步所在的轴',
  'its gates are not the usual ones': '其门不是通常的那些',
  'Keras has no activation {0} with these numbers': 'Keras 没有带这些数值的激活函数 {0}',
  'its two main activations differ': '其两个主激活函数不同',
  'its bias is not one number a unit': '其偏置不是每个单元一个数',
  'its cells are read': '其细胞状态被读取',
  'its constant is not one number a channel': '其常量不是每个通道一个数',
  'its input "{0}" is a constant where a layer needs a value': '其输入“{0}”是常量，而层需要一个值',
  'its input does not come as a batch of sequences': '其输入不是一批序列',
  'its operands have different numbers of axes': '其操作数的轴数不同',
  'its pads are not numbers': '其填充不是数字',
  'its parts have open extents': '其各部分的大小未定',
  'its slopes are not one a channel': '其斜率不是每个通道一个',
  'its weights are computed while the network runs': '其权重在网络运行时计算',
  'its windows have gaps': '其窗口带有空洞',
  'several of its extents are open': '它有多个维度未定',
  'the number of its heads is open': '其头数未定',
  'the number of what it adds up is open': '它所求和的数量未定',
  'the shape of "{0}" is not known': '“{0}”的形状未知',
}

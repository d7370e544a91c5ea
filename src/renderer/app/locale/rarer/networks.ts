/** Errors in network files and graphs, in Simplified Chinese, by their English; see index.ts. */
export const networks: Readonly<Record<string, string>> = {
  'The network answers for {0} samples at once and its samples could not be told apart, so it cannot be run on data. Export it with a free batch (dynamic_axes or dynamic_shapes in PyTorch); "espalier prune" takes it as it is.':
    '该网络一次处理 {0} 个样本，而且无法区分其中的样本，因此无法在数据上运行。请以不固定的批次大小导出（PyTorch 中的 dynamic_axes 或 dynamic_shapes）；“espalier prune”可以直接处理它。',
  '"{0}" holds weights without the network they belong to. Save the whole network with model.save, not save_weights.':
    '“{0}”中只有权重，没有它们所属的网络。请用 model.save 保存整个网络，而不是 save_weights。',
  '"{0}" is not a network in a format that Espalier reads ({1}). Export the network to one of these.':
    '“{0}”不是 Espalier 所读取格式（{1}）的网络。请将网络导出为其中一种。',
  '"{0}" is not valid JSON: it was cut off or changed. Copy or download it again.':
    '“{0}”不是有效的 JSON：它被截断或改动过。请重新复制或下载。',
  '"{0}" of the layer "{1}" ({2}) should be {3}. The file is damaged.': '层“{1}”（{2}）的“{0}”应为 {3}。文件已损坏。',
  '"{0}" reads "{1}:{2}", which nothing computes.': '“{0}”读取“{1}:{2}”，而没有任何计算给出它。',
  '"{0}" reduces an axis that its input, which has {1}, does not have.': '“{0}”归约的轴在其输入（{1}）中不存在。',
  '[{0}] and [{1}] do not fit': '[{0}] 与 [{1}] 不相符',
  '[{0}] cannot become [{1}]': '[{0}] 无法变为 [{1}]',
  '[{0}] do not fit': '[{0}] 不相符',
  '[{0}] is no order of {1} axes': '[{0}] 不是 {1} 个轴的顺序',
  'A constant computation ({0}) in the network does not work out: {1}. The file is damaged or was written by a faulty exporter.':
    '网络中的一个常量计算（{0}）无法成立：{1}。文件已损坏，或由有缺陷的导出工具写出。',
  'a field without a number': '没有编号的字段',
  'a list': '列表',
  'a list of numbers': '数字列表',
  'a list of numbers of {0} bytes': '{0} 字节的数字列表',
  'a list of whole numbers': '整数列表',
  'a number': '数字',
  'a number is longer than 64 bits': '有一个数超过 64 位',
  'a table of numbers': '数表',
  'a string': '字符串',
  'a text': '文本',
  'A {0} tensor of shape [{1}] needs {2} elements, but {3} are there.':
    '形状为 [{1}] 的 {0} 张量需要 {2} 个元素，而实际有 {3} 个。',
  'adds a bias to packed operands, which is not supported.': '为打包的操作数加上偏置，暂不支持。',
  'an array, but nothing is there; it': '数组，但那里什么也没有；它',
  'an object': '对象',
  'an unknown wire type {0}': '未知的编码类型 {0}',
  'Attribute "{0}" of {1} "{2}" should be {3}, but the file holds a {4}. The file is damaged or was written by a faulty exporter.':
    '{1}“{2}”的属性“{0}”应为 {3}，而文件中是 {4}。文件已损坏，或由有缺陷的导出工具写出。',
  'computes its position table, which is not supported.': '会计算其位置表，暂不支持。',
  'convolutions in {0} dimensions have no operation here': '此处没有 {0} 维卷积的运算',
  'field "{0}" of a wrong type': '字段“{0}”的类型不对',
  'has a mask of a form that is not supported.': '的掩码形式暂不支持。',
  'has an input {0} whose shape is not known.': '有一个形状未知的输入 {0}。',
  'has heads whose width is not known.': '的注意力头宽度未知。',
  'has no keys.': '没有键。',
  'has sparse weights': '含有稀疏权重',
  'has weights in another file': '权重在其他文件中',
  'holds its weight in an order or a number of bits that is not supported.': '的权重存储顺序或位数暂不支持。',
  'index {0} is beyond {1}': '索引 {0} 超出 {1}',
  'Input {0} of {1} "{2}" is computed in the network instead of constant, and that cannot be run.':
    '{1}“{2}”的输入 {0} 是在网络中计算得到的，而不是常量，这种情况无法运行。',
  'it addresses {0} of {1} axes': '它寻址 {1} 个轴中的 {0} 个',
  'it cannot bring {0} into the shape {1}': '它无法将 {0} 变为形状 {1}',
  'it cannot cut {0} into {1}': '它无法将 {0} 切分为 {1}',
  'it cannot multiply a scalar': '它不能与标量相乘',
  'it casts to a type ({0}) that is not known': '它转换为未知的类型（{0}）',
  'it casts to the type {0}': '它转换为 {0} 类型',
  'it clips its gates': '它会截断其门控',
  'it copies axis {0} of a value of shape {1}': '它在形状为 {1} 的值上复制轴 {0}',
  'it couples its input and forget gates': '它将输入门与遗忘门耦合',
  'it cuts an axis at a place that depends on the extent "{0}"': '它在取决于维度“{0}”的位置切分一个轴',
  'it divides an integer by zero': '它将整数除以零',
  'it expects {0} input channels and gets {1}': '它需要 {0} 个输入通道，而得到 {1} 个',
  'it expects {0} input features and gets {1}': '它需要 {0} 个输入特征，而得到 {1} 个',
  'it has no input': '它没有输入',
  'it has no kernel_shape': '它没有 kernel_shape',
  'it has peepholes': '它带有窥视孔连接',
  'it has {0} pads for a value of rank {1}': '它有 {0} 个填充值，而值为 {1} 维',
  'it has {0} parameters a kind and its input has {1} channels': '它每类有 {0} 个参数，而其输入有 {1} 个通道',
  'it joins values of shapes {0}': '它拼接形状为 {0} 的值',
  'it joins values of shapes {0} along axis {1}': '它沿轴 {1} 拼接形状为 {0} 的值',
  'it lacks its network "{0}"': '它缺少子网络“{0}”',
  'it reads something else than images and volumes': '它读取的既不是图像也不是体数据',
  'it combines by "{0}"': '它以“{0}”方式合并',
  'its values are computed': '其数值是计算得出的',
  'of equal values it takes the last': '相等时它取最后一个',
  'it reads beyond its {0} elements': '它读取超出了 {0} 个元素',
  'it reads element {0} of {1}': '它在 {1} 中读取元素 {0}',
  'it repeats [{0}] times': '它重复 [{0}] 次',
  'it repeats its input to the extent "{0}", which is not known': '它将输入重复到未知的维度“{0}”',
  'it rounds up (ceil_mode) over an axis of unknown extent': '它在大小未知的轴上向上取整（ceil_mode）',
  'it scales the axis "{0}"': '它缩放轴“{0}”',
  'it splits the axis "{0}", whose extent is not known': '它切分大小未知的轴“{0}”',
  'it states its output_shape': '它指明了 output_shape',
  'it walks back over "{0}" in part': '它沿“{0}”的一部分反向行进',
  'it works on something else than images': '它处理的不是图像',
  'its activation {0} is not supported': '不支持其激活函数 {0}',
  'The network answers with texts only ("{0}"), which cannot be compared. Export it with the scores of its classes among its outputs.':
    '该网络只输出文字（“{0}”），无法比较。请导出时让类别的分数也在其输出之中。',
  'it has neither a window nor a frame length': '它既没有窗函数，也没有帧长',
  'its signal has {0} axes': '其信号有 {0} 个轴',
  'its length is computed': '其长度是计算得到的',
  'its signal has imaginary parts': '其信号有虚部',
  'its window is computed': '其窗函数是计算得到的',
  'its frames are computed': '其帧是计算得到的',
  'its window of {0} does not fill a frame of {1}': '其长度为 {0} 的窗函数填不满长度为 {1} 的帧',
  'its axis is computed': '其轴是计算得到的',
  'its axis {0} is not there': '其轴 {0} 不存在',
  'its axis {0} is outside a value of rank {1}': '其轴 {0} 超出 {1} 维的值',
  'its axis {0} or step {1} is impossible': '其轴 {0} 或步长 {1} 不可能存在',
  'its batch comes first (layout 1), which is not supported': '其批次在前（layout 1），暂不支持',
  'its bounds are not known': '其边界未知',
  'its channels are not known': '其通道未知',
  'its coordinates are "{0}"': '其坐标方式为“{0}”',
  'its diagonal is computed': '其对角线是计算得到的',
  'its equation repeats an index or does not fit its operands': '其表达式重复了某个索引，或与操作数不符',
  'its extent "{0}" is not known': '其维度“{0}”未知',
  'its extent "{0}" is not known; export the network with a fixed input size':
    '其维度“{0}”未知；请以固定的输入大小导出网络',
  'its fill value is not constant': '其填充值不是常量',
  'its grid [{0}] does not fit maps [{1}]': '其网格 [{0}] 与特征图 [{1}] 不符',
  'its indices have no known depth': '其索引的深度未知',
  'its inner extent is not known': '其内侧维度未知',
  'its input of rank {0} does not fit its weight': '其 {0} 维的输入与权重不符',
  'its input of rank {0} does not fit its weight of rank {1}': '其 {0} 维的输入与 {1} 维的权重不符',
  'its input of rank {0} has no spatial axes': '其 {0} 维的输入没有空间轴',
  'its interpolation is "{0}"': '其插值方式为“{0}”',
  'its limits are not constant numbers': '其界限不是常量数字',
  'its maps have rank {0}': '其特征图为 {0} 维',
  'its network "{0}" computes fewer values than are read': '其子网络“{0}”计算的值少于被读取的值',
  'its operands [{0}] do not fit': '其操作数 [{0}] 不相符',
  'its operands are not matrices': '其操作数不是矩阵',
  'its operands are not of rank 3': '其操作数不是三维',
  'its operands of shapes {0} do not fit together': '形状为 {0} 的操作数互不相符',
  'its padding is automatic': '其填充是自动的',
  'its padding is not constant': '其填充不是常量',
  'its parameters do not have {0} channels': '其参数没有 {0} 个通道',
  'its parts {0} do not add up to {1}': '其各部分 {0} 之和不等于 {1}',
  'its permutation [{0}] does not fit a value of rank {1}': '其排列 [{0}] 与 {1} 维的值不符',
  'its rounding is "{0}"': '其取整方式为“{0}”',
  'its scales do not fit its axis': '其缩放系数与轴不符',
  'its step is 0': '其步长为 0',
  'its updates do not fit its indices': '其更新值与索引不符',
  'its weight is computed, not constant': '其权重是计算得到的，不是常量',
  'its weights W and R do not fit {0} hidden units in {1} direction(s)':
    '其权重 W 和 R 与 {1} 个方向上的 {0} 个隐藏单元不符',
  'its window has {0} axes for {1}': '其窗口有 {0} 个轴，而应有 {1} 个',
  'a window of it reads nothing but padding': '它有一个窗口只读到填充',
  'its window of {0} channels is even, so it has no middle': '其 {0} 个通道的窗口是偶数，因此没有中心',
  'its window of {0} does not fit an input of {1} with padding {2}': '其 {0} 的窗口与带 {2} 填充的 {1} 输入不符',
  'its {0} channels do not divide into blocks of {1}': '其 {0} 个通道不能平分为大小为 {1} 的块',
  'its {0} features do not divide into {1} heads': '其 {0} 个特征不能平分给 {1} 个头',
  'its {0} output channels do not divide into {1} groups': '其 {0} 个输出通道不能平分为 {1} 组',
  'Networks are nested more than {0} deep in this file. It is damaged.': '此文件中网络的嵌套超过 {0} 层。文件已损坏。',
  'Networks cannot be written as "{0}" yet. Choose another format, such as onnx.':
    '目前还不能将网络写成“{0}”格式。请选择其他格式，例如 onnx。',
  'no shape [{0}]': '不存在形状 [{0}]',
  'Node "{0}" (GatherV2) has batch_dims, which Espalier does not follow.':
    '节点“{0}”（GatherV2）带有 batch_dims，Espalier 不跟踪这种情况。',
  'Node "{0}" (StridedSlice) adds axes while it slices, which Espalier does not follow. Use expand_dims.':
    '节点“{0}”（StridedSlice）在切片时增加轴，Espalier 不跟踪这种情况。请使用 expand_dims。',
  'Node "{0}" ({1}) does not fit the network: {2}. The file is damaged or was exported for other inputs; export it again.':
    '节点“{0}”（{1}）与网络不符：{2}。文件已损坏，或是为其他输入导出的；请重新导出。',
  'Node "{0}" ({1}) lacks its input {2}.': '节点“{0}”（{1}）缺少输入 {2}。',
  'Node "{0}" ({1}) lacks its input {2}. The file is damaged; export the network again.':
    '节点“{0}”（{1}）缺少输入 {2}。文件已损坏，请重新导出网络。',
  'Node "{0}" ({1}) reads "{2}", which nothing before it computes.':
    '节点“{0}”（{1}）读取“{2}”，而它之前没有任何计算给出该值。',
  'Node "{0}" ({1}) takes its input {2} from a computation, which Espalier does not follow. Convert the network with fixed shapes.':
    '节点“{0}”（{1}）的输入 {2} 来自计算，Espalier 不跟踪这种情况。请以固定形状转换网络。',
  'Node "{0}" ({1}) works with channels first ({2}), which TensorFlow.js does not run either. Convert the network with channels last.':
    '节点“{0}”（{1}）使用通道在前的顺序（{2}），TensorFlow.js 也不能运行。请以通道在后的顺序转换网络。',
  'Node "{0}" casts to {1}, which Espalier does not follow.': '节点“{0}”转换为 {1} 类型，Espalier 不跟踪这种情况。',
  'Node "{0}" drops all axes of extent 1 without naming them, which Espalier does not follow. Name the axes.':
    '节点“{0}”去掉所有大小为 1 的轴而没有指明，Espalier 不跟踪这种情况。请指明这些轴。',
  'Node "{0}" fuses "{1}", which Espalier does not know. Convert the network without fused operators.':
    '节点“{0}”融合了 Espalier 不认识的“{1}”。请不带融合算子转换网络。',
  'Node "{0}" gives its input a shape of unknown rank. Convert the network with fixed shapes.':
    '节点“{0}”给其输入的形状维数未知。请以固定形状转换网络。',
  'Node "{0}" has no operator. The file is damaged; export it again.': '节点“{0}”没有算子。文件已损坏，请重新导出。',
  'Node "{0}" has the Einsum equation "{1}", which Espalier does not follow.':
    '节点“{0}”的 Einsum 表达式为“{1}”，Espalier 不跟踪这种情况。',
  'Node "{0}" has the unknown padding "{1}".': '节点“{0}”的填充方式“{1}”未知。',
  'Node "{0}" normalises by the batch it sees, as in training. Convert the network for inference.':
    '节点“{0}”像训练时一样按所见的批次归一化。请以推理方式转换网络。',
  'Node "{0}" pads in the mode {1}, which Espalier does not follow.':
    '节点“{0}”以 {1} 模式填充，Espalier 不跟踪这种情况。',
  'Node "{0}" pools with the padding "{1}", which TensorFlow.js does not run either.':
    '节点“{0}”以填充方式“{1}”池化，TensorFlow.js 也不能运行。',
  'Node "{0}" reads "{1}", which nothing before it computes.': '节点“{0}”读取“{1}”，而它之前没有任何计算给出该值。',
  'Node "{0}" splits into {1} pieces.': '节点“{0}”切分为 {1} 份。',
  'Node "{0}" unpacks {1} pieces.': '节点“{0}”拆出 {1} 份。',
  'normalises every position on its own (spatial = 0), which no current exporter writes. Export the network again.':
    '对每个位置单独归一化（spatial = 0），现在的导出工具都不这样写。请重新导出网络。',
  'one of its parts has no name': '它有一个部分没有名称',
  'operand {0} of rank {1} does not fit "{2}"': '{1} 维的操作数 {0} 与“{2}”不符',
  'passes its mask on, as in training. Export the network in evaluation mode.':
    '会像训练时一样输出其掩码。请以推理模式导出网络。',
  'passes its running statistics on. Export the network in evaluation mode.':
    '会输出其滑动统计量。请以推理模式导出网络。',
  'passes its scores on or counts the steps of each sample, which is not supported.':
    '会输出评分，或按样本分别计步，暂不支持。',
  'pooling in {0} dimensions has no operation here': '此处没有 {0} 维池化的运算',
  'reduces axes that are only known at run time. Export the network with fixed axes.':
    '归约的轴在运行时才能得知。请以固定的轴导出网络。',
  'scales or packs its sequences, which is not supported.': '会缩放或打包其序列，暂不支持。',
  'several extents of its result [{0}] are not known; export the network with a fixed input size':
    '其结果 [{0}] 有多个维度未知；请以固定的输入大小导出网络',
  'shares its cache between calls or turns its features, which is not supported.':
    '在多次调用之间共享缓存或旋转其特征，暂不支持。',
  'shares its cache between calls, which is not supported.': '在多次调用之间共享缓存，暂不支持。',
  'shares out over several axes of unknown extent. Export it with opset 13 or newer.':
    '在多个大小未知的轴上分配份额。请用 opset 13 或更新的版本导出。',
  'smooths its scores or stores its cache in few bits, which is not supported.':
    '会平滑其评分，或以少量位数存储缓存，暂不支持。',
  'takes attributes of the function around it': '使用外层函数的属性',
  'TensorFlow.js has no form for {0} (node "{1}"). Export to ONNX instead.':
    'TensorFlow.js 没有与 {0}（节点“{1}”）对应的形式。请改为导出为 ONNX。',
  'TensorFlow.js runs no convolution that is both strided and dilated, as node "{0}" is. Export to ONNX instead.':
    'TensorFlow.js 不能运行既有步长又有空洞的卷积，而节点“{0}”正是如此。请改为导出为 ONNX。',
  'The attribute "{0}" of {1} "{2}" should be {3}, but is {4}.': '{1}“{2}”的属性“{0}”应为 {3}，而实际为 {4}。',
  'The attribute "{0}" of {1} is of a kind that Espalier cannot keep (type {2}). Export the network with a newer exporter, or without this operator.':
    '{1} 的属性“{0}”属于 Espalier 无法保留的种类（类型 {2}）。请用较新的导出工具导出网络，或去掉该算子。',
  'The axes of the layer "{0}" do not exist.': '层“{0}”的轴不存在。',
  'The bias of the layer "{0}" does not fit.': '层“{0}”的偏置不符。',
  'The constant "{0}" has no weights.': '常量“{0}”没有权重。',
  'The constant "{0}" has {1} elements for shape [{2}].': '形状为 [{2}] 的常量“{0}”有 {1} 个元素。',
  'The file "{0}" with the network\'s weights could not be read. It must lie beside the model; copy it there.':
    '无法读取存放网络权重的文件“{0}”。它必须位于模型旁边，请复制到那里。',
  'The file does not say which version of the ONNX operators it uses, so it cannot be understood. Export it with a current exporter.':
    '文件没有说明使用哪个版本的 ONNX 算子，因此无法理解。请用当前的导出工具导出。',
  'The file has an {0} without a name. It is damaged.': '文件中有一个没有名称的 {0}。文件已损坏。',
  'The file holds two weights named "{0}". It is damaged.': '文件中有两个名为“{0}”的权重。文件已损坏。',
  'The file is not a valid ONNX file: {0} at byte {1}. It is damaged or is something else under this name; export or copy it again.':
    '该文件不是有效的 ONNX 文件：{0}，位于第 {1} 字节。它已损坏，或只是借用了这个名称；请重新导出或复制。',
  'The functions in the file call each other without end. The file is damaged; export the network again.':
    '文件中的函数无休止地相互调用。文件已损坏，请重新导出网络。',
  'the index "{0}" is {1} in one operand and {2} in another of {3}':
    '索引“{0}”在一个操作数中为 {1}，在{3}的另一个中为 {2}',
  'The input "{0}" has no known rank. Convert the network with the shape of its inputs.':
    '输入“{0}”的维数未知。请连同输入的形状一起转换网络。',
  'The input "{0}" has no shape.': '输入“{0}”没有形状。',
  'The input "{0}" is of the type {1}, which Espalier cannot feed.':
    '输入“{0}”的类型为 {1}，Espalier 无法为其提供数据。',
  'The input "{0}" of the network has no known shape. Build the network with an input shape and save it again.':
    '网络的输入“{0}”的形状未知。请以输入形状构建网络并重新保存。',
  'the length of its sequences is not known; export the network with a fixed one':
    '其序列的长度未知；请以固定长度导出网络',
  'The model holds no nodes.': '该模型没有节点。',
  'The network "{0}" computes its shapes in a way that cannot be followed to the end. Export it with fixed sizes.':
    '网络“{0}”计算自身形状的方式无法一直跟踪到底。请以固定大小导出。',
  'The network "{0}" is given {1} of its {2} inputs.': '网络“{0}”的 {2} 个输入中只给出了 {1} 个。',
  'The network has a cycle through node "{0}", so it has no order of computation. Recurrent loops must use LSTM, GRU or RNN operators.':
    '网络中有一个经过节点“{0}”的环，因此没有计算顺序。循环必须使用 LSTM、GRU 或 RNN 算子。',
  'The network has no layers. It was saved before it was built; build and save it again.':
    '该网络没有层：保存时尚未构建。请先构建再保存。',
  'The network has no output.': '该网络没有输出。',
  'The network has no value named "{0}" to look at.': '网络中没有可查看的名为“{0}”的值。',
  'The network holds sparse weights, which Espalier cannot read. Export it with dense weights.':
    '该网络含有稀疏权重，Espalier 无法读取。请以稠密权重导出。',
  'The network is of the class "{0}", which is code and not in the file. Rebuild it as a functional network, or export it to ONNX.':
    '该网络属于类“{0}”，那是不在文件中的代码。请将它重建为函数式网络，或导出为 ONNX。',
  'The network uses version {0} of the ONNX operators; Espalier reads versions {1} to {2}. Export it again with one of these (opset_version=17 is a good choice).':
    '该网络使用第 {0} 版 ONNX 算子，而 Espalier 读取第 {1} 版到第 {2} 版。请用其中一版重新导出（opset_version=17 是合适的选择）。',
  'The ONNX file ends in the middle of its data ({0} more bytes were announced). It was probably not copied or downloaded completely; get it again.':
    '该 ONNX 文件在数据中途结束（声明还有 {0} 字节）。可能没有完整复制或下载，请重新获取。',
  'The ONNX file holds no network. It is damaged or empty; export it again.':
    '该 ONNX 文件中没有网络。文件已损坏或为空，请重新导出。',
  'The ONNX file is empty. Get it again from where it came.': '该 ONNX 文件为空。请从原处重新获取。',
  'The operator {0} (node "{1}") cannot be run, so nothing that needs data works on this network. It can be inspected and pruned by its weights alone.':
    '算子 {0}（节点“{1}”）无法运行，因此凡是需要数据的功能都不能用于该网络。仍可查看它，并仅按权重剪枝。',
  'The operator {0} (node "{1}") is part of a loop or a branch, which Espalier cannot follow in a TensorFlow.js graph model. Convert the network as a layers model (tensorflowjs_converter --input_format=keras), or to ONNX.':
    '算子 {0}（节点“{1}”）属于循环或分支，Espalier 无法在 TensorFlow.js 图模型中跟踪它。请将网络转换为层模型（tensorflowjs_converter --input_format=keras）或 ONNX。',
  'The operator {0} (node "{1}") of TensorFlow is not known to Espalier. Convert the network to ONNX (tf2onnx) and open that, or leave the operator out.':
    'Espalier 不认识 TensorFlow 的算子 {0}（节点“{1}”）。请将网络转换为 ONNX（tf2onnx）后再打开，或去掉该算子。',
  'The order of axes of the layer "{0}" does not fit its input.': '层“{0}”的轴顺序与其输入不符。',
  'The output "{0}" is computed by no node.': '输出“{0}”没有任何节点计算。',
  'The output "{0}" of the network is computed by no layer.': '网络的输出“{0}”没有任何层计算。',
  'The padding of node "{0}" does not fit its input.': '节点“{0}”的填充与其输入不符。',
  'The plan removes every unit of group "{0}", which would cut the network in two. At least one unit must stay.':
    '该方案会移除组“{0}”的所有单元，从而把网络切成两段。至少必须保留一个单元。',
  'The shape of "{0}" is not known before the network runs, so it cannot be run here. Export it with fixed extents.':
    '“{0}”的形状在网络运行之前未知，因此无法在此运行。请以固定大小导出。',
  'The shape of "{0}" is not known, because an operator before it is unknown to Espalier or the input has no declared shape.':
    '“{0}”的形状未知，因为它之前有 Espalier 不认识的算子，或输入没有声明形状。',
  'The statistics of the layer "{0}" do not fit its axes.': '层“{0}”的统计量与其轴不符。',
  'The target of the layer "{0}" is not a shape.': '层“{0}”的目标不是形状。',
  'The value "{0}" is defined twice, the second time by {1}.': '值“{0}”被定义了两次，第二次由 {1} 定义。',
  'The weight "{0}"': '权重“{0}”',
  'The weight "{0}" holds infinite values, so the network cannot compute anything. It was probably broken in training; use an earlier checkpoint.':
    '权重“{0}”中有无穷值，因此网络什么也算不出来。它可能在训练中损坏；请使用较早的检查点。',
  'The weight "{0}" holds values that are not numbers (NaN), so the network cannot compute anything. It was probably broken in training; use an earlier checkpoint.':
    '权重“{0}”中有不是数字的值（NaN），因此网络什么也算不出来。它可能在训练中损坏；请使用较早的检查点。',
  'The weight "{0}" in "{1}" should have [{2}] elements, more than the file can hold. It was probably not copied completely; get it again.':
    '“{1}”中的权重“{0}”应有 [{2}] 个元素，超过文件所能容纳。可能没有完整复制，请重新获取。',
  'The weight "{0}" is of type {1} stored as {2}, which Espalier does not read. Convert the network with weights of float32, float16, uint16 or uint8.':
    '权重“{0}”的类型为 {1}，以 {2} 存储，Espalier 不能读取。请以 float32、float16、uint16 或 uint8 权重转换网络。',
  'The weight "{0}" is of type {1}, which Espalier does not read. Convert the network with weights of float32, float16, uint16 or uint8.':
    '权重“{0}”的类型为 {1}，Espalier 不能读取。请以 float32、float16、uint16 或 uint8 权重转换网络。',
  'The weight "{0}" is stored in a type that Espalier does not read. Save the network with weights of float32 or float16.':
    '权重“{0}”的存储类型是 Espalier 不能读取的。请以 float32 或 float16 权重保存网络。',
  'The weight "{0}" of {1} "{2}" holds infinite values, so the network cannot compute anything. It was probably broken in training; use an earlier checkpoint.':
    '{1}“{2}”的权重“{0}”中有无穷值，因此网络什么也算不出来。它可能在训练中损坏；请使用较早的检查点。',
  'The weight "{0}" of {1} "{2}" holds values that are not numbers (NaN), so the network cannot compute anything. It was probably broken in training; use an earlier checkpoint.':
    '{1}“{2}”的权重“{0}”中有不是数字的值（NaN），因此网络什么也算不出来。它可能在训练中损坏；请使用较早的检查点。',
  'The weight files end before "{0}": they are shorter than the model says. Copy or download all of them again.':
    '权重文件在“{0}”之前就结束了：它们比模型所说的短。请重新复制或下载全部权重文件。',
  'The weight of "{0}" does not fit its input.': '“{0}”的权重与其输入不符。',
  'The weight of "{0}" has {1} axes for an input of {2}.': '“{0}”的权重有 {1} 个轴，而其输入有 {2} 个。',
  'The weight of "{0}" has {1} axes where 2 are needed.': '“{0}”的权重有 {1} 个轴，而需要 2 个。',
  'The weight of {0} is computed while the network runs, which Espalier cannot follow. Export the network with constant weights.':
    '{0} 的权重在网络运行时计算，Espalier 无法跟踪。请以常量权重导出网络。',
  'The weights lie in further files ({0}), which were not given. Choose model.json where its weight files lie beside it.':
    '权重位于其他文件（{0}）中，而这些文件没有提供。请选择与权重文件放在一起的 model.json。',
  'The weights of the layer "{0}" do not fit one another.': '层“{0}”的各个权重互不相符。',
  'The weights of the layer "{0}" do not have 3 axes.': '层“{0}”的权重没有 3 个轴。',
  'The {0} "{1}" is not a tensor (a sequence, a map or the like), which Espalier cannot feed. Export the network with tensors only.':
    '{0}“{1}”不是张量（而是序列、映射之类），Espalier 无法为其提供数据。请只用张量导出网络。',
  'The {0} of the layer "{1}" is not a number, nor one for each channel.':
    '层“{1}”的 {0} 既不是一个数，也不是每个通道一个数。',
  'The {0} of the layer "{1}" is not one for each axis.': '层“{1}”的 {0} 不是每个轴一个。',
  'There is no layer named "{0}" to protect. `inspect` lists the names.':
    '没有名为“{0}”的层可供保护。`inspect` 会列出所有名称。',
  'There is no node named "{0}" in this network.': '该网络中没有名为“{0}”的节点。',
  'there is no operation for it': '没有对应的运算',
  'there once, but is there twice': '存在一次，但它存在两次',
  'true or false': 'true 或 false',
  'turns the axes of its batch, which is not supported.': '会转置批次的轴，暂不支持。',
  'Two layers of the network have the same name. The file is damaged.': '网络中有两个层同名。文件已损坏。',
  'Two nodes are named "{0}".': '有两个节点名为“{0}”。',
  'Two nodes of the model have the same name.': '模型中有两个节点同名。',
  'what reads it needs extents that are not known': '读取它的算子需要未知的维度',
  '{0} "{1}" cannot be run: {2}.': '{0}“{1}”无法运行：{2}。',
  '{0} "{1}" computes nothing.': '{0}“{1}”没有计算任何内容。',
  '{0} "{1}" has {2} inputs and takes {3} at most.': '{0}“{1}”有 {2} 个输入，而最多接受 {3} 个。',
  '{0} "{1}" holds a network of its own in version {2} of the ONNX operators; such are kept from version {3} on. Export the network with that version or a later one.':
    '{0}“{1}”内含一个使用第 {2} 版 ONNX 算子的子网络；这类子网络从第 {3} 版起才能保留。请用该版本或更新的版本导出网络。',
  '{0} "{1}" holds a network of its own that calls the function {2}, which Espalier cannot keep. Export the network with its functions written out (onnx.inliner does that).':
    '{0}“{1}”内含一个调用函数 {2} 的子网络，Espalier 无法保留它。请将函数展开后再导出网络（onnx.inliner 可以做到）。',
  '{0} "{1}" lacks its input {2}.': '{0}“{1}”缺少输入 {2}。',
  '{0} has an impossible dimension ({1}).': '{0} 的维度（{1}）不可能存在。',
  '{0} has an impossible place in "{1}" (offset {2}, length {3}).':
    '{0} 在“{1}”中的位置不可能存在（偏移 {2}，长度 {3}）。',
  '{0} has more elements than can exist: [{1}].': '{0} 的元素数量不可能有这么多：[{1}]。',
  '{0} has no valid data type ({1}). The file is damaged or was written by a faulty exporter.':
    '{0} 没有有效的数据类型（{1}）。文件已损坏，或由有缺陷的导出工具写出。',
  '{0} holds a network of its own that {1}, which Espalier cannot keep. Export the network without it, or with its weights in one file.':
    '{0} 内含一个{1}的子网络，Espalier 无法保留它。请去掉它再导出网络，或将其权重放在同一个文件中。',
  '{0} holds a node without an operator. Export the network again.': '{0} 中有一个没有算子的节点。请重新导出网络。',
  '{0} holds networks within networks without end. The file is damaged; export the network again.':
    '{0} 内含无休止嵌套的网络。文件已损坏，请重新导出网络。',
  '{0} is not {1}': '{0} 不是 {1}',
  '{0} is of type {1}, which Espalier cannot work with. Export the network in float32 or float16.':
    '{0} 的类型为 {1}，Espalier 无法处理。请以 float32 或 float16 导出网络。',
  '{0} is stored in segments, which no exporter does now.': '{0} 是分段存储的，现在已没有导出工具这样做。',
  '{0} lies in another file, but the model does not say in which.': '{0} 位于另一个文件中，但模型没有说明是哪个。',
  '{0} lies in the file "{1}", which was not given. Put it beside the model and open the model from there.':
    '{0} 位于文件“{1}”中，而该文件没有提供。请把它放在模型旁边，并从那里打开模型。',
  '{0} of shape [{1}] needs {2} elements of {3}, but {4} {5} are there.':
    '形状为 [{1}] 的 {0} 需要 {2} 个 {3} 元素，而实际有 {4} 个 {5}。',
  '{0} points to "{1}", outside the model\'s folder, which is not allowed. Put the weights beside the model and export it again.':
    '{0} 指向模型文件夹之外的“{1}”，这是不允许的。请将权重放在模型旁边并重新导出。',
  '{0} positive whole numbers': '{0} 个正整数',
  '{0} should be {1}. The file is damaged or was written by a faulty exporter; save the network again.':
    '{0} 应为 {1}。文件已损坏，或由有缺陷的导出工具写出；请重新保存网络。',
  '{0} should end at byte {1} of "{2}", but that file has only {3} bytes. Copy it again, completely.':
    '{0} 应在“{2}”的第 {1} 字节结束，而该文件只有 {3} 字节。请重新完整复制。',
  '{0} The file is damaged or was written by a faulty exporter.': '{0} 文件已损坏，或由有缺陷的导出工具写出。',
  '{0} The network "{1}" cannot be used as it is.': '{0} 网络“{1}”无法照此使用。',
  'it has a scale for each block': '它的每个块都有一个缩放系数',
  'its scale is computed': '其缩放系数是计算得到的',
  'its zero point is computed': '其零点是计算得到的',
  'it counts in {0}': '它以 {0} 计数',
  'it draws numbers of a type ({0}) that is not known': '它抽取的随机数属于未知的类型（{0}）',
  'The weight file "{0}" of the network could not be read. It must lie beside model.json; copy it there.':
    '无法读取网络的权重文件“{0}”。它必须与 model.json 放在一起，请复制到那里。',
  'a number is no matrix': '一个数不是矩阵',
  'has a zero point for each row, which is not supported.': '每行各有一个零点，尚不支持。',
  'has a zero point for each channel, which ONNX Runtime does not run either.':
    '每个通道各有一个零点，ONNX Runtime 也不运行这种情况。',
  'reads channels last, which is not supported.': '按通道在后读取，尚不支持。',
  'has operands that do not fit together.': '的各操作数彼此不匹配。',
  'it takes the "{0}" of a region': '它取区域的“{0}”',
  'what bounds its choice is computed': '限定其选择的值是计算得到的',
  'the region that it shows is computed': '它所显示的区域是计算得到的',
  'it shows a part of the picture at the size of the whole, of which ONNX Runtime shows the whole':
    '它以整幅的尺寸显示图像的一部分，而 ONNX Runtime 显示的是整幅',
}

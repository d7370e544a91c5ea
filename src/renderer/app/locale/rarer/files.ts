/** Errors in data, archives and files, in Simplified Chinese, by their English; see index.ts. */
export const files: Readonly<Record<string, string>> = {
  '"{0}" and {1} other files are no data that Espalier reads. It reads an .npz file, {2}.':
    '“{0}”和另外 {1} 个文件不是 Espalier 能读取的数据。可读取的有 .npz 文件、{2}。',
  '"{0}" cannot be read ({1}). Check its permissions.': '无法读取“{0}”（{1}）。请检查其权限。',
  '"{0}" does not begin like an IDX file. Choose the files as they come from the data set\'s page.':
    '“{0}”的开头不像 IDX 文件。请选择从数据集页面获得的原始文件。',
  '"{0}" ends too early: {1}. It was probably not copied or downloaded completely; get it again.':
    '“{0}”提前结束：{1}。可能没有完整复制或下载，请重新获取。',
  '"{0}" has another number of columns than "{1}". Store all splits alike.':
    '“{0}”的列数与“{1}”不同。请以相同方式存储各个部分。',
  '"{0}" has no array x_train or x_test; it holds {1}. Store the images as x_train and x_test, the labels as y_train and y_test.':
    '“{0}”没有数组 x_train 或 x_test；其中有 {1}。请将图像存为 x_train 和 x_test，标签存为 y_train 和 y_test。',
  '"{0}" has {1} labels for {2} samples. Samples and labels must be stored in the same number and order.':
    '“{0}”有 {1} 个标签，却有 {2} 个样本。样本和标签必须数量相同、顺序一致。',
  '"{0}" has {1} samples and "{2}" has {3}. All inputs of a split need the same number.':
    '“{0}”有 {1} 个样本，而“{2}”有 {3} 个。同一部分的所有输入必须数量相同。',
  '"{0}" holds a header but no rows. Write one sample a row.': '“{0}”只有表头，没有数据行。请每行写一个样本。',
  '"{0}" holds a value that is not a number ({1}) in sample {2}, so nothing can be measured on it. Remove that sample or repair it.':
    '“{0}”的样本 {2} 中有不是数字的值（{1}），因此无法在其上测量。请移除或修复该样本。',
  '"{0}" holds elements of type {1}, which cannot be fed to a network. Save it as numbers (uint8, float32, int64) with numpy.':
    '“{0}”中元素的类型为 {1}，无法送入网络。请用 numpy 保存为数字（uint8、float32、int64）。',
  '"{0}" holds labels, but there are no images for them. Put the file of images beside it.':
    '“{0}”中是标签，但没有对应的图像。请把图像文件放在旁边。',
  '"{0}" holds more than {1} files. Choose the folder of the data set itself.':
    '“{0}”中的文件超过 {1} 个。请选择数据集本身所在的文件夹。',
  '"{0}" holds no lines. Write one sample a line: {"text": "...", "label": 0}.':
    '“{0}”中没有任何行。请每行写一个样本：{"text": "...", "label": 0}。',
  '"{0}" holds no rows of numbers. Write one sample a line, numbers separated by commas, the label last.':
    '“{0}”中没有数字行。请每行写一个样本，数字以逗号分隔，标签放在最后。',
  '"{0}" holds the label {1} for sample {2}, but labels are class numbers from 0 to {3}. Correct the labels.':
    '“{0}”中样本 {2} 的标签为 {1}，而标签应为 0 到 {3} 的类别编号。请修正标签。',
  '"{0}" holds the label {1} for sample {2}, but labels are class numbers from 0. Correct the labels.':
    '“{0}”中样本 {2} 的标签为 {1}，而标签应为从 0 开始的类别编号。请修正标签。',
  '"{0}" holds the label {1} in sample {2}, but labels are class numbers from 0 to {3}. Correct the labels.':
    '“{0}”的样本 {2} 中有标签 {1}，而标签应为 0 到 {3} 的类别编号。请修正标签。',
  '"{0}" in the data holds {1}; every value must be a number.': '数据中的“{0}”含有 {1}；每个值都必须是数字。',
  '"{0}" in the data holds {1}; every value must be a positive number.': '数据中的“{0}”含有 {1}；每个值都必须是正数。',
  '"{0}" in {1} holds texts, but numbers are needed. Store it as numbers.':
    '{1} 中的“{0}”是文本，而这里需要数字。请存为数字。',
  '"{0}" is a damaged archive: {1}. Copy or download it again.': '“{0}”是损坏的归档：{1}。请重新复制或下载。',
  '"{0}" is a single number, but a list of samples is needed. Store the samples along its first axis.':
    '“{0}”是单个数字，而这里需要样本列表。请沿其第一个轴存储样本。',
  '"{0}" is damaged: its compressed data does not unpack. Copy or download it again.':
    '“{0}”已损坏：其中的压缩数据无法解压。请重新复制或下载。',
  '"{0}" is larger than 256 MB of texts in one CSV file. Store them as JSONL.':
    '“{0}”是单个 CSV 文件，其中的文本超过 256 MB。请改存为 JSONL。',
  '"{0}" is neither a PNG nor a JPEG image. Convert it or remove it.':
    '“{0}”既不是 PNG 也不是 JPEG 图像。请转换或移除。',
  '"{0}" is no data that Espalier reads. It reads an .npz file, {1}.':
    '“{0}”不是 Espalier 能读取的数据。可读取的有 .npz 文件、{1}。',
  '"{0}" is no name of a file below a folder, so nothing was taken.':
    '“{0}”不是文件夹内文件的名称，因此没有读取任何内容。',
  '"{0}" is no tokenizer that can be used (WordPiece, BPE or Unigram as Hugging Face saves them). Save it again with tokenizer.save, or put a vocabulary.json there.':
    '“{0}”不是可用的分词器（应为 Hugging Face 保存的 WordPiece、BPE 或 Unigram）。请用 tokenizer.save 重新保存，或放入 vocabulary.json。',
  '"{0}" is not a numpy archive. Save it again with numpy.savez.': '“{0}”不是 numpy 归档。请用 numpy.savez 重新保存。',
  '"{0}" is not a valid numpy array: {1}. Save it again with numpy.':
    '“{0}”不是有效的 numpy 数组：{1}。请用 numpy 重新保存。',
  '"{0}" is not the name of a stored file.': '“{0}”不是已存储文件的名称。',
  '"{0}" is not there. Check the path and try again.': '“{0}”不存在。请检查路径后重试。',
  '"{0}" is not valid JSON. Correct or remove it.': '“{0}”不是有效的 JSON。请改正或移除它。',
  '"{0}" lies outside the folder of the data set.': '“{0}”位于数据集的文件夹之外。',
  '"{0}" must hold a list of words, or an object that gives every word its whole number. Correct or remove it.':
    '“{0}”必须包含词的列表，或给每个词一个整数的对象。请改正或移除它。',
  '"{0}" must hold lists: numbers for "mean" and "std", texts for "classes". Correct or remove it.':
    '“{0}”必须包含列表：mean 和 std 为数字，classes 为文本。请改正或移除它。',
  '"{0}" would unpack to {1} MB, more than Espalier can hold in one piece ({2} MB). Split it into several files.':
    '“{0}”解压后有 {1} MB，超过 Espalier 一次能容纳的大小（{2} MB）。请拆分成多个文件。',
  '[{0}] needs {1} bytes of data and {2} are there': '[{0}] 需要 {1} 字节数据，而实际有 {2} 字节',
  'a header of {0} bytes is impossible': '{0} 字节的头部不可能存在',
  'An archive can hold at most 4 GB and 65 535 files, and this project is larger. Write the archive without the data files, and copy the data by itself.':
    '归档最多容纳 4 GB 和 65 535 个文件，而该项目更大。请不带数据文件写出归档，并单独复制数据。',
  'Give one of these: the path of a file, the file itself, several files.':
    '请给出以下之一：文件的路径、文件本身、多个文件。',
  'it does not begin like one': '它的开头不像这种文件',
  'it holds nothing but empty texts': '其中只有空文本',
  'it is shorter than a gzip file can be': '它比任何 gzip 文件都短',
  'it is shorter than an archive can be': '它比任何归档都短',
  'it names a file outside of itself': '它提到自身之外的文件',
  'it refers to something that it does not hold': '它引用了自身没有的内容',
  'it unpacks to {0} of {1} bytes': '解压后有 {0} 字节，而应为 {1} 字节',
  'its compressed data is missing': '缺少其压缩数据',
  'its directory cannot be found': '找不到其目录',
  'its directory is broken': '其目录已损坏',
  'its files are not those of its manifest': '其文件与清单所列不同',
  'its header does not say type and shape': '其头部没有说明类型和形状',
  'its header is incomplete': '其头部不完整',
  'its manifest names a file twice': '其清单将一个文件列了两次',
  'its shape ({0}) is impossible': '其形状（{0}）不可能存在',
  'Line {0} of "{1}" is longer than {2} bytes. Write one sample a line.':
    '“{1}”的第 {0} 行超过 {2} 字节。请每行写一个样本。',
  'Line {0} of "{1}" is not valid JSON. Correct or remove that line.':
    '“{1}”的第 {0} 行不是有效的 JSON。请改正或移除该行。',
  '"{0}" stands in a label column of "{1}" where several labels a row must be numbers: 0 and 1, or targets. Number it.':
    '“{1}”的标签列中有“{0}”；每行有多个标签时，它们必须是数字：0 和 1，或目标值。请改为数字。',
  'Line {0} of "{1}" must be an object with a "text" and, if it has one, a "label" that is a number or a name, or a list of them.':
    '“{1}”的第 {0} 行必须是带有 text 的对象；如果有 label，它应为数字或名称，或它们的列表。',
  'No folder can be made at {0}: that file system takes none. Choose another place.':
    '无法在 {0} 创建文件夹：该文件系统不接受。请选择其他位置。',
  'Port {0} cannot be used on this machine. Choose another one, or none for any free port.':
    '本机上无法使用端口 {0}。请选择其他端口，或不指定以使用任意空闲端口。',
  record: '记录',
  'records are {0} bytes and the file is {1}': '每条记录有 {0} 字节，而文件有 {1} 字节',
  'Row {0} of "{1}" has {2} columns, the first line has {3}. Correct that row.':
    '“{1}”的第 {0} 行有 {2} 列，而首行有 {3} 列。请改正该行。',
  'Row {0} of "{1}" has {2} columns, the header has {3}. Put texts with separators in quotes.':
    '“{1}”的第 {0} 行有 {2} 列，而表头有 {3} 列。请将含分隔符的文本放在引号中。',
  'Sample {0} of "{1}" has no label, others have. Give all samples a label, or none.':
    '“{1}”的样本 {0} 没有标签，而其他样本有。请给所有样本加标签，或都不加。',
  'shape ({0}) needs {1} bytes of data and {2} are there': '形状（{0}）需要 {1} 字节数据，而实际有 {2} 字节',
  'the checksum of {0} does not fit its data': '{0} 的校验和与其数据不符',
  'The data has an array for an input "{0}", but the network\'s inputs are {1}. Rename the array.':
    '数据中有用于输入“{0}”的数组，而网络的输入为 {1}。请重命名该数组。',
  'The data has {0} training samples and {1} validation samples, but at least {2} and {3} are needed to observe the network and to verify the result. Add more samples.':
    '数据有 {0} 个训练样本和 {1} 个验证样本，而观察网络和验证结果至少需要 {2} 个和 {3} 个。请增加样本。',
  'The data has {0} training samples and {1} validation samples, but at least {2} are needed to observe the network and to verify the result. Add more samples.':
    '数据有 {0} 个训练样本和 {1} 个验证样本，而观察网络和验证结果至少需要 {2} 个。请增加样本。',
  'The data has {0} training samples, but at least {1} and {2} are needed to observe the network and to verify the result. Add more samples.':
    '数据有 {0} 个训练样本，而观察网络和验证结果至少需要 {1} 个和 {2} 个。请增加样本。',
  'The data has {0} training samples, but at least {1} are needed to observe the network and to verify the result. Add more samples.':
    '数据有 {0} 个训练样本，而观察网络和验证结果至少需要 {1} 个。请增加样本。',
  'The data holds texts, but the network reads [{0}] at its input "{1}" where token ids are [batch, length]. Choose the data set this network was trained on.':
    '数据中是文本，而网络的输入“{1}”读取 [{0}]，那里本应是 [批次, 长度] 的词元编号。请选择训练该网络所用的数据集。',
  'the data of {0} is another one than it says': '{0} 的数据与所说的不同',
  "The data's {0} has {1} values, but its images have {2} channels. Give one value, or one a channel.":
    '数据的 {0} 有 {1} 个值，而其图像有 {2} 个通道。请给出一个值，或每个通道一个值。',
  'the directory at the end of the archive is missing': '缺少归档末尾的目录',
  'The disk is full, so the file was not written and what was there before is unchanged. Free some space and try again.':
    '磁盘已满，因此文件没有写出，原有内容未变。请释放一些空间后重试。',
  'The file has both "{0}" and arrays "{1}.NAME". Name all inputs, or only one without a name.':
    '文件中同时有“{0}”和数组“{1}.NAME”。请为所有输入命名，或只保留一个不带名称的。',
  'the file of {0} is another one than it says': '{0} 的文件与所说的不同',
  'A list of labels holds {0}, but labels are class numbers from 0 to 65535, or names. Correct the labels.':
    '标签列表中有 {0}，而标签应为 0 到 65535 的类别编号或名称。请修正标签。',
  'Label {0} is neither 0 nor 1, as each of several labels a sample must be. Check that the data belongs to this network.':
    '标签 {0} 既不是 0 也不是 1，而每个样本有多个标签时每个都必须是其中之一。请检查数据是否属于该网络。',
  'The data has {0} labels a sample, several of which may be 1, but the network ends in a Softmax, whose answers exclude each other. Choose the data set this network was trained on, or export the network without the Softmax.':
    '数据中每个样本有 {0} 个标签，其中可有多个为 1，而网络以 Softmax 结尾，其各个输出互相排斥。请选择训练该网络所用的数据集，或在导出网络时去掉 Softmax。',
  'The folder holds files of both CIFAR-10 and CIFAR-100. Keep them in two folders.':
    '文件夹中同时有 CIFAR-10 和 CIFAR-100 的文件。请分放在两个文件夹中。',
  'The folder holds no IDX file of images. Put the files of images and labels in one folder.':
    '文件夹中没有 IDX 图像文件。请将图像和标签文件放在同一文件夹中。',
  'The folder holds several files for the {0} split ({1}). Keep one file of images and one of labels a split.':
    '文件夹中{0}部分有多个文件（{1}）。每个部分请只保留一个图像文件和一个标签文件。',
  'The folder is empty. Choose the folder the data lies in.': '文件夹为空。请选择数据所在的文件夹。',
  'The image "{0}" is damaged and cannot be read. Copy it again or remove it.':
    '图像“{0}”已损坏，无法读取。请重新复制或移除。',
  'The image "{0}" is {1} x {2} pixels, too large to work with. Make it smaller.':
    '图像“{0}”有 {1} x {2} 像素，过大而无法处理。请缩小。',
  'The image "{0}" lies in no class folder. Put the images of every class in a folder of its own, named after the class.':
    '图像“{0}”不在任何类别文件夹中。请将每个类别的图像放在以该类别命名的文件夹中。',
  'The images in the folder ("{0}") are neither PNG nor JPEG. Convert them to one of these.':
    '文件夹中的图像（“{0}”）既不是 PNG 也不是 JPEG。请转换为其中一种。',
  'The labels of the {0} split are {1} whole numbers a sample, but the network tells one of {2} classes. Several classes a sample are a column of 0 and 1 for each class of the network; numbers to come close to are stored as float32.':
    '{0}部分的标签是每个样本 {1} 个整数，而网络从 {2} 个类别中区分一个。每个样本有多个类别时，请为网络的每个类别存一列 0 和 1；要逼近的数值请存为 float32。',
  'The network has an input "{0}" that the data does not fill. Store an array x_train.{1} (and the same for the test split) in the data file.':
    '网络有一个数据没有提供的输入“{0}”。请在数据文件中存储数组 x_train.{1}（测试部分同样如此）。',
  'The network has {0} inputs that could be token ids ({1}); texts fill one. Store the inputs as arrays x_train.NAME in an .npz file.':
    '网络有 {0} 个可能是词元编号的输入（{1}），而文本只能填充一个。请在 .npz 文件中将输入存为数组 x_train.NAME。',
  'The network reads whole numbers ({0}) at its input "{1}", but the data holds images. Choose the data set this network was trained on.':
    '网络的输入“{1}”读取整数（{0}），而数据中是图像。请选择训练该网络所用的数据集。',
  "The network's inputs are of different lengths ({0}), which texts cannot fill.":
    '网络的各个输入长度不同（{0}），文本无法填充。',
  'The samples in the data are of shape [{0}]{1}, but the network reads [{2}] at its input "{3}". Choose the data set this network was trained on, or resize the images first.':
    '数据中样本的形状为 [{0}]{1}，而网络的输入“{3}”读取 [{2}]。请选择训练该网络所用的数据集，或先调整图像大小。',
  'The samples in the data are of shape [{0}]{1}, but the network reads [{2}]. Choose the data set this network was trained on, or resize the images first.':
    '数据中样本的形状为 [{0}]{1}，而网络读取 [{2}]。请选择训练该网络所用的数据集，或先调整图像大小。',
  'The samples of the {0} split are [{1}], those of the train split [{2}], or they are stored in another type. Store all splits alike.':
    '{0}部分的样本为 [{1}]，训练部分的为 [{2}]，或存储类型不同。请以相同方式存储各个部分。',
  'The samples of the {0} split are [{1}], those of the train split are missing, or they are stored in another type. Store all splits alike.':
    '{0}部分的样本为 [{1}]，训练部分没有样本，或存储类型不同。请以相同方式存储各个部分。',
  'The stored file {0}… does not match its checksum, so it was not used. The disk may be failing; import the original file again.':
    '存储的文件 {0}… 与其校验和不符，因此没有使用。磁盘可能出现故障；请重新导入原文件。',
  'There is no file of texts in the folder.': '文件夹中没有文本文件。',
  'There is no permission to use {0}. Check the permissions of its folder, or choose another place.':
    '没有使用 {0} 的权限。请检查其文件夹的权限，或选择其他位置。',
  'This archive does not hold together: {0}. Nothing was taken from it; write it again on the machine it came from.':
    '该归档前后不一致：{0}。没有从中读取任何内容；请在原来的机器上重新写出。',
  'This archive is damaged or was not copied completely, so nothing was taken from it. Copy it again from where it came from.':
    '该归档已损坏或没有完整复制，因此没有从中读取任何内容。请从原处重新复制。',
  'This archive is larger than 1 GB, more than a browser can be handed at once. Leave the data files out, or write it from the desktop window.':
    '该归档大于 1 GB，超过浏览器一次能接收的大小。请不带数据文件，或在桌面窗口中写出。',
  'This archive was written by a newer Espalier than this one. Update this Espalier, then open it again.':
    '该归档由更新版本的 Espalier 写出。请先更新此 Espalier，再打开它。',
  'This is no project archive: it does not begin like a zip file.': '这不是项目归档：它的开头不像 zip 文件。',
  'This is not the data that "{0}" was made from: the content differs. Choose the original, or import this as a data set of its own.':
    '这不是生成“{0}”所用的数据：内容不同。请选择原来的数据，或将它作为单独的数据集导入。',
  'This zip is no Espalier project: it has no manifest. Choose a file that "Export project" wrote.':
    '该 zip 文件不是 Espalier 项目：其中没有清单。请选择由“导出项目”写出的文件。',
  'version {0} is not known': '不认识版本 {0}',
  '{0} does not match its checksum': '{0} 与其校验和不符',
  '{0} has not the size that its manifest says': '{0} 的大小与清单所说的不同',
  '{0} has two sizes': '{0} 有两个大小',
  '{0} is a file where a folder is needed. Choose another place.': '{0} 是文件，而这里需要文件夹。请选择其他位置。',
  '{0} is not there. Check the path and try again.': '{0} 不存在。请检查路径后重试。',
  '{0} is not what it should be': '{0} 与应有的内容不符',
  '{0} is not where it should be': '{0} 不在应在的位置',
  '{0} is packed in a way that numpy does not use (method {1})': '{0} 的压缩方式是 numpy 不使用的（方法 {1}）',
  '{0} lies beyond its end': '{0} 超出其末尾',
}

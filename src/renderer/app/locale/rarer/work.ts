/** Errors of runs, backends, exports and the store, in Simplified Chinese, by their English; see index.ts. */
export const work: Readonly<Record<string, string>> = {
  '"{0}" is {1}, so it has no result to compare. Choose runs that are done.':
    '“{0}”的状态为{1}，因此没有可比较的结果。请选择已完成的运行。',
  'a convolution of {0}': '{0} 的卷积',
  'a convolution with bias and rectifier of {0}': '{0} 的带偏置和整流的卷积',
  'a depthwise convolution of {0} channels': '{0} 个通道的逐通道卷积',
  'A kept step of this run is damaged, so the run cannot go on from it. Start the run again.':
    '此运行保留的一个步骤已损坏，因此无法从那里继续。请重新开始该运行。',
  'A largest drop of the task metric needs labels, and this data has none. Give a largest divergence (--max-kl) or a budget instead.':
    '限制任务指标的最大下降需要标签，而此数据没有标签。请改为给出最大散度（--max-kl）或预算。',
  'A loss over outputs of shape [{0}] was given {1} target values.': '输出形状为 [{0}] 的损失得到了 {1} 个目标值。',
  'a matrix product': '矩阵乘法',
  'A training checkpoint belongs to another network, so training cannot go on from it. Start the run anew.':
    '训练检查点属于另一个网络，因此训练无法从那里继续。请重新开始该运行。',
  'A training checkpoint is damaged, so training cannot go on from it. Start the run anew.':
    '训练检查点已损坏，因此训练无法从那里继续。请重新开始该运行。',
  'Augmentation mirrors and moves images, but none of the inputs holds any. Leave --finetune-augment out for this data.':
    '数据增强会镜像和平移图像，而没有任何输入是图像。对此数据请去掉 --finetune-augment。',
  'Building the native backend needs {0}, which this machine has not. Install it, then try again.':
    '构建本机后端需要 {0}，而本机没有。请安装后重试。',
  'Building the native backend was cancelled.': '已取消构建本机后端。',
  'Feature maps can be looked at once a run is done, and this one is {0}.':
    '运行完成后才能查看特征图，而此运行的状态为{0}。',
  'Fine-tuning diverged: the loss is not finite at step {0} of {1}. Use a smaller learning rate than {2}.':
    '微调发散：损失在第 {0} 步（共 {1} 步）不是有限数值。请使用小于 {2} 的学习率。',
  'Fine-tuning needs at least 2 samples outside calibration and verification, but {0} are left. Use fewer calibration samples or more data.':
    '除校准和验证之外，微调至少需要 2 个样本，而只剩 {0} 个。请减少校准样本或增加数据。',
  'Fine-tuning on labels needs labels, and this data has none. Let the original teach instead (distill).':
    '按标签微调需要标签，而此数据没有标签。请改为以原网络为教师（蒸馏）。',
  'Gradients cannot pass through {0} (node "{1}"), so a strategy or training that needs them cannot be used on this network. Choose one that works without gradients.':
    '梯度无法穿过 {0}（节点“{1}”），因此需要梯度的策略或训练不能用于该网络。请选择不需要梯度的策略。',
  "Label {0} is outside 0 to {1}, the classes this network knows. Check the data set's labels.":
    '标签 {0} 超出该网络所知的类别 0 到 {1}。请检查数据集的标签。',
  'Label {0} is outside 0 to {1}, the classes this network tells apart. Check that the data belongs to this network.':
    '标签 {0} 超出该网络能区分的类别 0 到 {1}。请检查数据是否属于该网络。',
  'model.json names the weight file "{0}", which was not written.':
    'model.json 提到了权重文件“{0}”，但该文件没有写出。',
  'No backend could be started on this machine. Install Espalier anew.':
    '本机上没有任何后端能够启动。请重新安装 Espalier。',
  'No smaller network keeps the promise of a {0} of at most {1} {2}: even the mildest one tried, with {3} units removed, may lose {4} by the 95 % bound on {5} verification samples. Allow more, bring more verification samples, or use a refit or fine-tuning.':
    '没有更小的网络能够兑现“{0}最多 {1} {2}”的承诺：即使是尝试过的最温和的一个（移除 {3} 个单元），按 {5} 个验证样本上的 95 % 上界也可能损失 {4}。请放宽要求、提供更多验证样本，或使用重新拟合或微调。',
  'Nothing was fetched into {0}.': '没有获取任何内容到 {0}。',
  'One archive holds the exports of one model. Choose such exports.':
    '一个归档只包含一个模型的导出。请选择这样的导出。',
  'Only a part of the network was to run, but "{0}" is needed and was not given. Give it, or a value before it.':
    '本来只运行网络的一部分，但需要的“{0}”没有给出。请给出它，或给出它之前的值。',
  'Only a run that was interrupted, cancelled or failed can be resumed, and this one is in the trash.':
    '只有被中断、取消或失败的运行才能继续，而此运行在回收站中。',
  'Only a run that was interrupted, cancelled or failed can be resumed, and this one is {0}.':
    '只有被中断、取消或失败的运行才能继续，而此运行的状态为{0}。',
  'Only reading is possible here.': '此处只能读取。',
  'ONNX Runtime is there, but this process could not compute with it. Install Espalier anew, or choose "wasm".':
    'ONNX Runtime 已安装，但此进程无法用它计算。请重新安装 Espalier，或选择 wasm。',
  'ONNX Runtime, which checks every ONNX file, refuses to load this one. Nothing of it should be deployed; please report the network it comes from.':
    '负责检查每个 ONNX 文件的 ONNX Runtime 拒绝加载此文件。请勿部署其中任何内容，并报告它来自的网络。',
  'Sample {0} of the train split holds numbers that are not finite in "{1}". Repair or remove it.':
    '训练集的样本 {0} 在“{1}”中有非有限的数值。请修复或移除。',
  'Sample {0} of the train split holds numbers that are not finite. Repair or remove it.':
    '训练集的样本 {0} 中有非有限的数值。请修复或移除。',
  'The allocation "sensitivity" measures the network, which needs data. Use "compress" with data, or "uniform" or "global".':
    '分配方式 sensitivity 要对网络进行测量，这需要数据。请使用 compress 并提供数据，或换用 uniform 或 global。',
  'The budget of {0} {1} cannot be reached: with every group at its floor (least width, protected layers, rounding) {2} {3} are left. Ask for a larger budget, protect fewer layers or round less.':
    '无法达到 {0} {1} 的预算：所有组都到下限（最小宽度、受保护的层、取整）时还剩 {2} {3}。请放宽预算、减少受保护的层或减小取整。',
  'The constant "{0}" has shape [{1}] and cannot take numbers of shape [{2}].':
    '常量“{0}”的形状为 [{1}]，不能接受形状为 [{2}] 的数值。',
  'The constant "{0}" is stored as {1}; only float32 networks can be changed by training. Export the network in float32.':
    '常量“{0}”以 {1} 存储；只有 float32 网络可以通过训练改变。请以 float32 导出网络。',
  'The data at {0} has changed since it was imported, so results on it could not be compared with earlier ones. Import it again as a new data set.':
    '{0} 处的数据自导入以来已改变，因此其上的结果无法与之前的比较。请将它作为新的数据集重新导入。',
  'The data folder was written by a newer Espalier (its format is {0}, this one knows {1}). Nothing was changed; install the newer version, or choose another folder with ESPALIER_HOME.':
    '数据文件夹由更新版本的 Espalier 写入（其格式为 {0}，此版本只认识 {1}）。没有改动任何内容；请安装更新的版本，或用 ESPALIER_HOME 选择其他文件夹。',
  'The decision was cancelled.': '决策已取消。',
  'The disk is full, so the last change was undone and nothing was lost. Free some space and try again.':
    '磁盘已满，因此最后一次更改已撤销，没有丢失任何内容。请释放一些空间后重试。',
  'The exported file answers [{0}] for the output "{1}" where the network in memory answers [{2}]. The file must not be used; please report this network.':
    '对于输出“{1}”，导出的文件给出 [{0}]，而内存中的网络给出 [{2}]。不得使用该文件；请报告该网络。',
  'The exported file answers nothing for the output "{0}" where the network in memory answers [{1}]. The file must not be used; please report this network.':
    '对于输出“{0}”，导出的文件没有给出结果，而内存中的网络给出 [{1}]。不得使用该文件；请报告该网络。',
  'The files of this export stayed on the machine where it was made; its proof came in an archive. Export the model again.':
    '此导出的文件留在生成它的机器上；归档中只有其证明。请重新导出模型。',
  'the filter gradient of a depthwise convolution of {0} channels': '{0} 个通道的逐通道卷积的滤波器梯度',
  'the filter gradient of {0}': '{0} 的滤波器梯度',
  'The goal "{0}" must be measured, which needs data or a run. Give a budget instead: keep-macs, keep-params or max-bytes.':
    '目标“{0}”必须经过测量，这需要数据或一次运行。请改为给出预算：keep-macs、keep-params 或 max-bytes。',
  'The gradient of the loss needs labels, but the data has none. Use data with labels or another criterion.':
    '损失的梯度需要标签，而数据没有标签。请使用带标签的数据或其他准则。',
  "The gradient of the loss needs {0} labels for this batch, but the data has {1}. Use data whose labels fit the network's output, or a criterion that needs none.":
    '损失的梯度在这个批次中需要 {0} 个标签，而数据有 {1} 个。请使用标签与网络输出相符的数据，或不需要标签的准则。',
  'The input "{0}" leaves its extent "{1}" open, so no sample of it can be made up for the proof. Give --data with real samples.':
    '输入“{0}”的维度“{1}”未定，因此无法为验证构造样本。请用 --data 给出真实样本。',
  'the input gradient of a depthwise convolution of {0} channels': '{0} 个通道的逐通道卷积的输入梯度',
  'the input gradient of {0}': '{0} 的输入梯度',
  'The model and the data set must belong to the project of the run.': '模型和数据集必须属于该运行所在的项目。',
  'The native backend can be built on Linux with an x64 processor only, and this is {0} {1}. ONNX Runtime computes here.':
    '本机后端只能在 x64 处理器的 Linux 上构建，而这里是 {0} {1}。此处由 ONNX Runtime 计算。',
  'The native backend can be built on Linux with an x64 processor only. ONNX Runtime computes here.':
    '本机后端只能在 x64 处理器的 Linux 上构建。此处由 ONNX Runtime 计算。',
  'The native backend is being built already.': '本机后端正在构建中。',
  'The native backend is switched off by ESPALIER_NATIVE=off. Start Espalier without it, then build.':
    '本机后端已被 ESPALIER_NATIVE=off 关闭。请不带此设置启动 Espalier，然后再构建。',
  'The native backend was built, but this process could not load it. Build it anew with `npm run native:build`, or choose "wasm".':
    '本机后端已构建，但此进程无法加载它。请用 `npm run native:build` 重新构建，或选择 wasm。',
  'The network answers with numbers that are not finite on this data, so its result cannot be measured. Check the normalisation of the data and the weights of the network.':
    '网络在此数据上的输出不是有限数值，因此无法测量结果。请检查数据的归一化和网络的权重。',
  'The network answers with {0} numbers a sample, but the data has {1} targets a sample. Check that the data belongs to this network.':
    '网络对每个样本给出 {0} 个数，而数据中每个样本有 {1} 个目标值。请检查数据是否属于该网络。',
  'The network answers with {0} positions a sample, but the data has one label a sample. Use data with a label for every position, or data without labels.':
    '网络对每个样本给出 {0} 个位置的结果，而数据中每个样本只有一个标签。请使用每个位置都有标签的数据，或没有标签的数据。',
  'The network cannot get down to {0} {1}: with every group at its smallest allowed width it still needs {2}. Choose a larger budget, protect less, or lower the rounding.':
    '网络无法降到 {0} {1}：所有组都取允许的最小宽度时仍需 {2}。请放宽预算、减少保护或减小取整。',
  'The network has no weights that can be trained.': '该网络没有可训练的权重。',
  'The network\'s input "{0}" has shape [{1}], but the data has [{2}]. Choose data that fits the network.':
    '网络的输入“{0}”的形状为 [{1}]，而数据的形状为 [{2}]。请选择与网络相符的数据。',
  'The network\'s input "{0}" was given no data. It needs an array of shape [{1}].':
    '网络的输入“{0}”没有得到数据。它需要形状为 [{1}] 的数组。',
  'The observation was cancelled.': '观察已取消。',
  'The output "{0}" of the exported file has a type that cannot be compared. Export a network whose outputs are numbers.':
    '导出文件的输出“{0}”的类型无法比较。请导出输出为数字的网络。',
  'The program has no constant "{0}".': '程序中没有常量“{0}”。',
  'The refit was cancelled.': '重新拟合已取消。',
  'The request is not understood ({0}). Correct it and try again.': '无法理解该请求（{0}）。请改正后重试。',
  'The smaller network could not be written as ONNX.': '无法将更小的网络写成 ONNX。',
  'The split to measure on has no samples. Bring data with a test or verification split.':
    '用于测量的部分没有样本。请提供带有测试集或验证集的数据。',
  'The stored copy of {0} does not match its checksum, so it was not used. The disk may be failing; import the original file again.':
    '{0} 的存储副本与其校验和不符，因此没有使用。磁盘可能出现故障；请重新导入原文件。',
  'The stored model lacks its file "{0}". Import the model again.': '存储的模型缺少文件“{0}”。请重新导入模型。',
  'The strategy "{0}" decides by data, which pruning by structure and weights has not. Use "compress" with data, or a strategy such as "l2".':
    '策略“{0}”依据数据决定，而按结构和权重剪枝时没有数据。请使用 compress 并提供数据，或换用 l2 之类的策略。',
  'The TF.js loader, which checks every TF.js export, refuses to load this one. Nothing of it should be deployed; please report the network it comes from.':
    '负责检查每个 TF.js 导出的 TF.js 加载器拒绝加载此文件。请勿部署其中任何内容，并报告它来自的网络。',
  'The two networks answer with shapes [{0}] and [{1}], so their results cannot be compared.':
    '两个网络的输出形状分别为 [{0}] 和 [{1}]，因此结果无法比较。',
  'The units of "{0}" are nowhere whole channels of one value, so they have no maps to show. Choose another group.':
    '“{0}”的单元在任何地方都不是某个值的完整通道，因此没有可显示的特征图。请选择其他组。',
  'The value "{0}" cannot be looked at: the program does not compute it, or it was fused away. Name it as a tap when the session is made.':
    '无法查看值“{0}”：程序不计算它，或它已被融合。请在创建会话时将其指定为观察点。',
  'The WASM backend could not be started: its .wasm file is missing or this machine has no WebAssembly. Install Espalier anew.':
    '无法启动 WASM 后端：缺少 .wasm 文件，或本机不支持 WebAssembly。请重新安装 Espalier。',
  'The WASM backend has no GatherV2.': 'WASM 后端没有 GatherV2。',
  'The WASM backend has no gradient of average pooling.': 'WASM 后端没有平均池化的梯度。',
  'The WASM backend has no matrix product.': 'WASM 后端没有矩阵乘法。',
  'The WASM backend has no {0}.': 'WASM 后端没有 {0}。',
  'The weight "{0}" is shared between operators that need it in different layouts, so it cannot be trained. Skip fine-tuning for this network.':
    '权重“{0}”由要求不同布局的算子共享，因此无法训练。请对该网络跳过微调。',
  'The work was stopped before it was done. What was finished is kept; start it again to go on.':
    '工作在完成之前被停止。已完成的部分已保留；再次开始即可继续。',
  'The workbench database is damaged, so it was left as it is. Restore the last backup beside it (espalier.db.backup-*), or move the damaged file away to begin with an empty store; models and data in the artifacts folder are untouched.':
    '工作台数据库已损坏，因此保持原样。请恢复旁边最近的备份（espalier.db.backup-*），或移走损坏的文件以从空存储开始；artifacts 文件夹中的模型和数据未受影响。',
  'The {0} backend computes {1} wrongly on this machine, so it is not used.':
    '{0} 后端在本机上对 {1} 的计算结果不正确，因此不予使用。',
  'The {0} backend could not run {1} (node "{2}").': '{0} 后端无法运行 {1}（节点“{2}”）。',
  'The {0} backend has no {1}, which another kernel needs.': '{0} 后端没有另一个内核所需的 {1}。',
  'The {0} scores of group "{1}" are not finite numbers, so its units cannot be ranked. The network\'s weights or feature maps there are not finite.':
    '组“{1}”的 {0} 评分不是有限数值，因此无法为其单元排序。那里的权重或特征图不是有限数值。',
  'The {0} split has no sample {1}. Choose another one.': '{0}部分没有样本 {1}。请选择其他样本。',
  'There are no calibration samples, so nothing can be observed.': '没有校准样本，因此无法观察。',
  'There are no calibration samples, so nothing can be refitted.': '没有校准样本，因此无法重新拟合。',
  'There are {0} labels for {1} samples.': '有 {0} 个标签，却有 {1} 个样本。',
  'There is no strategy named "{0}". There are: {1}.': '没有名为“{0}”的策略。现有：{1}。',
  'There is no such call. The page may be older than the program; reload it.':
    '没有这样的调用。页面可能比程序旧，请重新加载。',
  'There is no such file.': '没有这样的文件。',
  'There is no such host.': '没有这样的主机。',
  'There is no {0} with the id "{1}". It may have been removed; reload the list.':
    '没有编号为“{1}”的{0}。它可能已被移除，请重新加载列表。',
  'There is not enough memory to run node "{0}". Choose a smaller batch.':
    '内存不足，无法运行节点“{0}”。请减小批大小。',
  'This data has no {0} split. A verification split is what x_valid holds.':
    '该数据没有{0}部分。验证集就是 x_valid 中的内容。',
  'This data has no {0} split. Bring data with one.': '该数据没有{0}部分。请提供带有该部分的数据。',
  'This network has no group "{0}". Choose another one.': '该网络没有组“{0}”。请选择其他组。',
  'This was cancelled, and nothing of it was kept.': '已取消，没有保留任何内容。',
  'UnsortedSegmentSum needs one segment a row of its input.': 'UnsortedSegmentSum 要求输入的每一行都有一个段号。',
  'What was fetched as {0} {1} is not what this version of Espalier was tested with (SHA-256 {2} instead of {3}), so it is not used.':
    '获取的 {0} {1} 与此版本 Espalier 测试时所用的不同（SHA-256 为 {2}，而不是 {3}），因此没有使用。',
  '{0} asks for the file "{1}", which lies outside its own folder. It was not read; save the network anew with its weights beside it.':
    '{0} 要求使用位于其文件夹之外的文件“{1}”。没有读取它；请将权重放在旁边并重新保存网络。',
  '{0} changed while it was being read. Wait until the program that writes it is done, then import it again.':
    '{0} 在读取过程中发生了变化。请等写入它的程序完成后再导入。',
  '{0} Choose "auto" or "wasm"; WASM runs on every machine.': '{0} 请选择 auto 或 wasm；WASM 可在任何机器上运行。',
  '{0} ends before byte {1}, where the network has its weights. Copy it again, completely.':
    '{0} 在第 {1} 字节之前就结束了，而网络的权重位于那里。请重新完整复制。',
  '{0} failed ({1} ended with code {2}).': '{0} 失败（{1} 以代码 {2} 结束）。',
  '{0} is a folder, but a file is needed. Choose the file in it.': '{0} 是文件夹，而这里需要文件。请选择其中的文件。',
  '{0} is not built yet in this version. Choose another setting.': '此版本尚不支持 {0}。请选择其他设置。',
  '{0} is too large to be read into memory.': '{0} 过大，无法读入内存。',
  '{0} workers ended while they ran one batch, so it is not tried again. Choose a smaller batch; this machine may lack the memory.':
    '运行一个批次时有 {0} 个工作进程结束，因此不再重试。请减小批大小；本机可能内存不足。',
  'This import has ended or was discarded meanwhile. Import the files again.':
    '该导入已结束或已被丢弃。请重新导入文件。',
  'This import is being worked on already. Wait until it has ended.': '该导入正在进行中。请等它结束。',
  'The network cannot be written for TensorFlow.js, which takes any number of samples at once: {0} Export to ONNX instead.':
    '该网络无法写成可一次接受任意数量样本的 TensorFlow.js 文件：{0} 请改为导出为 ONNX。',
}

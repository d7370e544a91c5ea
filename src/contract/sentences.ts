/**
 * What the engine and the services say to a person: a code with values, so that the page can say it in the reader's
 * language. The English here is what the command line and the reports say, and what the page shows for a code it does
 * not know (a run of a newer version, in an archive).
 */

/** Every sentence by its code; `{name}` stands for a value. A new sentence is a line here and one in every other language. */
export const sentences = {
  // Why units stay, said by the node that holds them.
  'held.adds-computed-matrix': '"{node}" ({op}) adds a computed matrix',
  'held.along-batch': '"{node}" ({op}) reads it along the batch',
  'held.bordered': '"{node}" ({op}) adds a border along it',
  'held.combined-with-fixed': '"{node}" ({op}) combines it with a value that has nothing to remove',
  'held.combined-across-axes': '"{node}" ({op}) combines it with units that lie along two axes',
  'held.cut-at-computed': '"{node}" ({op}) cuts it at places that are computed',
  'held.folded': '"{node}" ({op}) folds it together with another axis that can shrink',
  'held.folded-axes': '"{node}" ({op}) reads axes folded together',
  'held.indices': '"{node}" ({op}) reads it as indices',
  'held.joined-with-fixed': '"{node}" ({op}) joins it with a value that has nothing to remove',
  'held.joined-with-unknown': '"{node}" ({op}) joins it with a value of unknown extent',
  'held.normalised-folded': '"{node}" ({op}) normalises an axis folded with another',
  'held.ordered': '"{node}" ({op}) orders or picks positions along it',
  'held.paired-with-fixed': '"{node}" ({op}) pairs it with a value that has nothing to remove',
  'held.picked': '"{node}" ({op}) picks positions along it',
  'held.protected': '"{node}" is protected by the user',
  'held.ranks': '"{node}" ({op}) multiplies values of different rank',
  'held.repeated': '"{node}" ({op}) repeats it',
  'held.runs-along': '"{node}" ({op}) runs along this axis',
  'held.scales': '"{node}" ({op}) has a scale for each of its positions',
  'held.shares-one': '"{node}" ({op}) shares out a sum of one over it',
  'held.slides': '"{node}" ({op}) slides over this axis',
  'held.spread': '"{node}" ({op}) spreads it over an axis',
  'held.stacked': '"{node}" ({op}) multiplies it by a stored stack of matrices',
  'held.starts-fixed': '"{node}" ({op}) starts from a state that has nothing to remove',
  'held.stepped': '"{node}" ({op}) steps over it while it cuts other axes',
  'held.summed-with-fixed': '"{node}" ({op}) sums over it together with a value that has nothing to remove',
  'held.target-computed': '"{node}" ({op}) has a target that is computed',
  'held.two-computed': '"{node}" ({op}) multiplies two computed values or a transposed one',
  'held.unfollowed': '"{node}" ({op}) is an operator whose channels cannot be followed',
  'held.weight-computed': 'the weight of "{node}" ({op}) is computed, not constant',
  'held.weights-computed': 'the weights of "{node}" ({op}) are computed, not constant',
  'held.written': '"{node}" ({op}) writes it by index',
  'held.written-into': '"{node}" ({op}) writes into it by index',

  // What went wrong.
  'error.activations-not-finite':
    'On this data the activations of layer "{layer}" are not finite numbers. Check the normalisation of the data and the weights of that layer.',
  'error.cancelled': 'This was cancelled. What was finished until then is kept; it can be resumed.',
  'error.cannot-run':
    'This network cannot be run here, because Espalier cannot compute "{node}" ({op}). It can still be pruned by structure and weights with "prune".',
  'error.closed':
    'Espalier was closed or ended while this run was going on. Its finished steps are kept; resume to go on from the last one.',
  'error.compare-same-data':
    'Samples can only be compared between runs of the same network and the same data set. Choose such runs.',
  'error.data-elsewhere':
    'The data of "{name}" is not on this machine: it came in an archive by reference. Open the data set and say where it lies.',
  'error.data-shape':
    'The network "{model}" reads samples of {wanted}, but "{dataset}" holds samples of {found}. Choose data of the shape that the network was trained on.',
  'error.drop-unsupported':
    'A drop of at most {drop} points cannot be promised on {samples} verification samples: even for an unchanged network they support no better than {best}. About {enough} samples would do, or a larger tolerance.',
  'error.engine-ended':
    'The engine process ended in the middle of the work. What was finished until then is kept; resume to go on from there.',
  'error.engine-keeps-ending':
    'The engine has ended {times} times in a row, so it is not started again for some minutes. Nothing is lost; look at the log of the last run, try a smaller batch or another backend, then resume.',
  'error.engine-out-of-memory':
    'The engine ran out of memory and was ended. What was finished until then is kept; choose a smaller batch or fewer calibration samples, then resume.',
  'error.engine-silent':
    'The engine gave no sign of life for too long and was ended. What was finished until then is kept; resume to go on from there.',
  'error.few-calibration':
    'Only {left} samples are left for calibration, and at least {needed} are needed. Bring more training samples.',
  'error.in-trash': '"{name}" is in the trash. Restore it first, or choose another one.',
  'error.label-beyond-classes':
    'Sample {sample} of the {split} split has the label {label}, but the network tells only {classes} classes apart (0 to {last}). Choose the data set this network was trained on, or correct the labels.',
  'error.latency-unreachable':
    'A latency of {wanted} ms cannot be reached on this machine: the network takes {original} ms a sample, and with every group at its floor it still takes {smallest} ms. Ask for more time, protect fewer layers or round less.',
  'error.not-waiting': 'The run "{name}" does not wait in the queue any more, so it cannot be put first.',
  'error.nothing-smaller':
    'Even with every group at its smallest allowed width the network keeps more than 99 % of its MACs, so there is no smaller one to try. Protect fewer layers or round less.',
  'error.nothing-priced':
    'Nothing of this network can be removed: no group of units is both free to go and read by an operator that can be priced. `inspect` says why for each group.',
  'error.run-cancelled': 'The run was cancelled. What was finished is kept; resume it to go on from there.',
  'error.run-elsewhere': 'This run is being worked on by another Espalier with the same data folder. Cancel it there.',
  'error.scratch-needs-training':
    'Training from scratch needs training: give epochs of fine-tuning (--finetune N), the same as the strategies it is compared with.',
  'error.share-out-of-range':
    'The share to keep must lie between 0 and 1, but it is {value}. For half of it, give 0.5.',
  'error.steps-need-criterion':
    'Pruning in steps (--iterations) is for criteria, which then score anew; "{strategy}" does not score. Leave it out.',
  'error.store-busy':
    'Another Espalier has been writing to the same data folder for too long. Wait until it is done, or close it, and try again.',
  'error.store-gone': 'This refers to something that is not in the store any more. Reload the screen and try again.',
  'error.store-read-only':
    'The data folder cannot be written to. Check its permissions, or choose another one with ESPALIER_HOME.',
  'error.home-read-only':
    'Espalier cannot write to {path} in its data folder, so it was not opened, and nothing in it was changed. Give your user the right to write there, or start with another folder (ESPALIER_HOME).',
  'error.home-closed':
    'Espalier can no longer write to {path} in its data folder, so nothing is begun until it can; what waits goes on by itself then. Give your user the right to write there again.',
  'error.no-permission':
    'The system does not permit it: {what}. Check the permissions of that place, or choose another one.',
  'error.disk-full':
    'The disk is full, so the last write was undone and nothing was lost. Free some space and try again.',
  'error.file-missing': 'A file that is needed is not there: {what}. Check the path and try again.',
  'error.home-moved':
    'The data folder {path} was moved or deleted while Espalier was open, so nothing is written any more. Put it back, or end Espalier and start it with the folder where it is now (ESPALIER_HOME).',
  'error.export-place':
    '"{path}" does not say from where. Give the whole path of the folder, or leave it empty for the data folder.',
  'error.no-network': 'The run "{name}" has left no network yet, so there is nothing to time. Choose finished runs.',
  'error.no-group': 'no group can be pruned (inspect says why)',
  'error.nothing-scored': '{criterion} finds nothing to remove in this network: {why}.',
  'error.internal':
    'Something went wrong inside Espalier: {what}. The work before this step is kept; please report this with the diagnostics bundle.',

  // Why a group stays whole.
  'group.anchored': 'a part of the network has to keep one of the units it shares with others',
  'group.fixed': 'it is combined with a value that has nothing to remove',
  'group.result': 'it is the result of the network',
  'group.single': 'it has a single unit',

  // What a strategy looks at and a network lacks.
  'lacking.batch-norm':
    'none of its groups has a BatchNorm (exporters fold it into the layer before it). Choose another strategy, such as L2 norm',
  'lacking.readers':
    'no layer behind any of its groups reads what it looks at. Choose another strategy, such as L2 norm',

  // What was understood of a network.
  'model.half-as-single':
    'The network computes in 16 bits (float16 or bfloat16). It is read, pruned and written in float32, its inputs and outputs too; exported with 16 bits (--precision fp16), its weights are stored in float16 again.',
  'model.batch-as-exported':
    'The network works for a batch of {batch} only, as it was exported: its samples could not be told apart. It is pruned by structure and weights; to run it on data, export it with a free batch.',
  'model.map-as-numbers':
    'The output "{output}" is a map from classes to numbers; it is read and written as the numbers alone, in the order of the classes.',
  'model.not-run':
    'This network can be pruned by structure and weights, but not run here, because Espalier cannot compute: {operators}.',
  'model.nothing-prunable': 'Nothing in this network can be pruned.',
  'model.operator-unknown':
    'The operator {operator} ("{node}") is not known to Espalier: the network can be looked at, but nothing around it can be pruned or run.',
  'model.same-lengths':
    '{op} "{node}" may be fed sequences of different lengths in one batch; here they are taken to be equally long.',
  'model.shape-fed':
    'The shape behind {op} "{node}" depends on what the network is fed ({why}): what follows it can be looked at, but not pruned or run.',
  'model.shape-unknown': 'The shapes behind "{node}" are not known, so costs there are not counted.',
  'model.texts-left-out':
    'The output "{output}" names classes in words; it is left out, here and in the files that are written. The numbers of the classes stay.',
  'model.training-dropout':
    'Dropout "{node}" was exported in training mode; it is left out, as when the network is used.',
  'model.training-norm':
    'BatchNormalization "{node}" was exported in training mode; its stored mean and variance are used, as when the network is used.',

  // What a person must know of a run before its result is used.
  'run.calibration-short': 'The data has {found} samples for calibration instead of the {wanted} asked for.',
  'run.ended-early':
    'Fine-tuning was ended after {epochs} epochs, because the verification split had gained nothing for {patience}.',
  'run.finetune-worse':
    'Fine-tuning made the result worse on the verification split, so the network was kept as it was before. A smaller learning rate or --distill may gain where this did not.',
  'run.first-output': 'The network has {outputs} outputs; what is verified and measured is the first, "{output}".',
  'run.guessing':
    'The network is right for {value} % of {samples} samples, no better than guessing among {classes} classes. Does the preprocessing fit, and are the labels in its order?',
  'run.indistinct': '{criterion} cannot tell the units of group "{group}" apart; they go in their own order.',
  'run.labels-drawn':
    "{criterion} needs labels, which this data has not; labels drawn from the network's own result were used.",
  'run.layerwise-only':
    'The network was refitted layer by layer only, not on its result, because gradients cannot be had: {why}',
  'run.rounded-maps':
    'The network rounds feature maps to whole numbers (QuantizeLinear), where two runtimes may differ by a step: its files are checked to 15 % of the largest answer instead of 0.01 %.',
  'run.no-test-split': 'The data has no test split, so the final figures are those of the verification split.',
  'run.not-applicable': '{criterion} does not apply to group "{group}", so it stays whole.',
  'run.one-unit':
    'With two units left in every group the network would still be over the budget, so a group may go down to one.',
  'run.smaller-batches':
    'Computed {batch} samples at a time instead of {wanted}, because the feature maps of more would not fit in 1 GiB.',
  'run.step-damaged': 'The kept step "{step}" is damaged and was put aside; it is computed again.',
  'run.teacher-original': 'The data has no labels, so fine-tuning took the original network as its teacher.',
  'run.unpriced':
    'The units of "{group}" were left alone: "{node}" ({op}) reads them, and what their loss would change there cannot be priced yet.',
  'run.unread':
    'The units of "{group}" were left alone: no operator with weights reads them, so nothing could take over their work.',
  'run.verification-from-train':
    'Calibration and verification samples were drawn, without overlap, from the train split. If the network was trained on them, what is verified there is a weaker promise than on data of its own (x_valid).',
  'run.within-budget': 'The network is within the budget as it is, so nothing was removed.',

  // Why a backend was taken or left.
  'backend.absent-cuda': 'The CUDA backend is not part of this build yet.',
  'backend.absent-webgpu': 'The WebGPU backend is not part of this build yet.',
  'backend.native': "TensorFlow's own CPU kernels on all cores, built and checked on this machine.",
  'backend.native-crashed':
    'The native backend ended the process that checked it. Run `npm run native:build` to build and check it again.',
  'backend.native-missing':
    'The native CPU backend is not built on this machine. `npm run native:build` builds it (Python 3 and g++ needed).',
  'backend.native-off': 'The native CPU backend is switched off (ESPALIER_NATIVE=off).',
  'backend.native-unchecked': 'The native backend was not checked yet; open Settings, which checks it.',
  'backend.native-unsupported':
    'The native CPU backend can be built on Linux with an x64 processor only, and this is {platform}.',
  'backend.not-needed': 'Not needed: another backend was chosen. It can be chosen by name.',
  'backend.not-offered': 'ONNX Runtime was not looked for, because another backend was chosen.',
  'backend.onnxruntime':
    "ONNX Runtime's CPU kernels on all cores over WebAssembly; nothing had to be built, and it was checked here.",
  'backend.onnxruntime-crashed':
    'ONNX Runtime ended the process that checked it. Installing Espalier anew has it checked again.',
  'backend.onnxruntime-missing': 'ONNX Runtime (onnxruntime-node) is not installed. Install Espalier anew.',
  'backend.onnxruntime-off': 'ONNX Runtime is switched off as a backend (ESPALIER_ONNXRUNTIME=off).',
  'backend.slower': '{why} The {backend} backend computes, more slowly than this machine could.',
  'backend.wasm': 'WebAssembly with SIMD; runs on every machine.',

  // What the decision found on the way.
  'decide.tried':
    'With scarcity to the power of {scarcity}, {units} units would go, and after a quick refit the result diverges by {kl} nats.',
  'decide.tried-norm':
    'With the same share of every group by group norm, {units} units would go, and after a quick refit the result diverges by {kl} nats.',
  'decide.tried-fisher':
    'With the same share of every group by Fisher information, {units} units would go, and after a quick refit the result diverges by {kl} nats.',
  'decide.foretold': 'A few steps of the refit on the result bring these {units} units to {kl} nats.',

  // What verification found on the way.
  'verify.beyond': 'At {percent} % of MACs the bound is {bound}, beyond {limit}.',
  'verify.latency': 'The network takes {after} ms a sample where the original takes {before} ms.',
  'verify.within': 'At {percent} % of MACs the bound is {bound}, within {limit}.',

  // What is being done.
  'doing.analysed': '{groups} groups can be pruned',
  'doing.batch-norm': 'Re-estimating BatchNorm: {done} of {total} samples',
  'doing.comparing': 'Comparing predictions',
  'doing.done': 'Done',
  'doing.epoch': 'Verifying an epoch',
  'doing.export-latency': 'Measuring latency before and after',
  'doing.export-write': 'Writing the files and checking them',
  'doing.finetune': 'Fine-tuning: step {step} of {total}',
  'doing.gained': 'Verifying what fine-tuning gained',
  'doing.latency': 'Measuring the latency of {networks} networks',
  'doing.measuring-test': 'Measuring on the test split',
  'doing.measuring-verification': 'Measuring on the verification split',
  'doing.observe': 'Observing feature maps',
  'doing.observe-result': 'Observing feature maps and the sensitivity of the result',
  'doing.observe-samples': 'Observing feature maps of {samples} samples',
  'doing.ranked': '{units} units ranked',
  'doing.ranking': 'Ranking units by {criterion}',
  'doing.read': 'Network and data are read',
  'doing.reading': 'Reading the network and the data',
  'doing.refit-layer': 'Refitting "{layer}" to the original feature maps',
  'doing.refit-result': 'Refitting all layers to the original result',
  'doing.removed': '{units} units removed',
  'doing.removing': 'Removing units',
  'doing.samples': '{done} of {total} samples',
  'doing.samples-of': '{what}: {done} of {total} samples',
  'doing.scored-anew': 'Step {step} of {steps}: scored anew',
  'doing.sensitivity': 'Measured the sensitivity of "{group}"',
  'doing.training': 'Epoch {epoch} of {epochs}, loss {loss}',
  'doing.trial': 'Trial {trial}',
  'doing.verifying': 'Verifying',
} as const

export type SentenceCode = keyof typeof sentences

/** A sentence as it is stored and sent. Its code may be one that this version does not know. */
export interface Said {
  readonly code: string
  /** What stands in its places; a sentence within a sentence is said in the same language. */
  readonly values: Readonly<Record<string, string | number | Said>>
}

/** A sentence of this version. */
export interface Sentence extends Said {
  readonly code: SentenceCode
  readonly values: Readonly<Record<string, SentenceValue>>
}
export type SentenceValue = string | number | Sentence

type Names<T extends string> = T extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never
type NamesOf<C extends SentenceCode> = Names<(typeof sentences)[C]>

/** Codes of how a node holds units, whose values are the node's own name and operator. */
export type HeldCode = Extract<SentenceCode, `held.${string}`>

/** Says a sentence with the values it names. */
export const say = <C extends SentenceCode>(
  code: C,
  ...[values]: [NamesOf<C>] extends [never] ? [] : [{ readonly [N in NamesOf<C>]: SentenceValue }]
): Sentence => ({ code, values: (values ?? {}) as Sentence['values'] })

/** What was said in the words of a catalogue; null where it does not know a code, or a value is missing. */
export function tell(catalogue: Readonly<Record<string, string>>, { code, values }: Said): string | null {
  const words = Object.hasOwn(catalogue, code) ? catalogue[code] : undefined
  if (words === undefined) return null
  let whole = true
  const text = words.replace(/\{(\w+)\}/g, (place, name: string) => {
    const value = values[name]
    const part = typeof value === 'object' ? tell(catalogue, value) : value
    if (part !== null && part !== undefined) return String(part)
    whole = false
    return place
  })
  return whole ? text : null
}

/** What is being done, as a progress tells it. */
export const detailOf = (doing: Sentence) => ({ detail: inEnglish(doing), detailSaid: doing })

/** Each once, in the order in which they were first said. */
export const uniqueSentences = (said: readonly Sentence[]): Sentence[] => [
  ...new Map(said.map((sentence) => [inEnglish(sentence), sentence])).values(),
]

export const inEnglish = (sentence: Sentence): string => tell(sentences, sentence) as string

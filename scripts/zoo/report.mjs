/** docs/coverage.md from the measurements beside it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const load = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined)
const number = (value, digits = 0) => (value === undefined || value === null ? '-' : value.toFixed(digits))
const percent = (value) => (value === undefined ? '-' : (100 * value).toFixed(1))

/** One cell a share: the share of MACs that is left, and how far pruned and masked are apart. */
function cell(entry, keep) {
  const result = entry.results.find((other) => other.keep === keep)
  if (!result) return '-'
  if (result.error) return result.error.split(':')[0]
  return `${percent(result.macs)} (${result.deviation === undefined ? 'not run' : (result.deviation?.toExponential(0) ?? 'not a number')})`
}

/** Half the MACs within 5 %, and the same result as the masked form. */
const isGood = (entry) => {
  const half = entry.results.find(({ keep }) => keep === 0.5)
  return (
    half &&
    !half.error &&
    typeof half.deviation === 'number' &&
    half.deviation < 1e-4 &&
    half.macs <= 0.5 &&
    half.macs >= 0.475
  )
}

/** Zoos beside the usual one: what they hold, and the name of their script and records. */
const sets = [
  {
    name: 'wide',
    title: 'A wider zoo',
    text: 'Families beyond these, in small variants on small images or short texts (`scripts/zoo/wide.py`), pruned to half their MACs:',
  },
  {
    name: 'further',
    title: 'Further tasks',
    text: 'Video, detection, generation, super-resolution, point clouds, speech, translation, graphs and newer decoders, in small configurations by both exporters (`scripts/zoo/further.py`), pruned to half their MACs:',
  },
  {
    name: 'more',
    title: 'More families',
    text: 'Whole detectors with their suppression, two-towered, audio, forecasting and mixture-of-experts networks, and the families of timm and transformers that the tables above leave out, in small configurations (`scripts/zoo/more.py`), pruned to half their MACs (detectors are compared in front of the choice of boxes, where rounding may order equal scores otherwise). In edgenext_small_rw chunks and doubled depthwise channels tie nine of 48 channels into a unit, a fifth of its MACs; with `--allocation global` it comes down to 50.0. What Longformer computes depends throughout on which tokens are global:',
  },
  {
    name: 'unseen',
    title: 'Networks that no rule was written for',
    text: 'What the tables above leave out of transformers and torchvision, written down before any of them was tried: segmentation by queries (Mask2Former, MaskFormer), the encoder of SAM, detectors with several kinds of attention, two-towered networks, recurrent and state-space decoders, latent and expert decoders, speech, vocoders, forecasting (`scripts/zoo/unseen.py`), by both exporters as far as they can export them, pruned to half their MACs. ONNX Runtime runs neither dinov3_vit.old (its parts do not fit together) nor mask2former.old (it samples in double precision) before pruning; what the other exporter writes of them it does. The exporter wrote into switch.old how many tokens each expert got of its example, so it fails wherever they are routed otherwise:',
  },
  {
    name: 'adverse',
    title: 'Unusual graphs',
    text: 'Networks written by hand to bring exporters to graphs that are seldom seen, and networks of papers as people write them down (`scripts/zoo/adverse.py`, `adverse_blocks.py`, `adverse_tasks.py`): zero-padded shortcuts, shuffles, gates in six forms, cells called step by step, tied and normed weights, groups everywhere, attention in seventeen spellings, detectors, diffusion, speech separation, graphs; by both exporters as far as they can export them, pruned to half their MACs. The cells have one group of 20 units, whose steps are larger than 5 %; ShuffleNet v1 with four groups has a single unit in its stream:',
  },
  {
    name: 'papers',
    title: 'Networks of papers',
    text: 'Networks and blocks of papers as their authors write them down (`scripts/zoo/papers.py`, `papers_blocks.py`, `papers_images.py`, `papers_sequences.py`, `papers_tables.py`): restoration, conditional generation, attention in its rarer forms, capsules, splines (KAN), hypernetworks, mixtures of experts, graphs, points, flows, speech, forecasting, tables, control; by both exporters as far as they can export them, pruned to half their MACs. BlazeFace has one group of 48 units, whose steps are larger than 5 %:',
  },
  {
    name: 'later',
    title: 'Families that came later',
    text: 'Families of timm and transformers that none of the tables above has (`scripts/zoo/later.py`), by both exporters as far as they can export them, in small configurations, pruned to half their MACs. The file vit_small_patch16_rope_mixed_224.old does not run in ONNX Runtime before pruning either, vits.old draws the length of its answer by chance, and the ids that are fed lie outside the tables of cpmant.new and timesfm.old:',
  },
  {
    name: 'tasks',
    title: 'What people train',
    text: 'Small networks for tables, series, sound, points, graphs, texts and pictures, written down before any of them was tried (`scripts/zoo/tasks.py`), with open batches, opsets 13 to 20 by the old exporter and 18 to 20 by the new one, pruned to half their MACs. The steps of time_mix are larger than 5 %. All but TSMixer, whose layers are added to its input, also come down to 15 % and compute the same as masked (coverage-tasks.json):',
  },
  {
    name: 'guests',
    title: 'Odd couplings',
    text: 'Networks as a sceptical guest would bring them, written down before any of them was tried (`scripts/zoo/guests.py`): halves that change places, tied and shared weights, sums across groups of different numbers, gates, einsums, pixel shuffles, several inputs and answers, regions, scripted loops, the quantizable variants of torchvision; with open batches, opsets 15 to 18, by both exporters as far as they can export them, pruned to half their MACs (70 and 30 % in coverage-guests.json). `groups` ties eight channels into each unit of its one group, conv_cell, looped and film have one or two groups of 12 to 24 units, all with steps of more than 5 %; attention among the channels of `dual` shares out a sum of one over them, so these stay:',
  },
  {
    name: 'keras',
    title: 'Keras files',
    text: 'Networks of keras.applications on small images, and others as people write them, saved by Keras as .keras and .h5 (`scripts/zoo/keras_models.py`), pruned to half their MACs:',
    make: 'python scripts/zoo/keras_models.py FOLDER',
  },
  {
    name: 'tensorflow',
    title: 'What people train in Keras and TensorFlow',
    text: "Networks as tutorials and users of Keras write them, written down before any of them was tried and trained briefly on small real data (`scripts/zoo/tensorflow_networks.py`, `tensorflow_models.py`): Keras 3.15.1 and tf_keras 2.21 (`v2`) on TensorFlow 2.21, saved as .keras and .h5, by Keras' own ONNX export (`export`), by tf2onnx 1.17 (opset 18, `nchw` with `inputs_as_nchw`), and by the tensorflowjs 4.22 converter (`layers`, `graph`), pruned to half their MACs (15 % in coverage-tensorflow.json). What is read answers as Keras does (within 1e-5, on the first test samples). Left out are ONNX files that ONNX Runtime does not open or cannot be fed either, as tf2onnx wrote what it does not know: grouped convolutions (PartitionedCall), random layers, and Normalization, whose statistics become inputs. GELU, which tf2onnx writes as Erfc, is read though ONNX Runtime does not know it. Graph models of TensorFlow.js with recurrent layers (loops) are left out too: they are refused by name, the layers models of the same networks are read:",
    make: 'VADER=FOLDER_OF_TEXTS python scripts/zoo/tensorflow_models.py FOLDER [--keras 2]',
  },
]

function smallZoo(docs, { name, title, text, make = `python scripts/zoo/export.py FOLDER --set ${name}` }) {
  const models = load(join(docs, `coverage-${name}.json`))?.models ?? []
  if (models.length === 0) return []
  return [
    `## ${title}`,
    '',
    text,
    '',
    `    ${make}`,
    `    node scripts/zoo/run.mjs FOLDER --set ${name}`,
    '',
    `**${models.filter(isGood).length} of ${models.length} do so within 5 % and compute the same as their masked form within 1e-4.**`,
    '',
    '| model | nodes | groups | prunable | share of MACs that can go, % | 50 % |',
    '| --- | --: | --: | --: | --: | --- |',
    ...models.map((entry) =>
      entry.error
        ? `| ${entry.model} | | | | | ${entry.error.slice(0, 120).replaceAll('|', '/')} |`
        : `| ${entry.model} | ${entry.nodes} | ${entry.groups} | ${entry.prunable} | ${percent(entry.share)} | ${cell(entry, 0.5)} |`,
    ),
    '',
  ]
}

/** What `batches.mjs` showed; it prints and keeps no records. */
const batches = [
  '## Files for a number of samples',
  '',
  '26 networks written down for 1, 4 and 32 samples without dynamic axes (`scripts/zoo/batches.py`): states of recurrent layers, class tokens and queries',
  'stored for each sample, masks, heads, windows, frames and channels folded with the samples, places of anchors, `x[arange(n), i]`, several answers. The file is read, written with',
  'a free batch and run on three times as many samples at once in ONNX Runtime, beside the file as it came, run three times; then written with its own number again:',
  '',
  '    python scripts/zoo/export.py FOLDER --set batches',
  '    python scripts/zoo/export.py FOLDER --set batches --exporter new',
  '    node scripts/zoo/batches.mjs FOLDER',
  '',
  '**153 of 153 files answer the same for any number of samples (within 1e-5) and keep their signature.** The torch.export exporter does not write the three of `causal`.',
  'Networks whose samples see one another (a mean over the batch is subtracted) keep their number, are pruned by structure, and are refused with data.',
  '',
]

export function writeCoverage(root) {
  const docs = join(root, 'docs')
  const { models } = load(join(docs, 'coverage.json'))
  const torch = load(join(docs, 'coverage-torch-pruning.json'))
  const growth = load(join(docs, 'coverage-growth.json'))
  const good = models.filter(isGood)
  const lines = [
    '# Coverage',
    '',
    'Every network is read from its ONNX file alone, pruned by `l2` (uniform) to 70, 50 and 30 % of its MACs, written, and run in',
    'ONNX Runtime beside its masked form. A cell says what share of MACs is left and, in brackets, the largest difference between',
    'pruned and masked relative to the largest output. Weights are random; the models come from `scripts/zoo/export.py`',
    '(`old`: the TorchScript exporter, opset 17; `new`: the torch.export one, opset 18).',
    '',
    '    python scripts/zoo/export.py FOLDER [--exporter new]',
    '    node scripts/zoo/run.mjs FOLDER',
    '    python scripts/zoo/torch_pruning.py docs/coverage-torch-pruning.json',
    '    node scripts/zoo/growth.mjs',
    '',
    `**${good.length} of ${models.length} files prune to half their MACs (within 5 %) and compute the same as their masked form within 1e-4.**`,
    '',
    '| model | nodes | groups | prunable | share of MACs that can go, % | 70 % | 50 % | 30 % | read to written, ms | peak, MB |',
    '| --- | --: | --: | --: | --: | --- | --- | --- | --: | --: |',
    ...models.map((entry) =>
      entry.error
        ? `| ${entry.model} | | | | | ${entry.error.slice(0, 120).replaceAll('|', '/')} | | | | |`
        : `| ${entry.model} | ${entry.nodes} | ${entry.groups} | ${entry.prunable} | ${percent(entry.share)} | ${[0.7, 0.5, 0.3].map((keep) => cell(entry, keep)).join(' | ')} | ${number(entry.totalMs)} | ${number(entry.peakMb)} |`,
    ),
    '',
  ]
  for (const set of sets) lines.push(...smallZoo(docs, set))
  const limits = models.flatMap((entry) =>
    (entry.reasons ?? [])
      .filter((reason) => reason !== 'it is the result of the network')
      .slice(0, 4)
      .map((reason) => `- ${entry.model}: ${reason}`),
  )
  if (limits.length > 0) lines.push('## What stays whole, and why', '', ...limits, '')
  if (torch) {
    const both = torch.models.filter(({ model }) => models.some((entry) => entry.model === `${model}.old`))
    lines.push(
      '## What Torch-Pruning does with the same networks',
      '',
      'From a live module in memory, group norm, a ratio that leaves about half the MACs. Times and memory side by side are measured',
      'by `npm run bench -- --only structure` and stand in [benchmarks](benchmarks.md).',
      '',
      '| model | its result |',
      '| --- | --- |',
      ...both.map(
        ({ model, error, macs }) =>
          `| ${model} | ${error ? error.slice(0, 80).replaceAll('|', '/') : `${percent(macs)} % of MACs`} |`,
      ),
      '',
    )
  }
  lines.push(...batches)
  if (growth) {
    lines.push(
      '## Analysis against size',
      '',
      'Residual networks of growing depth, analysed in one process (CPU time, compiler and collector included; median of five).',
      '',
      '| nodes | analysis, ms | microseconds a node |',
      '| --: | --: | --: |',
      ...growth.points.map(({ nodes, ms }) => `| ${nodes} | ${ms.toFixed(1)} | ${((1000 * ms) / nodes).toFixed(1)} |`),
      '',
    )
  }
  writeFileSync(join(docs, 'coverage.md'), lines.join('\n'))
}

/** What goes with an exported file: code that runs it, the proof, and the recipe that makes it again. */

import { commandLine } from '../../contract/command-line'
import type { Dataset, Export, Inspection, Model, Run } from '../../contract/entities'

export interface KitFile {
  readonly name: string
  readonly content: string
}

export interface KitFacts {
  readonly item: Export
  readonly model: Model
  readonly inspection: Inspection
  /** The data the proof ran on, which says how samples are normalised; null where there was none. */
  readonly dataset: Dataset | null
  /** How the model was made; null for a model that was imported. */
  readonly made: { readonly run: Run; readonly original: Model; readonly dataset: Dataset } | null
  /** Of the model's file inside the archive. */
  readonly file: string
}

const shapeOf = ({ inspection }: KitFacts): number[] =>
  (inspection.inputs[0]?.shape ?? []).map((extent) => (typeof extent === 'number' ? extent : 1))

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
const list = (values: readonly (number | string)[]): string => JSON.stringify(values)

/** How pixel or feature values become what the network reads, as a comment line. */
const normalisation = ({ dataset }: KitFacts, mark: string): string =>
  dataset && dataset.mean.length > 0
    ? `${mark} The network reads (value - mean) / std, channel by channel: mean ${list(dataset.mean)}, std ${list(dataset.std)}.\n`
    : ''

const python = (facts: KitFacts): string => {
  const [input, output] = [facts.inspection.inputs[0]?.name ?? '', facts.inspection.outputs[0]?.name ?? '']
  return `# pip install onnxruntime numpy; then: python run.py
import numpy as np
import onnxruntime as ort

session = ort.InferenceSession(${JSON.stringify(facts.file)}, providers=["CPUExecutionProvider"])
${normalisation(facts, '#')}x = np.random.default_rng(0).standard_normal(${list(shapeOf(facts))}).astype(np.float32)
[y] = session.run([${JSON.stringify(output)}], {${JSON.stringify(input)}: x})
print(y.shape, y[0])
`
}

const onnxScript = (facts: KitFacts): string => {
  const shape = shapeOf(facts)
  const [input, output] = [facts.inspection.inputs[0]?.name ?? '', facts.inspection.outputs[0]?.name ?? '']
  return `// npm install onnxruntime-node; then: node run.mjs (in a page, import onnxruntime-web instead)
import { InferenceSession, Tensor } from 'onnxruntime-node'

const session = await InferenceSession.create(${JSON.stringify(facts.file)})
${normalisation(facts, '//')}const shape = ${list(shape)}
const size = shape.reduce((a, b) => a * b, 1)
const x = Float32Array.from({ length: size }, () => Math.random() * 2 - 1)
const { ${JSON.stringify(output)}: y } = await session.run({ ${JSON.stringify(input)}: new Tensor('float32', x, shape) })
console.log(y.dims, y.data)
`
}

const tfjsScript = (
  facts: KitFacts,
): string => `// npm install @tensorflow/tfjs; then: node run.mjs. In a page: tf.loadGraphModel('${facts.file}')
import { readFile } from 'node:fs/promises'
import * as tf from '@tensorflow/tfjs'

const path = ${JSON.stringify(facts.file)}
const folder = path.slice(0, path.lastIndexOf('/') + 1)
const { modelTopology, weightsManifest, ...rest } = JSON.parse(await readFile(path, 'utf8'))
const shards = await Promise.all(weightsManifest.flatMap(({ paths }) => paths).map((name) => readFile(folder + name)))
const bytes = Buffer.concat(shards)
const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
const weightSpecs = weightsManifest.flatMap(({ weights }) => weights)
const model = await tf.loadGraphModel(tf.io.fromMemory({ ...rest, modelTopology, weightSpecs, weightData }))
${normalisation(facts, '//')}const [input] = model.inputs
const x = tf.randomNormal(input.shape.map((extent) => (extent > 0 ? extent : 1)))
const y = model.predict(x)
console.log(y.shape, await y.data())
`

const kerasScript = (facts: KitFacts): string => `# pip install keras tensorflow; then: python run.py
import keras
import numpy as np

model = keras.saving.load_model(${JSON.stringify(facts.file)})
${normalisation(facts, '#')}x = np.random.default_rng(0).standard_normal([1, *model.input_shape[1:]]).astype(np.float32)
y = model.predict(x)
print(y.shape, y[0])
`

function runFiles(facts: KitFacts): KitFile[] {
  const { format } = facts.item
  if (format === 'onnx') {
    return [
      { name: 'run.py', content: python(facts) },
      { name: 'run.mjs', content: onnxScript(facts) },
    ]
  }
  return format === 'tfjs'
    ? [{ name: 'run.mjs', content: tfjsScript(facts) }]
    : [{ name: 'run.py', content: kerasScript(facts) }]
}

/** How the network is made again, for these formats; empty for a network that was imported. */
export function recipeFiles(
  made: KitFacts['made'],
  formats: readonly string[],
  precision: Export['precision'] = 'fp32',
): KitFile[] {
  if (!made) return []
  const { run, original, dataset } = made
  const file = /\.(onnx|json|h5|keras)$/i.test(original.name) ? original.name : `${original.name}.onnx`
  const command = `${commandLine(run.config, file, dataset.path)} --formats ${formats.join(',')}${precision === 'fp32' ? '' : ` --precision ${precision}`}`
  const script = `#!/bin/sh
# Makes this network again: the same command, seed and machine give the same bytes.
# ${file}: SHA-256 ${original.hash}
# data: SHA-256 ${dataset.hash}
${command}
`
  const record = {
    command,
    config: run.config,
    model: { name: original.name, hash: original.hash },
    data: { name: dataset.name, hash: dataset.hash, mean: dataset.mean, std: dataset.std },
    environment: run.environment,
    result: run.result?.result,
    size: run.result?.model,
  }
  return [
    { name: 'recipe.sh', content: script },
    { name: 'recipe.json', content: json(record) },
  ]
}

/** Code that runs the file, and its proof; what is private to this machine stays out. */
export function companionFiles(facts: KitFacts): KitFile[] {
  const { id: _id, projectId: _projectId, runId: _runId, modelId: _modelId, path: _path, ...proof } = facts.item
  return [...runFiles(facts), { name: 'proof.json', content: json(proof) }]
}

/**
 * Networks written down for a number of samples (export.py --set batches): read, written with a free batch, and run on three
 * times as many samples at once in ONNX Runtime, beside the file as it came, run three times; then written as the file was.
 *
 * usage: node scripts/zoo/batches.mjs FOLDER
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as ort from 'onnxruntime-node'
import { bundled } from '../lib/bundle.mjs'

const [folder] = process.argv.slice(2)
const { readModel, writeModel } = await import(
  process.env.ESPALIER_BUNDLE ?? (await bundled(join(import.meta.dirname, 'api.ts')))
)
const TIMES = 3
const LIMIT = 1e-5

let state = 12345
const random = () => {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0
  return state / 2 ** 32
}
const product = (dims) => dims.reduce((a, b) => a * b, 1)
const open = (file) => ort.InferenceSession.create(file, { logSeverityLevel: 4, intraOpNumThreads: 1 })
const signature = ({ inputMetadata, outputMetadata }) =>
  JSON.stringify([...inputMetadata, ...outputMetadata].map(({ name, shape }) => [name, shape]))

/** Where the samples lie in an output. */
const axisOf = ({ shape }, samples) => Math.max(0, shape.indexOf(samples))

/** Rows of one sample after the other, wherever they lie. */
function rowsOf({ dims, data }, axis) {
  const [outer, inner] = [product(dims.slice(0, axis)), product(dims.slice(axis + 1))]
  return Array.from({ length: dims[axis] }, (_, n) =>
    Array.from({ length: outer }, (_, o) => {
      const from = (o * dims[axis] + n) * inner
      return Array.from(data.subarray(from, from + inner), Number)
    }).flat(),
  ).flat()
}

function deviation(found, wanted) {
  if (found.length !== wanted.length) return Number.POSITIVE_INFINITY
  const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3)
  return wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i]) / scale), 0)
}

async function compare(path, bytes) {
  const { graph } = await readModel({ name: path, bytes })
  const given = await open(bytes)
  const [input] = given.inputMetadata
  const [samples, ...rest] = input.shape
  if (graph.inputs[0].shape[0] !== 'batch') return { samples, free: false }
  const count = TIMES * samples * product(rest)
  const whole = input.type === 'int64'
  const data = whole
    ? BigInt64Array.from({ length: count }, () => BigInt(1 + Math.floor(49 * random())))
    : Float32Array.from({ length: count }, () => 2 * random() - 1)
  const part = (from, to) => {
    const width = product(rest)
    return {
      [input.name]: new ort.Tensor(input.type, data.slice(from * width, to * width), [to - from, ...rest]),
    }
  }
  const axes = given.outputMetadata.map((output) => axisOf(output, samples))
  const wanted = given.outputNames.map(() => [])
  for (let k = 0; k < TIMES; k++) {
    const answer = await given.run(part(k * samples, (k + 1) * samples))
    for (const [o, name] of given.outputNames.entries()) wanted[o].push(...rowsOf(answer[name], axes[o]))
  }
  const [free] = await writeModel(graph, 'onnx', 'free', { batch: 'free' })
  const together = await (await open(free.bytes)).run(part(0, TIMES * samples))
  const [declared] = await writeModel(graph, 'onnx', 'declared')
  const again = await open(declared.bytes)
  const differences = given.outputNames.map((name, o) => deviation(rowsOf(together[name], axes[o]), wanted[o]))
  return { samples, free: true, alike: signature(given) === signature(again), difference: Math.max(...differences) }
}

let [files, good] = [0, 0]
for (const name of readdirSync(folder).filter((each) => each.endsWith('.onnx'))) {
  files++
  try {
    const found = await compare(name, readFileSync(join(folder, name)))
    const fine = found.free && found.alike && found.difference < LIMIT
    if (fine) good++
    else process.stdout.write(`${name}: ${JSON.stringify(found)}\n`)
  } catch (error) {
    process.stdout.write(`${name}: ${error.message}\n`)
  }
}
process.stdout.write(`${good} of ${files} files answer the same for any number of samples and keep their signature\n`)

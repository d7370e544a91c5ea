/**
 * Damages model and data files in seeded ways and reads each: every one must be read or refused with a coded error,
 * within a second and 200 MB. Prints a line for whatever is not, and a summary a kind; ends with 1 if anything failed.
 *
 * usage: node scripts/fuzz.mjs [--files 500] [--seed 1] [--kind "Keras .h5"]
 */
import { fork } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { unzipSync, zipSync } from 'fflate'
import { build } from 'vite'
import { mutate, randomOf } from './fuzz/mutate.mjs'

const root = join(import.meta.dirname, '..')
const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    kind: { type: 'string' },
  },
})
const wanted = Number(values.files)
const limits = { ms: 1000, mb: 200, hangMs: 10_000 }

/** The engine's readers as two files that Node runs. */
async function bundle() {
  const outDir = mkdtempSync(join(tmpdir(), 'espalier-fuzz-'))
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: true,
      outDir,
      rollupOptions: {
        input: { formats: join(root, 'src/engine/formats/index.ts'), data: join(root, 'src/engine/data/index.ts') },
      },
    },
    ssr: { noExternal: true },
  })
  const find = (name) =>
    pathToFileURL(
      join(
        outDir,
        readdirSync(outDir).find((file) => new RegExp(`^${name}\\.m?js$`).test(file)),
      ),
    ).href
  return { outDir, formats: find('formats'), data: find('data') }
}

const bytesOf = (...path) => new Uint8Array(readFileSync(join(root, ...path)))
const text = (value) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))

/** A dense network as TF.js layers and as a graph model, weights beside it. */
function tfjsSeeds() {
  const weights = [
    { name: 'd/kernel', shape: [4, 3], dtype: 'float32' },
    { name: 'd/bias', shape: [3], dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.1, min: -1 } },
  ]
  const beside = { 'w.bin': new Uint8Array(4 * 12 + 3) }
  const weightsManifest = [{ paths: ['w.bin'], weights }]
  const layer = {
    class_name: 'Dense',
    config: { name: 'd', units: 3, activation: 'relu', use_bias: true, batch_input_shape: [null, 4] },
  }
  const layers = {
    modelTopology: { class_name: 'Sequential', config: { name: 's', layers: [layer] } },
    weightsManifest,
  }
  const dim = (...sizes) => ({ shape: { dim: sizes.map((size) => ({ size: String(size) })) } })
  const node = [
    { name: 'x', op: 'Placeholder', attr: { dtype: { type: 'DT_FLOAT' }, shape: dim(-1, 4) } },
    { name: 'd/kernel', op: 'Const' },
    { name: 'd/bias', op: 'Const' },
    { name: 'm', op: 'MatMul', input: ['x', 'd/kernel'], attr: {} },
    { name: 'y', op: 'BiasAdd', input: ['m', 'd/bias'], attr: {} },
  ]
  const graph = { format: 'graph-model', modelTopology: { node }, weightsManifest }
  return [layers, graph].map((model) => ({
    kind: 'TF.js',
    role: 'model',
    name: 'model.json',
    bytes: text(model),
    beside,
    isText: true,
  }))
}

/** What lies inside the archives, damaged before it is packed: then the checksums fit, and the readers behind them see it. */
function innerSeeds(folder, pattern) {
  return readdirSync(join(root, folder))
    .filter((name) => pattern.test(name))
    .sort()
    .flatMap((name) => {
      const parts = unzipSync(bytesOf(folder, name))
      return Object.keys(parts).map((part) => ({
        kind: `inside ${pattern.source.includes('npz') ? '.npz' : '.keras'}`,
        role: pattern.source.includes('npz') ? 'data' : 'model',
        name,
        bytes: parts[part],
        pack: (bytes) => zipSync({ ...parts, [part]: bytes }, { level: 1 }),
        beside: {},
        isText: part.endsWith('.json'),
      }))
    })
}

/** Four images of 6 x 5 in one file, their labels in another; both may be damaged. */
function idxSeeds() {
  const head = (type, ...dims) => [0, 0, type, dims.length, ...dims.flatMap((dim) => [0, 0, 0, dim])]
  const images = Uint8Array.from([...head(8, 4, 6, 5), ...Array.from({ length: 120 }, (_, i) => (i * 7) % 256)])
  const labels = Uint8Array.from([...head(8, 4), 0, 1, 2, 1])
  const names = { images: 'train-images-idx3-ubyte', labels: 'train-labels-idx1-ubyte' }
  const seed = (name, bytes, beside) => ({ kind: 'IDX', role: 'data', name, bytes, beside, isText: false })
  return [
    seed(names.images, images, { [names.labels]: labels }),
    seed(names.labels, labels, { [names.images]: images }),
  ]
}

/** Three images of CIFAR-10 (one label) and of CIFAR-100 (two). */
function cifarSeeds() {
  const rows = (labels) =>
    Uint8Array.from({ length: 3 * (labels + 3072) }, (_, i) => (i % (labels + 3072) < labels ? i % 10 : (i * 11) % 256))
  const seed = (name, labels) => ({
    kind: 'CIFAR',
    role: 'data',
    name,
    bytes: rows(labels),
    beside: {},
    isText: false,
  })
  return [seed('data_batch_1.bin', 1), seed('train.bin', 2)]
}

function seeds() {
  const some = (folder, pattern) =>
    readdirSync(join(root, folder))
      .filter((name) => pattern.test(name))
      .sort()
  const files = (kind, role, folder, pattern, isText = false) =>
    some(folder, pattern).map((name) => ({ kind, role, name, bytes: bytesOf(folder, name), beside: {}, isText }))
  return [
    ...files('ONNX', 'model', 'test/models', /17\.onnx$/),
    ...files('Keras .h5', 'model', 'test/models/keras', /\.h5$/),
    ...files('newer .h5', 'model', 'test/models/keras/layouts', /\.latest\.h5$/),
    ...files('Keras .keras', 'model', 'test/models/keras', /\.keras$/),
    ...innerSeeds('test/models/keras', /\.keras$/),
    ...tfjsSeeds(),
    ...tfjsSeeds(),
    ...files('npz', 'data', 'test/engine/data/fixtures', /^pictures\.npz$/),
    ...innerSeeds('test/engine/data/fixtures', /^pictures\.npz$/),
    ...idxSeeds(),
    ...cifarSeeds(),
    ...files('picture', 'data', 'test/engine/data/fixtures', /\.(png|jpg)$/).map((each) => ({
      ...each,
      name: `train/a/${each.name}`,
    })),
    {
      kind: 'JSONL',
      role: 'data',
      name: 'train.jsonl',
      bytes: text('{"text":"a b c","label":1}\n{"text":"d","label":0}\n'),
      beside: {},
      isText: true,
    },
    {
      kind: 'CSV',
      role: 'data',
      name: 'train.csv',
      bytes: text('a,b,label\n1,2,0\n3,4,1\n'),
      beside: {},
      isText: true,
    },
    {
      kind: 'tokenizer',
      role: 'data',
      name: 'tokenizer.json',
      bytes: bytesOf('test/engine/data/fixtures/text/wordpiece.json'),
      beside: { 'train.jsonl': text('{"text":"a film","label":1}\n') },
      isText: true,
    },
  ]
}

const { outDir, formats, data } = await bundle()
let worker
const start = async () => {
  worker = fork(join(root, 'scripts/fuzz/worker.mjs'), [formats, data], { serialization: 'advanced' })
  await new Promise((resolve) => worker.once('message', resolve))
}

const ask = ({ pack, ...file }) =>
  new Promise((resolve) => {
    const timer = setTimeout(() => finish({ code: 'HANG', ms: limits.hangMs, peak: 0 }), limits.hangMs)
    const ended = () => finish({ code: 'DIED', ms: 0, peak: 0 })
    const finish = (answer) => {
      clearTimeout(timer)
      worker.off('message', finish)
      worker.off('exit', ended)
      resolve(answer)
    }
    worker.on('message', finish)
    worker.on('exit', ended)
    worker.send(pack ? { ...file, bytes: pack(file.bytes) } : file)
  })

try {
  await start()
  const all = seeds().filter(({ kind }) => values.kind === undefined || kind === values.kind)
  if (all.length === 0) throw new Error(`There are no files of the kind "${values.kind}".`)
  const kinds = [...new Set(all.map(({ kind }) => kind))]
  // Every good file once: what the readers themselves need is no fault of a damaged file.
  const warmUp = async () => {
    let peak = 0
    for (const seed of all) {
      const answer = await ask(seed)
      if (answer.code !== 'read')
        throw new Error(`The good file ${seed.name} is not read: ${answer.code} ${answer.message}`)
      peak = answer.peak
    }
    return peak
  }
  let peak = await warmUp()
  const random = randomOf(Number(values.seed))
  const table = new Map(kinds.map((kind) => [kind, { files: 0, refused: 0, read: 0, slowest: 0, largest: 0 }]))
  let failures = 0
  for (let i = 0; i < wanted; i++) {
    const kind = kinds[i % kinds.length]
    const ofKind = all.filter((seed) => seed.kind === kind)
    const seed = ofKind[random(ofKind.length)]
    const answer = await ask({ ...seed, bytes: mutate(seed.bytes, seed.isText, random) })
    const grown = Math.max(0, answer.peak - peak)
    peak = Math.max(peak, answer.peak)
    const bad = ['CRASH', 'HANG', 'DIED'].includes(answer.code) || answer.ms > limits.ms || grown > limits.mb
    if (bad) {
      failures++
      process.stdout.write(
        `${i} ${seed.name}: ${answer.code} in ${Math.round(answer.ms)} ms, ${Math.round(grown)} MB more: ${answer.message ?? ''}\n${answer.stack ?? ''}\n`,
      )
    }
    const row = table.get(kind)
    row.files++
    row[answer.code === 'read' ? 'read' : 'refused']++
    row.slowest = Math.max(row.slowest, answer.ms)
    row.largest = Math.max(row.largest, grown)
    if (answer.code === 'HANG' || answer.code === 'DIED') {
      worker.kill('SIGKILL')
      await start()
      peak = await warmUp()
    }
  }
  for (const [kind, row] of table) {
    process.stdout.write(
      `${kind}: ${row.files} files, ${row.refused} refused, ${row.read} read, at most ${Math.round(row.slowest)} ms and ${Math.round(row.largest)} MB\n`,
    )
  }
  process.stdout.write(`${wanted} files, ${failures} failures (seed ${values.seed})\n`)
  process.exitCode = failures > 0 ? 1 : 0
} finally {
  worker?.kill()
  rmSync(outDir, { recursive: true, force: true })
}

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Batch, DataSource, SampleTable } from '../../../../src/engine/data/types'
import { readModel, writeModel } from '../../../../src/engine/formats'
import { int } from '../../../../src/engine/graph/graph'
import { architectures, findArchitecture } from '../../../../src/engine/reference-networks'
import { createSession } from '../../../../src/engine/runtime'
import { startBackend } from '../../../../src/main/engine/backend'
import { exportTargets, writeAndProve } from '../../../../src/main/engine/proof/export'
import { onnxRuntimeName, openOnnxRunner } from '../../../../src/main/engine/proof/onnx-runtime'
import { measureDeviation } from '../../../../src/main/engine/proof/parity'
import { noiseBatch } from '../../../../src/main/engine/proof/samples'
import { TestNetwork } from '../../../engine/support/network'

const folder = mkdtempSync(join(tmpdir(), 'espalier-parity-'))
beforeAll(() => startBackend())
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const options = { sampleShape: [1, 16, 16], classes: 10, seed: 3 }
const texts = { sampleShape: [16], vocabulary: 200 }
/** Those that read images. */
const names = architectures.filter(({ text }) => !text).map(({ name }) => name)
const build = (name: string, seed = 3) =>
  (architectures.find((each) => each.name === name) ?? architectures[0])?.build({ ...options, seed }) as never

/** Noise as a table, so that the labels are known exactly. */
function noiseData(graph: Parameters<typeof noiseBatch>[0], labels: Int32Array): DataSource {
  const { inputs } = noiseBatch(graph, labels.length)
  const [[name, whole]] = [...inputs] as [[string, { dims: readonly number[]; data: Float32Array }]]
  const width = whole.data.length / labels.length
  const read = (indices: Int32Array): Batch => ({
    count: indices.length,
    labels: indices.map((i) => labels[i] as number),
    inputs: new Map([
      [
        name,
        {
          dims: [indices.length, ...whole.dims.slice(1)],
          data: Float32Array.from([...indices].flatMap((i) => [...whole.data.subarray(i * width, (i + 1) * width)])),
        },
      ],
    ]),
  })
  const table: SampleTable = { count: labels.length, labels, read }
  return {
    kind: 'npz',
    sampleShape: whole.dims.slice(1),
    classes: [],
    mean: [],
    std: [],
    train: table,
    validation: null,
    test: table,
    hash: 'noise',
  }
}

describe('proof of an export', () => {
  it.each(names)('%s answers from its Keras file as in memory', async (name) => {
    const target = exportTargets(join(folder, 'keras', name), ['keras'])
    expect(target[0]?.path).toBe(join(folder, 'keras', name, 'model.keras'))
    const [file] = await writeAndProve({ graph: build(name), data: null, targets: target })
    expect(file).toMatchObject({ format: 'keras', passed: true, checkedBy: expect.stringContaining(onnxRuntimeName) })
  })

  it.each(['cnn', 'nested'])('sends the Keras network "%s" on as TF.js with its images as they were', async (name) => {
    const path = join(import.meta.dirname, `../../../models/keras/${name}.v3.keras`)
    const { graph } = await readModel({ name: 'model.keras', bytes: readFileSync(path) })
    const targets = exportTargets(join(folder, `from-${name}`), ['tfjs', 'onnx'])
    const [tfjs, onnx] = await writeAndProve({ graph, data: null, targets })
    expect([tfjs?.passed, onnx?.passed]).toEqual([true, true])
    const { signature } = JSON.parse(readFileSync(tfjs?.path as string, 'utf8'))
    const sizes = signature.inputs.image.tensorShape.dim.map(({ size }: { size: string }) => size)
    expect(sizes.at(-1)).toBe('3')
  })

  it.each(names)('%s answers in ONNX Runtime as in memory', async (name) => {
    const target = exportTargets(join(folder, name), ['onnx'])
    const [file] = await writeAndProve({ graph: build(name), data: null, targets: target })
    expect(file).toMatchObject({ format: 'onnx', passed: true, checkedBy: onnxRuntimeName, metric: null })
    expect(file?.maxRelError).toBeLessThan(1e-5)
    expect(readdirSync(join(folder, name))).toEqual(['model.onnx'])
  })

  it.each(names)('%s answers in the official TF.js loader as in memory', async (name) => {
    const target = exportTargets(join(folder, name), ['tfjs'])
    const [file] = await writeAndProve({ graph: build(name), data: null, targets: target })
    expect(file).toMatchObject({ format: 'tfjs', passed: true, checkedBy: expect.stringMatching(/^tfjs-converter \d/) })
    expect(file?.path).toBe(join(folder, name, 'model-tfjs', 'model.json'))
    const written = readdirSync(join(folder, name, 'model-tfjs'))
    expect(written).toContain('group1-shard1of1.bin')
    const sizes = written.map((each) => statSync(join(folder, name, 'model-tfjs', each)).size)
    expect(file?.bytes).toBe(sizes.reduce((sum, size) => sum + size, 0))
  })

  it('says of what is written for TensorFlow.js that it must take any number of samples', async () => {
    const network = new TestNetwork('picks', ['batch', 4])
    const [, places = ''] = network.node('TopK', ['x', network.sizes([2])], {}, 2)
    const graph = network.graph([network.one('GatherElements', ['x', places], { axis: int(1) })])
    const targets = exportTargets(join(folder, 'picks'), ['tfjs'])
    await expect(writeAndProve({ graph, data: null, targets })).rejects.toMatchObject({
      code: 'EXPORT_FAILED',
      message: expect.stringMatching(
        /^The network cannot be written for TensorFlow.js, .*GatherElements.*Export to ONNX instead.$/,
      ),
    })
  })

  it.each(names)('%s with other weights is told apart', async (name) => {
    const [file] = await writeModel(build(name, 4), 'onnx', 'model')
    const other = await openOnnxRunner(file?.bytes ?? new Uint8Array())
    const session = createSession(build(name), { fuse: true })
    const measured = await measureDeviation(session, other, [noiseBatch(build(name))])
    expect(measured.passed).toBe(false)
    session.dispose()
    await other.dispose()
  })

  const lower = (['fp16', 'int8'] as const).flatMap((precision) =>
    architectures.map(({ name, text }) => [precision, name, text] as const),
  )
  it.each(lower)('tells what %s does to the answers of %s', async (precision, name, text) => {
    const targets = exportTargets(join(folder, precision, name), ['onnx', 'tfjs'])
    const graph = text ? findArchitecture(name).build({ ...options, ...texts }) : build(name)
    const files = await writeAndProve({ graph, data: null, targets, precision })
    for (const file of files) {
      expect(file).toMatchObject({ precision, passed: true })
      // Rounding is told, not hidden.
      expect(file.maxRelError).toBeGreaterThan(1e-5)
    }
  })

  it('takes the task metric from the file, over the whole split', async () => {
    const graph = build('resnet-small')
    const session = createSession(graph, { fuse: true })
    const answers = (await session.run(noiseBatch(graph, 300).inputs)).get('output')?.data as Float32Array
    session.dispose()
    const named = Int32Array.from({ length: 300 }, (_, n) => {
      const row = [...answers.subarray(n * 10, n * 10 + 10)]
      return row.indexOf(Math.max(...row))
    })
    // A quarter of the labels is set to another class than the network names.
    const labels = named.map((label, n) => (n % 4 === 0 ? (label + 1) % 10 : label))
    const data = noiseData(graph, labels)
    const [file] = await writeAndProve({
      graph,
      data,
      targets: exportTargets(join(folder, 'metric'), ['onnx']),
      batch: 64,
    })
    expect(file?.metric).toBeCloseTo(75, 9)
  })

  it('refuses bytes that ONNX Runtime cannot load', async () => {
    await expect(openOnnxRunner(Uint8Array.of(1, 2, 3))).rejects.toMatchObject({ code: 'EXPORT_FAILED' })
  })

  it('stops when it is cancelled', async () => {
    const targets = exportTargets(join(folder, 'cancelled'), ['onnx'])
    const signal = AbortSignal.abort()
    await expect(writeAndProve({ graph: build('lenet'), data: null, targets, signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
  })
})

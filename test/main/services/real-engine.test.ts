/** The services over the real engine process: a small network from import to proven export, through every mishap. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decode } from 'fast-png'
import { zipSync } from 'fflate'
import { beforeAll, describe, expect, test } from 'vitest'
import { stream } from '../../../src/engine/data/rng'
import { writeModel } from '../../../src/engine/formats'
import { float32, toFloat32 } from '../../../src/engine/graph/tensor'
import { pack, unpack } from '../../../src/engine/pipeline/checkpoint/archive'
import { checkpointFolder } from '../../../src/main/engine/checkpoints'
import { npy, smallNetwork, trainedNetwork, writeData, writeNetwork } from '../cli/support/fixtures'
import { bundle } from '../support/bundle'
import { sharedFolder, temporaryFolder } from '../support/folders'
import { config } from '../support/values'
import { type Opened, open, over, until } from './support'

let entry: string
let trained: Uint8Array
let data: Buffer
beforeAll(async () => {
  entry = await bundle('src/main/engine/process.ts')
  const path = writeData(sharedFolder(), 'data.npz')
  data = readFileSync(path)
  const [file] = await writeModel(await trainedNetwork(path), 'onnx', 'model')
  trained = file?.bytes as Uint8Array
}, 120_000)

const settings = config({ strategy: 'result-oriented', refit: 'sequential', calibration: 256, batch: 32 })

async function library(services: Opened) {
  const folder = temporaryFolder()
  const [modelPath, dataPath] = [join(folder, 'small.onnx'), join(folder, 'data.npz')]
  writeFileSync(modelPath, trained)
  writeFileSync(dataPath, data)
  const project = services.projects.create({ name: 'P', goal: '' })
  const { model, view } = await services.models.import({ projectId: project.id, path: modelPath })
  const dataset = await services.datasets.import({ projectId: project.id, path: dataPath })
  const start = async (changes = {}) => {
    const [run] = await services.runs.start({
      projectId: project.id,
      modelId: model.id,
      datasetId: dataset.id,
      configs: [{ ...settings, ...changes }],
    })
    return run?.id as string
  }
  return { project, model, view, dataset, dataPath, start }
}

describe('what a screen asks for', () => {
  test('the model understood, the estimate, the strategies, the data and its pictures', async () => {
    const services = open(entry)
    const { model, view, dataset } = await library(services)
    expect(view.inspection).toMatchObject({ runnable: true, operators: { Conv: 3, Gemm: 2 } })
    expect(view.inspection.groups.some(({ prunable }) => prunable)).toBe(true)
    const [half] = await services.runs.estimate({ modelId: model.id, keepMacs: [0.5], roundTo: 1, protect: [] })
    expect(half?.macs).toBeLessThanOrEqual(0.5 * model.size.macs)
    expect((await services.runs.strategies()).map(({ name }) => name)).toContain('result-oriented')
    expect(dataset).toMatchObject({
      kind: 'npz',
      sampleShape: [1, 12, 12],
      splits: { train: 480, verification: 400, test: 200 },
    })
    expect(dataset.balance.reduce((sum, count) => sum + count, 0)).toBe(480)

    const pictures = await services.datasets.preview(dataset.id, 'test', 198, 10)
    expect(pictures.map(({ index }) => index)).toEqual([198, 199])
    const png = decode(Buffer.from(pictures[0]?.image?.split(',')[1] as string, 'base64'))
    expect(png).toMatchObject({ width: 12, height: 12, channels: 1 })
    // The bright quarter is where the label says.
    const label = pictures[0]?.label as number
    const bright = (quarter: number) => {
      let sum = 0
      for (let y = 0; y < 6; y++)
        for (let x = 0; x < 6; x++) sum += png.data[((quarter >> 1) * 6 + y) * 12 + (quarter & 1) * 6 + x] as number
      return sum
    }
    expect([0, 1, 2, 3].sort((a, b) => bright(b) - bright(a))[0]).toBe(label)

    expect(await services.datasets.check({ id: dataset.id, modelId: model.id })).toMatchObject({
      chance: 25,
      samples: 200,
      plausible: true,
    })
  })

  test('the doctor finds the backend that is always there', async () => {
    const services = open(entry)
    const { backends, dataFolder, versions } = await services.app.doctor()
    expect(backends.find(({ name }) => name === 'wasm')).toMatchObject({ available: true, chosen: true })
    expect(dataFolder).toBe(services.home)
    expect(versions.tfjs).toMatch(/^\d/)
  })
})

describe('a run', () => {
  test('killed in the middle and resumed gives the same bytes as one that was not', async () => {
    const services = open(entry)
    const { start } = await library(services)
    const whole = await until(services, await start(), over)
    expect(whole).toMatchObject({ status: 'done', error: null })

    const id = await start()
    await until(services, id, ({ progress }) => progress?.stage === 'apply' || progress?.stage === 'verify')
    process.kill(services.engine.pid() as number, 'SIGKILL')
    const killed = await until(services, id, over)
    expect(killed).toMatchObject({ status: 'interrupted', error: { code: 'ENGINE_CRASHED' } })
    // What it kept is what the whole run decided.
    const { steps } = services.runs.trace(whole.id)
    const reached = await services.runs.reached(id)
    expect(reached.decision).toMatchObject({
      removed: steps.length,
      size: { macs: steps.at(-1)?.macs, params: steps.at(-1)?.params },
    })
    expect(reached.steps).toBeGreaterThan(0)
    expect(reached.bytes).toBeGreaterThan(0)
    expect(Date.parse(reached.keptAt as string)).toBeLessThanOrEqual(Date.now())
    expect(reached).toMatchObject({ epochs: 0, lost: null, recovered: false, trials: [] })
    services.runs.resume(id)
    const resumed = await until(services, id, ({ status }) => status === 'done' || status === 'failed')

    const hash = (run: typeof whole) => services.models.get(run.resultModelId as string).hash
    expect(hash(resumed)).toBe(hash(whole))
    expect(resumed.result?.kept).toEqual(whole.result?.kept)
    expect(resumed.result?.result).toEqual(whole.result?.result)
  })

  test('called off while it is fine-tuned, says what the last epoch lost and how many are kept', async () => {
    const services = open(entry)
    const { start } = await library(services)
    const finetune = { epochs: 50, samples: 128, learningRate: 1e-4, distill: true }
    // Many small steps: two epochs without gain end the training, and it has to be called off before.
    const batch = 4
    const id = await start({ strategy: 'l2', refit: 'none', finetune, batch })
    // An epoch is kept before the next one's steps are told.
    const second = ({ progress }: { progress: { detailSaid?: { values: object } | undefined } | null }) =>
      Number((progress?.detailSaid?.values as { step?: number } | undefined)?.step ?? 0) > finetune.samples / batch
    await until(services, id, (run) => second(run) || over(run))
    services.runs.cancel(id)
    const ended = await until(services, id, over)
    expect(ended.status).toBe('cancelled')
    const reached = await services.runs.reached(id)
    expect(reached).toMatchObject({ pruned: true, kl: expect.any(Number), recovered: false })
    expect(reached.decision?.removed).toBeGreaterThan(0)
    expect(reached.epochs).toBeGreaterThan(0)
    expect(reached.lost).toEqual({ drop: expect.any(Number), kl: expect.any(Number) })
    expect(reached.stale).toBe(0)

    // As an update in between would have it: what resuming would not take is not promised.
    const kept = checkpointFolder(join(services.home, 'runs', id), () => {})
    const step = unpack<{ fingerprint: string; value: null }>((await kept.load('finetune')) as Uint8Array)
    const fingerprint = step.fingerprint.replace(/"computation":\d+/, '"computation":1')
    await kept.save('finetune', pack({ ...step, fingerprint }))
    expect(await services.runs.reached(id)).toMatchObject({ epochs: 0, pruned: true, stale: 1 })
  })

  test('leaves a smaller network, its trace, and an export that ONNX Runtime confirms', async () => {
    const services = open(entry)
    const { model, dataset, start, project } = await library(services)
    const run = await until(services, await start(), over)
    expect(run.error).toBeNull()
    expect(run.result?.model.after.macs).toBeLessThanOrEqual(0.5 * model.size.macs)
    expect(services.models.get(run.resultModelId as string)).toMatchObject({
      parentId: model.id,
      size: run.result?.model.after,
    })
    const trace = services.runs.trace(run.id)
    expect(trace.steps.length).toBeGreaterThan(0)
    expect(trace.groups.map(({ group, kept }) => [group, kept])).toEqual(Object.entries(run.result?.kept ?? {}))
    const removed = trace.steps[0] as (typeof trace.steps)[number]
    const maps = await services.runs.featureMaps(run.id, { group: removed.group, split: 'test', index: 7 })
    expect(maps.kept).toEqual(trace.groups.find(({ group }) => group === removed.group)?.kept)
    expect(maps.removed.map(({ unit }) => unit)).toContain(removed.unit)
    expect(Buffer.from(maps.maps, 'base64').length).toBe(4 * maps.units * maps.height * maps.width)
    expect(Buffer.from(maps.predicted, 'base64').length).toBe(4 * maps.removed.length * maps.height * maps.width)
    await expect(
      services.runs.featureMaps(run.id, { group: removed.group, split: 'test', index: 1e6 }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(run.environment).toMatchObject({ modelHash: model.hash, dataHash: dataset.hash, backend: 'wasm' })

    const [timed] = await services.latency.measure({ ids: [run.id] })
    expect(timed?.latency).toMatchObject({ runtime: expect.stringContaining('onnxruntime'), batch: 1 })
    expect(timed?.latency?.after.median).toBeGreaterThan(0)
    expect(timed?.latency?.before?.median).toBeGreaterThan(0)

    const modelId = run.resultModelId as string
    const [proof] = await services.exports.create({
      modelId,
      datasetId: dataset.id,
      formats: ['onnx'],
      precision: 'fp32',
    })
    expect(proof).toMatchObject({ passed: true, checkedBy: expect.stringContaining('onnxruntime') })
    expect(proof?.maxRelError).toBeLessThan(1e-4)
    expect(proof?.metric).toBeCloseTo(run.result?.result.afterRecovery as number, 1)

    const runtimes = proof?.latency ?? []
    expect(runtimes.map(({ runtime }) => runtime.split(/[ ,]/)[0])).toEqual(['onnxruntime-node', 'Espalier'])
    for (const { before, after, rounds, batch } of runtimes) {
      expect(batch).toBe(1)
      expect(rounds).toBeGreaterThanOrEqual(7)
      for (const side of [before, after]) {
        expect(side?.median).toBeGreaterThan(0)
        expect(side?.low).toBeLessThanOrEqual(side?.median as number)
        expect(side?.high).toBeGreaterThanOrEqual(side?.median as number)
      }
    }
    const kit = await services.exports.kit(proof?.id as string)
    expect(kit.map(({ name }) => name)).toEqual(['run.py', 'run.mjs', 'proof.json', 'recipe.sh', 'recipe.json'])
    expect(kit.find(({ name }) => name === 'recipe.sh')?.content).toContain('--keep-macs 0.5')

    const { original, perClass, samples, classes, confusion } = await services.comparisons.disagreements({
      runIds: [run.id],
      limit: 10,
    })
    expect([original.length, perClass[0]?.accuracy.length, classes.length]).toEqual([4, 4, 4])
    const shareRight = (counts: number[][] = []) =>
      (100 * counts.reduce((sum, row, at) => sum + (row[at] ?? 0), 0)) /
      counts.flat().reduce((sum, count) => sum + count, 0)
    expect(shareRight(confusion.runs[0]?.counts)).toBeCloseTo(run.result?.result.afterRecovery as number, 6)
    expect(shareRight(confusion.original)).toBeCloseTo(run.result?.result.before as number, 6)
    for (const { original: before, predictions } of samples) expect(predictions[0]?.label).not.toBe(before)
    const html = services.comparisons.report({
      projectId: project.id,
      runIds: [run.id],
      baselineRunId: null,
      format: 'html',
    })
    expect(html.content).toContain(run.name)
  })

  test('that answers with numbers is laid beside its original where they are furthest apart', async () => {
    const services = open(entry)
    const { project, model } = await library(services)
    const values = (count: number, size: number) => {
      const random = stream(count, 'numbers')
      return new Uint8Array(Float32Array.from({ length: count * size }, () => random.normal()).buffer)
    }
    const path = join(temporaryFolder(), 'numbers.npz')
    const split = (name: string, count: number) => ({
      [`x_${name}.npy`]: npy('<f4', [count, 1, 12, 12], values(count, 144)),
      [`y_${name}.npy`]: npy('<f4', [count, 4], values(count, 4)),
    })
    writeFileSync(path, zipSync({ ...split('train', 200), ...split('test', 40) }))
    const dataset = await services.datasets.import({ projectId: project.id, path })
    const configs = [0.6, 0.3].map((value) => config({ strategy: 'l2', goal: { kind: 'keep-macs', value }, batch: 32 }))
    const runs = await services.runs.start({ projectId: project.id, modelId: model.id, datasetId: dataset.id, configs })
    for (const { id } of runs) expect(await until(services, id, over)).toMatchObject({ status: 'done' })
    const runIds = runs.map(({ id }) => id)
    const answer = await services.comparisons.disagreements({ runIds, limit: 6 })
    expect(answer).toMatchObject({ samples: [], perClass: runIds.map((runId) => ({ runId, accuracy: [] })) })
    const { differences } = answer
    expect(differences).toMatchObject({ metric: 'rmse', says: 'numbers', height: null, values: 4 })
    expect(differences?.samples.length).toBeLessThanOrEqual(6)
    for (const { target, answers, scores, apart } of differences?.samples ?? []) {
      const between = (a: number[] = [], b: number[] = []) =>
        Math.sqrt(a.reduce((sum, value, k) => sum + (value - (b[k] as number)) ** 2, 0) / a.length)
      const [original, first, second] = answers.map(({ list }) => list)
      expect(apart).toHaveLength(3)
      expect(apart[0]).toBeCloseTo(between(original, first), 4)
      expect(apart[2]).toBeCloseTo(between(first, second), 4)
      expect(scores[1]).toBeCloseTo(between(first, target?.list), 4)
    }
  })

  test('does not hold up what a screen asks for', async () => {
    const services = open(entry)
    const { start, dataset } = await library(services)
    const id = await start({ finetune: { epochs: 50, samples: 0, learningRate: 0.01, distill: false } })
    await until(services, id, ({ progress }) => progress !== null)
    await services.datasets.preview(dataset.id, 'train', 0, 4)
    expect(services.runs.get(id).status).toBe('running')
    services.runs.cancel(id)
    expect(await until(services, id, over)).toMatchObject({ status: 'cancelled' })
  })
})

describe('a mishap is a sentence, and nothing is lost', () => {
  const importing = async (bytes: Uint8Array, name: string) => {
    const services = open(entry)
    const project = services.projects.create({ name: 'P', goal: '' })
    const path = join(temporaryFolder(), name)
    writeFileSync(path, bytes)
    return { services, project, path }
  }

  test('a file that is no network', async () => {
    const { services, project, path } = await importing(new TextEncoder().encode('hello'), 'net.onnx')
    await expect(services.models.import({ projectId: project.id, path })).rejects.toMatchObject({
      code: expect.stringMatching(/FORMAT_UNKNOWN|MODEL_INVALID|FILE_TRUNCATED|FILE_UNREADABLE/),
      message: expect.stringMatching(/\.$/),
    })
    expect(services.models.list(project.id)).toEqual([])
  })

  test('a network that was cut off', async () => {
    const { services, project, path } = await importing(trained.subarray(0, trained.length - 100), 'net.onnx')
    await expect(services.models.import({ projectId: project.id, path })).rejects.toMatchObject({
      code: expect.stringMatching(/FILE_TRUNCATED|MODEL_INVALID/),
    })
  })

  test('data that was cut off', async () => {
    const { services, project, path } = await importing(data.subarray(0, data.length / 2), 'data.npz')
    await expect(services.datasets.import({ projectId: project.id, path })).rejects.toMatchObject({
      code: expect.stringMatching(/FILE_TRUNCATED|DATA_INVALID/),
    })
    expect(services.datasets.list(project.id)).toEqual([])
  })

  test('data that changed since it was imported', async () => {
    const services = open(entry)
    const { start, dataPath } = await library(services)
    writeData(join(dataPath, '..'), 'data.npz', { train: 400 })
    expect(await until(services, await start(), over)).toMatchObject({
      status: 'failed',
      error: { code: 'CONFLICT', message: expect.stringContaining('changed') },
    })
  })

  test('data that was moved away', async () => {
    const services = open(entry)
    const { start, dataset } = await library(services)
    services.store.database.prepare("UPDATE datasets SET path = '/nowhere/data.npz' WHERE id = ?").run(dataset.id)
    expect(await until(services, await start(), over)).toMatchObject({
      status: 'failed',
      error: { code: 'FILE_NOT_FOUND' },
    })
  })

  test('a stored model that the disk has damaged', async () => {
    const services = open(entry)
    const { start, model } = await library(services)
    const [file] = services.models.filesOf(model.id)
    const bytes = Buffer.from(trained)
    bytes[bytes.length - 50] = (bytes[bytes.length - 50] as number) ^ 255
    writeFileSync(file?.path as string, bytes)
    expect(await until(services, await start(), over)).toMatchObject({
      status: 'failed',
      error: { code: 'STORE_CORRUPT' },
    })
  })

  test('weights that are not numbers', async () => {
    const graph = smallNetwork()
    const [name, weights] = [...graph.constants].find(([, { dims }]) => dims.length === 4) ?? []
    if (name === undefined || weights === undefined) throw new Error('The network has no convolution.')
    const values = Float32Array.from(toFloat32(weights), (value, i) => (i === 3 ? Number.NaN : value))
    const broken = float32(weights.dims, values)
    const path = await writeNetwork(
      temporaryFolder(),
      'nan.onnx',
      graph.with({ constants: new Map(graph.constants).set(name, broken) }),
    )
    const services = open(entry)
    const { project, dataset } = await library(services)
    const outcome = services.models.import({ projectId: project.id, path }).then(async ({ model }) => {
      const [run] = await services.runs.start({
        projectId: project.id,
        modelId: model.id,
        datasetId: dataset.id,
        configs: [settings],
      })
      const { status, error } = await until(services, run?.id as string, over)
      expect(status).toBe('failed')
      throw error
    })
    await expect(outcome).rejects.toMatchObject({
      code: 'MODEL_NON_FINITE',
      message: expect.stringMatching(/NaN|not finite|not a number/i),
    })
  })

  test('labels the network does not know', async () => {
    const services = open(entry)
    const { project, dataset } = await library(services)
    const net = smallNetwork()
    const path = await writeNetwork(temporaryFolder(), 'two.onnx', twoClasses(net))
    const { model } = await services.models.import({ projectId: project.id, path })
    const [run] = await services.runs.start({
      projectId: project.id,
      modelId: model.id,
      datasetId: dataset.id,
      configs: [settings],
    })
    expect(await until(services, run?.id as string, over)).toMatchObject({
      status: 'failed',
      error: { code: 'DATA_LABELS_OUT_OF_RANGE', message: expect.stringContaining('2 classes') },
    })
  })
})

/** The small network with its last layer cut to two classes. */
function twoClasses(graph: ReturnType<typeof smallNetwork>) {
  const last = graph.nodes.at(-1)
  const constants = new Map(graph.constants)
  for (const name of last?.inputs ?? []) {
    const value = constants.get(name)
    if (!value) continue
    const axis = value.dims.indexOf(4)
    const [rows, columns] = value.dims.length === 1 ? [1, 4] : (value.dims as [number, number])
    const kept = value.dims.length === 1 || axis === 1 ? [rows, 2] : [2, columns]
    const numbers = Float32Array.from({ length: (kept[0] as number) * (kept[1] as number) }, (_, i) => {
      const [row, column] = [Math.floor(i / (kept[1] as number)), i % (kept[1] as number)]
      return (value.data as Float32Array)[row * columns + column] as number
    })
    constants.set(name, float32(value.dims.length === 1 ? [2] : kept, numbers))
  }
  const outputs = graph.outputs.map((output) => ({ ...output, shape: [...(output.shape ?? []).slice(0, -1), 2] }))
  return graph.with({ constants, outputs, values: new Map() })
}

/** Training on worker threads: the numbers of one thread to rounding, whoever dies on the way. */
import { beforeAll, describe, expect, it } from 'vitest'
import { type Graph, type GraphNode, int } from '../../../src/engine/graph/graph'
import { sizeOf, toFloat32 } from '../../../src/engine/graph/tensor'
import {
  createDataParallelTrainer,
  createTrainer,
  type Feed,
  initBackend,
  isIndependent,
  type Loss,
  memoryUse,
  type SharedTrainer,
  type Target,
  type Trainer,
  type TrainerOptions,
  type WorkerPool,
} from '../../../src/engine/runtime'
import { numbers } from '../../engine/runtime/support/op-cases'
import { classes, residual } from './support/residual'
import { endingAt, workerPools } from './support/workers'

const pool = workerPools()
/** No multiple of the number of shards. */
const samples = 13

const feedOf = (step: number, count = samples): Feed =>
  new Map([['', { dims: [count, 2, 8, 8], data: numbers(100 + step, count * 128) }]])

const labelsOf = (step: number, count = samples): Int32Array =>
  Int32Array.from({ length: count }, (_, i) => (3 * i + step) % classes)

const options: TrainerOptions = {
  learningRate: 0.05,
  momentum: 0.9,
  weightDecay: 5e-3,
  batchNorm: 'train',
  loss: { kind: 'cross-entropy' },
}

interface Trained {
  readonly losses: readonly (number | null)[]
  readonly graph: Graph
}

async function trained(
  trainer: Trainer | SharedTrainer,
  target: (step: number) => Target | null,
  steps = 4,
): Promise<Trained> {
  const losses: (number | null)[] = []
  try {
    for (let step = 0; step < steps; step++) {
      losses.push(await trainer.step(feedOf(step), target(step), { readLoss: true }))
    }
    return { losses, graph: trainer.toGraph() }
  } finally {
    trainer.dispose()
  }
}

const shared = (workers: WorkerPool, more: Partial<TrainerOptions> = {}): SharedTrainer =>
  createDataParallelTrainer(residual(), { ...options, ...more }, workers)

function expectSame(got: Trained, alone: Trained): void {
  got.losses.forEach((loss, step) => {
    expect(loss).toBeCloseTo(alone.losses[step] as number, 4)
  })
  for (const [name, constant] of alone.graph.constants) {
    const numbers = toFloat32(got.graph.constants.get(name) as typeof constant)
    expect(numbers.length).toBe(sizeOf(constant.dims))
    toFloat32(constant).forEach((value, i) => {
      expect(Math.abs((numbers[i] as number) - value), `${name} ${i}`).toBeLessThan(1e-4 * Math.max(1, Math.abs(value)))
    })
  }
}

const bytesOf = ({ graph }: Trained) => [...graph.constants].map(([name, { data }]) => [name, data.slice()])

beforeAll(async () => {
  await initBackend({ backend: 'wasm' })
})

describe('training on all cores', () => {
  const losses: [string, Partial<TrainerOptions>, (step: number) => Target | null][] = [
    ['labels', {}, labelsOf],
    [
      'labels of which some ask for nothing',
      {},
      (step) => labelsOf(step).map((label, i) => (i % 4 === 0 ? -1 : label)),
    ],
    ['a teacher', { loss: { kind: 'distillation', temperature: 2 } satisfies Loss, teacher: residual(7) }, () => null],
    [
      'numbers',
      { loss: { kind: 'mse' } satisfies Loss },
      (step) => ({ dims: [samples, classes], data: numbers(40 + step, samples * classes) }),
    ],
    ['BatchNorm on running statistics', { batchNorm: 'frozen' }, labelsOf],
    ['Adam', { optimizer: 'adam', learningRate: 1e-3 }, labelsOf],
  ]

  it.each(losses)('takes the steps of one thread: %s', async (_, more, target) => {
    const alone = await trained(createTrainer(residual(), { ...options, ...more }), target)
    const before = memoryUse()
    expectSame(await trained(shared(pool(2), more), target), alone)
    expect(memoryUse()).toEqual(before)
  })

  it('gives the same bytes again, and goes on from a checkpoint to them', async () => {
    const threads = pool(3)
    const whole = await trained(shared(threads), labelsOf)
    expect(bytesOf(await trained(shared(threads), labelsOf))).toEqual(bytesOf(whole))
    const first = shared(threads)
    for (let step = 0; step < 2; step++) await first.step(feedOf(step), labelsOf(step))
    const state = first.exportState()
    first.dispose()
    const second = shared(threads)
    second.importState(state)
    for (let step = 2; step < 4; step++) await second.step(feedOf(step), labelsOf(step))
    const resumed = { losses: [], graph: second.toGraph() }
    second.dispose()
    expect(bytesOf(resumed)).toEqual(bytesOf(whole))
  })

  it('runs a step again whose workers ended, to the same bytes', async () => {
    const whole = await trained(shared(pool(2)), labelsOf)
    const threads = pool(2)
    const dying = endingAt(threads, (run) => run === 4)
    expect(bytesOf(await trained(shared(dying), labelsOf))).toEqual(bytesOf(whole))
    expect(threads.generation(0) + threads.generation(1)).toBeGreaterThan(0)
  })

  it('wakes the shards that wait for one which failed, and says why it did', async () => {
    const trainer = shared(pool(2))
    // Only the second shard has the label that is wrong; the first one waits for it in its BatchNorm.
    const wrong = labelsOf(0).fill(9, samples - 1)
    await expect(trainer.step(feedOf(0), wrong)).rejects.toMatchObject({ code: 'DATA_LABELS_OUT_OF_RANGE' })
    expect(await trainer.step(feedOf(0), labelsOf(0), { readLoss: true })).toBeGreaterThan(0)
    trainer.dispose()
  })

  it('gives up a step that ends its workers every time, with a code', async () => {
    const trainer = shared(endingAt(pool(2), () => true))
    await expect(trainer.step(feedOf(0), labelsOf(0))).rejects.toMatchObject({ code: 'ENGINE_CRASHED' })
    trainer.dispose()
  })

  it('takes as few shards as a small batch is worth', async () => {
    const one = shared(pool(2))
    const alone = createTrainer(residual(), options)
    const got = await one.step(feedOf(0, 5), labelsOf(0, 5), { readLoss: true })
    expect(got).toBe(alone.step(feedOf(0, 5), labelsOf(0, 5), { readLoss: true }))
    one.dispose()
    alone.dispose()
  })

  it('knows networks whose samples see one another', async () => {
    expect(await isIndependent(residual(), feedOf(0))).toBe(true)
    const { nodes } = residual()
    const last = nodes.at(-1) as GraphNode
    const overSamples: GraphNode = {
      name: 'over samples',
      op: 'Softmax',
      domain: '',
      inputs: ['before'],
      outputs: last.outputs,
      attributes: new Map([['axis', int(0)]]),
    }
    const mixing = residual().with({ nodes: [...nodes.slice(0, -1), { ...last, outputs: ['before'] }, overSamples] })
    expect(await isIndependent(mixing, feedOf(0))).toBe(false)
  })
})

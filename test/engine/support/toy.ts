/** An easy task in memory, and a small network trained on it: blobs of four shapes in noise, 8 x 8, one channel. */
import type { Progress, RunConfig } from '../../../src/contract/run'
import { runConfigSchema } from '../../../src/contract/run'
import { inEnglish } from '../../../src/contract/sentences'
import { stream } from '../../../src/engine/data/rng'
import type { DataSource, SampleTable } from '../../../src/engine/data/types'
import type { Graph } from '../../../src/engine/graph/graph'
import type { CheckpointStore, PipelineHooks } from '../../../src/engine/pipeline/types'
import { createTrainer, initBackend } from '../../../src/engine/runtime'
import { TestNetwork } from './network'

const side = 8
const classes = 4
const shapes = [
  (y: number) => Math.abs(y - 3.5) < 1,
  (_: number, x: number) => Math.abs(x - 3.5) < 1,
  (y: number, x: number) => Math.abs(y - x) < 1.5,
  (y: number, x: number) => Math.hypot(y - 3.5, x - 3.5) < 2,
] as const

/** A table of samples; `labelled` false leaves the labels out. */
export function toyTable(seed: string, count: number, labelled = true): SampleTable {
  const random = stream(0, seed)
  const images = new Float32Array(count * side * side)
  const labels = new Int32Array(count)
  for (let n = 0; n < count; n++) {
    const label = random.integer(classes)
    labels[n] = label
    const gain = 0.6 + 0.8 * random()
    for (let i = 0; i < side * side; i++) {
      const inside = shapes[label]?.(Math.floor(i / side), i % side) ? gain : 0
      images[n * side * side + i] = inside + 0.7 * random.normal()
    }
  }
  return {
    count,
    labels: labelled ? labels : null,
    read(indices) {
      const data = new Float32Array(indices.length * side * side)
      indices.forEach((row, i) => {
        data.set(images.subarray(row * side * side, (row + 1) * side * side), i * side * side)
      })
      return {
        count: indices.length,
        inputs: new Map([['', { dims: [indices.length, 1, side, side], data }]]),
        labels: labelled ? Int32Array.from(indices, (row) => labels[row] as number) : null,
      }
    },
  }
}

export function toyData(
  options: { labelled?: boolean; validation?: boolean; train?: number; test?: number } = {},
): DataSource {
  const { labelled = true, validation = false, train = 1200, test = 500 } = options
  return {
    kind: 'npz',
    sampleShape: [1, side, side],
    classes: ['row', 'column', 'diagonal', 'disc'],
    mean: [0],
    std: [1],
    train: toyTable('train', train, labelled),
    validation: validation ? toyTable('validation', 1000, labelled) : null,
    test: toyTable('test', test, labelled),
    hash: `toy ${labelled} ${validation} ${train} ${test}`,
  }
}

/** Conv-BN-ReLU twice with a residual, global pool, dense; trained for a few epochs. */
export async function toyNetwork(): Promise<Graph> {
  await initBackend()
  const net = new TestNetwork('toy', ['batch', 1, side, side])
  const a = net.one('Relu', [net.batchNorm(net.conv('x', 1, 12), 12)])
  const inner = net.one('Relu', [net.batchNorm(net.conv(a, 12, 10), 10)])
  const b = net.one('Relu', [net.one('Add', [net.batchNorm(net.conv(inner, 10, 12), 12), a])])
  const pooled = net.one('Flatten', [net.one('GlobalAveragePool', [b])])
  const graph = net.graph([net.dense(pooled, 12, classes)])
  const trainer = createTrainer(graph, {
    learningRate: 0.05,
    momentum: 0.9,
    weightDecay: 1e-4,
    batchNorm: 'train',
    loss: { kind: 'cross-entropy' },
  })
  const table = toyTable('train', 1200)
  const batch = 60
  const steps = 5 * (table.count / batch)
  for (let step = 0; step < steps; step++) {
    trainer.learningRate = 0.05 * (1 - step / steps)
    const start = (step * batch) % table.count
    const rows = table.read(Int32Array.from({ length: batch }, (_, i) => start + i))
    trainer.step(rows.inputs, rows.labels as Int32Array)
  }
  const trained = trainer.toGraph()
  trainer.dispose()
  return trained
}

export const toyConfig = (config: Partial<Omit<RunConfig, 'goal'>> & Pick<RunConfig, 'goal'>): RunConfig =>
  runConfigSchema.parse({ calibration: 256, batch: 64, ...config })

export interface MemoryStore extends CheckpointStore {
  readonly kept: Map<string, Uint8Array>
  /** Keys in the order they were saved. */
  readonly saves: string[]
  /** What was kept when the first `count` saves had been made: all that a process killed there leaves. */
  before(count: number): Map<string, Uint8Array>
}

/** Keeps steps in memory; after `most` saves it fails like a killed process. */
export function memoryStore(
  from: ReadonlyMap<string, Uint8Array> = new Map(),
  most = Number.POSITIVE_INFINITY,
): MemoryStore {
  const kept = new Map(from)
  const saves: string[] = []
  const written: [string, Uint8Array][] = []
  return {
    kept,
    saves,
    before: (count) => new Map([...from, ...written.slice(0, count)]),
    load: async (key) => kept.get(key)?.slice() ?? null,
    async save(key, bytes) {
      if (saves.length >= most) throw new Error('killed')
      saves.push(key)
      written.push([key, bytes.slice()])
      kept.set(key, bytes.slice())
    },
  }
}

export interface Watched extends PipelineHooks {
  readonly seen: Progress[]
  readonly logs: string[]
  readonly controller: AbortController
}

export function watched(
  checkpoints: CheckpointStore = memoryStore(),
  onProgress?: (hooks: Watched, progress: Progress) => void,
): Watched {
  const controller = new AbortController()
  const hooks: Watched = {
    seen: [],
    logs: [],
    controller,
    signal: controller.signal,
    checkpoints,
    log: (level, message) => void hooks.logs.push(`${level}: ${inEnglish(message)}`),
    progress(progress) {
      hooks.seen.push(progress)
      onProgress?.(hooks, progress)
    },
  }
  return hooks
}

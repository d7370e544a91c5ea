/** The samples on which networks answer most differently, and what each of them says there. */
import { pairsOf } from '../../contract/pairs'
import { detailOf, say } from '../../contract/sentences'
import { batchAt } from '../data/batches'
import { fitToNetwork } from '../data/source'
import type { Batch, DataSource, Selection } from '../data/types'
import {
  apart,
  describeTask,
  eachOutput,
  type Output,
  type Runner,
  requireAlike,
  type Said,
  ScoreMeter,
  saidOf,
  type Task,
} from '../evaluation'
import type { Graph } from '../graph/graph'
import { initBackend } from '../runtime'
import { wholeSplit } from './evaluate'
import { breathe } from './progress'
import { withRunners } from './run'
import type { EvaluateOptions, SplitName } from './types'

export interface DifferOptions {
  readonly split: SplitName
  /** So many samples at most. */
  readonly limit: number
  readonly backend?: EvaluateOptions['backend']
  readonly batch?: number
  /** Bytes of answers in memory at once, about; default 256 MiB. */
  readonly mostKept?: number
  readonly hooks?: EvaluateOptions['hooks']
}

export interface DifferentlyAnswered {
  /** Row of the split. */
  readonly row: number
  /** A network each, in their order. */
  readonly said: readonly ArrayLike<number>[]
  /** The loss of each on this sample, as the task's metric has it; null without a label. */
  readonly losses: readonly (number | null)[]
  /** Of every two networks as `pairsOf` lists them, as `apart` measures it. */
  readonly apart: readonly number[]
}

export interface Differing {
  readonly task: Task
  /** Extents of one answer: of the named classes, or of the numbers. */
  readonly shape: readonly number[]
  /** Percent a class of each network, NaN for a class that does not occur; empty where there is none. */
  readonly perClass: readonly (readonly number[])[]
  /** Those furthest apart first. */
  readonly samples: readonly DifferentlyAnswered[]
}

/** Whether a network names one class a sample and nothing else: then predictions say all there is. */
export function namesOneClass(graph: Graph, source: DataSource): boolean {
  const { kind, metric } = describeTask(graph, fitToNetwork(source, graph))
  const shape = graph.outputs[0] ? graph.info(graph.outputs[0].name)?.shape : undefined
  return kind !== 'gaussian' && metric !== 'f1' && (shape ?? []).slice(2).every((extent) => extent === 1)
}

/** Fewer samples than this of two networks say nothing about them. */
const leastOfPair = 4

/** Rows on which some two are furthest apart: of every two their first ones, all together those furthest apart first. */
export function furthest(distances: readonly Float32Array[], limit: number): number[] {
  const ofPair = Math.max(leastOfPair, Math.floor(limit / Math.max(1, distances.length)))
  const most = new Map<number, number>()
  for (const of of distances) {
    const rows = Array.from(of.keys()).filter((row) => (of[row] as number) > 0)
    rows.sort((a, b) => (of[b] as number) - (of[a] as number) || a - b)
    for (const row of rows.slice(0, ofPair)) most.set(row, Math.max(most.get(row) ?? 0, of[row] as number))
  }
  return [...most]
    .sort(([a, far], [b, further]) => further - far || a - b)
    .slice(0, limit)
    .map(([row]) => row)
}

/** Extents of an answer without the samples, the classes left out where one of them is named. */
function shapeOf(task: Task, { dims }: Output): number[] {
  const own = dims.slice(1)
  if (task.kind === 'gaussian' || task.classAxis === 'none') return own
  return task.classAxis === 'last' ? own.slice(0, -1) : own.slice(1)
}

/** Bytes of answers that are laid beside each other at once; beyond, the split is gone through in parts. */
const mostKept = 2 ** 28

/** What one network answers to a selection, batch by batch. */
interface Heard {
  readonly output: Output
  readonly said: Said
  readonly labels: Batch['labels']
}

/**
 * Runs all networks over a split and keeps where they are furthest apart. One network at a time is in memory: where the
 * answers of all of them to the whole split would be too many, each is loaded once for every part of it.
 * @param loaders of at least two networks, which read the same data; called more than once
 * @throws DATA_TOO_FEW_SAMPLES, SHAPE_MISMATCH, MODEL_NON_FINITE, CANCELLED, and what a loader throws
 */
export async function differ(
  loaders: readonly (() => Promise<Graph>)[],
  source: DataSource,
  options: DifferOptions,
): Promise<Differing> {
  await initBackend({ backend: options.backend ?? 'auto' })
  const size = options.batch ?? 32
  const { data, task, example } = await groundOf(loaders[0] as () => Promise<Graph>, source, options.split, size)
  const whole = wholeSplit(data, options.split)
  const ofSample = saidOf(task, example).each * 4 * (loaders.length + 1)
  const atOnce = Math.max(1, Math.floor((options.mostKept ?? mostKept) / (ofSample * size))) * size

  /** Has every network answer a selection, one after the other; `visit` gets what each says of each batch. */
  const ask = async (
    selection: Selection,
    [from, to]: readonly [number, number],
    visit: (heard: Heard, network: number, batch: number) => void,
  ): Promise<void> => {
    for (const [network, load] of loaders.entries()) {
      let batch = 0
      await withRunners([await load()], ([run]) =>
        eachOutput(
          run as Runner,
          selection,
          {
            task,
            classes: data.classes.length,
            batch: size,
            async onBatch(done, total) {
              const share = (network + done / total) / loaders.length
              const doing = detailOf(say('doing.samples', { done, total }))
              options.hooks?.progress?.({ stage: 'evaluate', fraction: from + (to - from) * share, ...doing })
              await breathe(options.hooks?.signal)
            },
          },
          (output, labels) => {
            requireAlike({ ...example, dims: [output.dims[0] ?? 1, ...example.dims.slice(1)] }, output)
            visit({ output, said: saidOf(task, output), labels }, network, batch++)
          },
        ),
      )
    }
  }

  const count = whole.indices.length
  const pairs = [...pairsOf(loaders.length)]
  const distances = pairs.map(() => new Float32Array(count))
  const meters = loaders.map(() => new ScoreMeter(task, data.classes.length))
  for (let start = 0; start < count; start += atOnce) {
    const end = Math.min(count, start + atOnce)
    const part = { table: whole.table, indices: whole.indices.subarray(start, end) }
    const answers: Said[][] = loaders.map(() => [])
    const asked: Batch['labels'][] = []
    await ask(part, [(0.9 * start) / count, (0.9 * end) / count], ({ output, said, labels }, network, batch) => {
      meters[network]?.add(output, labels)
      answers[network]?.push(said)
      asked[batch] = labels
    })
    let at = start
    for (const [batch, labels] of asked.entries()) {
      const said = answers.map((own) => own[batch] as Said)
      const samples = said[0]?.samples ?? 0
      pairs.forEach(([a, b], pair) => {
        const of = distances[pair] as Float32Array
        for (let n = 0; n < samples; n++) of[at + n] = apart(task, said[a] as Said, said[b] as Said, n, labels)
      })
      at += samples
    }
  }
  const rows = furthest(distances, options.limit)
  const samples = rows.map((row) => ({
    row: whole.indices[row] as number,
    said: [] as ArrayLike<number>[],
    losses: [] as (number | null)[],
    apart: distances.map((of) => of[row] as number),
  }))
  if (rows.length > 0) {
    const shown = { table: whole.table, indices: Int32Array.from(samples, ({ row }) => row) }
    await ask(shown, [0.9, 1], ({ output, said: { samples: heard, each, values }, labels }, _network, batch) => {
      const losses = new ScoreMeter(task, data.classes.length).add(output, labels)
      for (let n = 0; n < heard; n++) {
        const sample = samples[batch * size + n]
        sample?.said.push(values.slice(n * each, (n + 1) * each))
        sample?.losses.push(losses?.[n] ?? null)
      }
    })
  }
  return { task, shape: shapeOf(task, example), perClass: meters.map((meter) => meter.score().perClass), samples }
}

/** The data as the first network reads it, what its answers mean, and one of them; the network itself is let go. */
async function groundOf(load: () => Promise<Graph>, source: DataSource, split: SplitName, batch: number) {
  const graph = await load()
  const data = fitToNetwork(source, graph)
  const first = batchAt(wholeSplit(data, split), batch, 0)
  const task = describeTask(graph, data)
  const example = await withRunners([graph], ([run]) => (run as Runner)(first, 0))
  return { data, task, example }
}

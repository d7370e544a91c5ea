/** The samples on which networks answer most differently, and what each of them says there. */
import { pairsOf } from '../../contract/pairs'
import { detailOf, say } from '../../contract/sentences'
import { fitToNetwork } from '../data/source'
import type { DataSource, Selection } from '../data/types'
import {
  apart,
  describeTask,
  eachOutput,
  type Output,
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

/**
 * Runs all networks over a split together and keeps where they are furthest apart.
 * @param graphs at least two, which read the same data
 * @throws DATA_TOO_FEW_SAMPLES, SHAPE_MISMATCH, MODEL_NON_FINITE, CANCELLED
 */
export async function differ(graphs: readonly Graph[], source: DataSource, options: DifferOptions): Promise<Differing> {
  const first = graphs[0] as Graph
  const data = fitToNetwork(source, first)
  const whole = wholeSplit(data, options.split)
  await initBackend({ backend: options.backend ?? 'auto' })
  const task = describeTask(first, data)
  const pairs = [...pairsOf(graphs.length)]
  const distances = pairs.map(() => new Float32Array(whole.indices.length))
  const meters = graphs.map(() => new ScoreMeter(task, data.classes.length))
  let shape: number[] = []
  return withRunners(graphs, async (runners) => {
    /** Every network's answers to the samples of a selection, with where the batch begins. */
    const eachAnswer = async (
      selection: Selection,
      from: number,
      to: number,
      visit: (said: Said[], outputs: Output[], labels: Int32Array | Float32Array | null, at: number) => void,
    ): Promise<void> => {
      let at = 0
      await eachOutput(
        async (batch, index) => {
          const outputs: Output[] = []
          for (const run of runners) outputs.push(await run(batch, index))
          return outputs
        },
        selection,
        {
          task,
          classes: data.classes.length,
          batch: options.batch ?? 32,
          async onBatch(done, total) {
            const doing = detailOf(say('doing.samples', { done, total }))
            options.hooks?.progress?.({ stage: 'evaluate', fraction: from + ((to - from) * done) / total, ...doing })
            await breathe(options.hooks?.signal)
          },
        },
        (outputs, labels) => {
          const said = outputs.map((output) => saidOf(task, output))
          visit(said, outputs, labels, at)
          at += said[0]?.samples ?? 0
        },
      )
    }
    await eachAnswer(whole, 0, 0.9, (said, outputs, labels, at) => {
      shape = shapeOf(task, outputs[0] as Output)
      for (const [i, output] of outputs.entries()) {
        requireAlike(outputs[0] as Output, output)
        meters[i]?.add(output, labels)
      }
      pairs.forEach(([a, b], pair) => {
        for (let n = 0; n < (said[0]?.samples ?? 0); n++) {
          ;(distances[pair] as Float32Array)[at + n] = apart(task, said[a] as Said, said[b] as Said, n, labels)
        }
      })
    })
    const rows = furthest(distances, options.limit)
    const samples: DifferentlyAnswered[] = []
    const shown = { table: whole.table, indices: Int32Array.from(rows, (row) => whole.indices[row] as number) }
    if (rows.length > 0) {
      await eachAnswer(shown, 0.9, 1, (said, outputs, labels, at) => {
        const losses = outputs.map((output) => new ScoreMeter(task, data.classes.length).add(output, labels))
        for (let n = 0; n < (said[0]?.samples ?? 0); n++) {
          const row = rows[at + n] as number
          samples.push({
            row: whole.indices[row] as number,
            said: said.map(({ values, each }) => values.slice(n * each, (n + 1) * each)),
            losses: losses.map((own) => own?.[n] ?? null),
            apart: distances.map((of) => of[row] as number),
          })
        }
      })
    }
    return { task, shape, perClass: meters.map((meter) => meter.score().perClass), samples }
  })
}

/** Step 4's closed-form recovery: every linear operator is fitted, in order, to the original feature maps. */
import { EspalierError } from '../../contract/errors'
import type { Coupling, Layer, PruningPlan } from '../coupling/index'
import { stream } from '../data/rng'
import type { Selection } from '../data/types'
import type { Graph } from '../graph/graph'
import type { TensorData } from '../graph/tensor'
import { createSession, disposeValues } from '../runtime/index'
import { pause } from '../runtime/pause'
import { tidy } from '../runtime/tensors'
import type { LiveValues, Session } from '../runtime/types'
import { CrossSum, MomentSum } from '../statistics/accumulate'
import { blockOf } from '../statistics/layer-observer'
import { type LinearShape, readWeights, shapeOfLayer, withBias, writeWeights } from '../statistics/linear-layer'
import { isRecurrent, type RecurrentLayer } from '../statistics/recurrent-layer'
import { recurrentTaps } from '../statistics/recurrent-observer'
import { channelMajor } from '../statistics/rows'
import { solvedOnRows } from './refit-few-rows'
import { Frontier } from './refit-frontier'
import { addendOf, changedValues, type RefitStep, refitSteps, withinReach } from './refit-plan'
import { rectifiedTargets } from './refit-rectifier'
import { fitRecurrent } from './refit-recurrent'
import { type BatchRows, batchRows, KeptRows, outputsOf } from './refit-rows'
import { type Ridge, ridgeTowards } from './refit-solve'
import { cutOf, RefitTeacher, type TeacherRows } from './refit-teacher'

export interface RefitOptions {
  /** Samples a batch. */
  readonly batch: number
  readonly seed: number
  /** Output positions of each feature map that are fitted, drawn anew for every batch. Default 24. */
  readonly positions?: number
  /** Relative to the mean diagonal of the moments, towards the weights before. Default 1e-2. */
  readonly ridge?: number
  /** How often the fit is repeated towards what a rectifier lets through (see `rectifiedTargets`); 0: never. Default 2. */
  readonly rectifierSteps?: number
  /** How many operators are fitted behind each that lost inputs; the rest keep their weights. Default: all. */
  readonly reach?: number
  /** What rows may take on the backend while an operator is fitted several times. Default 256 MiB. */
  readonly rowBytes?: number
  /** What kept feature maps may take on the backend; beyond it they are computed again. Default 1 GiB. */
  readonly memoryBytes?: number
  /** What the original's rows may take on the backend that several refits share. Default 512 MiB. */
  readonly sharedBytes?: number
}

/** Weights of one operator as `readWeights` gives them. */
export type LayerWeights = readonly Float64Array[]

export interface RefitHooks {
  /** Checked between batches. */
  readonly signal?: AbortSignal
  readonly progress?: (fraction: number, layer: string) => void
  /** Operators that were fitted before an interruption, by node name: they are taken as they are. */
  readonly fitted?: ReadonlyMap<string, LayerWeights>
  /** Called after each operator, so that its weights can be kept. */
  readonly layerDone?: (layer: string, weights: LayerWeights) => Promise<void>
}

/**
 * Fits the pruned network's linear operators, in topological order, to the outputs of the same operators of the
 * original: least squares from the *pruned* network's rows, so that accumulated error is corrected at every step, with
 * a ridge towards the weights it has. The bias is part of it (an operator without one gets one, and BatchNorm keeps its
 * meaning). Depthwise weights stay. The last producer of a residual branch also makes up for what the shortcut lost.
 * Needs no labels and does not depend on how the plan was made. Deterministic for a seed on one backend.
 * @param original with inferred shapes; `coupling` was analysed on it, `plan` was applied to it and gave `pruned`.
 * @param shared the original's side of refits with the same calibration and options; see `RepeatedRefit`.
 * @returns a new graph of the pruned shape.
 * @throws CANCELLED, DATA_TOO_FEW_SAMPLES, MODEL_UNSUPPORTED_OPERATOR where the network cannot be run.
 */
export async function sequentialRefit(
  original: Graph,
  pruned: Graph,
  coupling: Coupling,
  plan: PruningPlan,
  calibration: Selection,
  options: RefitOptions,
  hooks: RefitHooks = {},
  shared: RefitTeacher | null = null,
): Promise<Graph> {
  if (calibration.indices.length === 0) {
    throw new EspalierError('DATA_TOO_FEW_SAMPLES', 'There are no calibration samples, so nothing can be refitted.')
  }
  const steps = withinReach(refitSteps(original, pruned, coupling, plan), plan, options.reach)
  if (steps.length === 0) return pruned
  let graph = pruned
  const student = new Map<string, Layer>()
  for (const { layer } of steps) {
    const biased = withBias(graph, layer)
    graph = biased.graph
    student.set(layer.node.name, biased.layer)
  }
  const layers = steps.map(({ layer }) => layer)
  const teacher = shared ?? new RefitTeacher(original, layers, calibration, teacherOptions(options, 0))
  const session = createSession(graph, { fuse: false })
  // Up to the first change both networks are the same, which those that share the original need not compute again.
  const changed = shared ? changedValues(original, coupling, plan) : new Set<string>()
  const start = original.nodes.find(({ outputs }) => outputs.some((output) => changed.has(output)))?.name ?? null
  const refit = new Refit(teacher, session, student, start, options, hooks)
  try {
    return await refit.run(graph, steps)
  } finally {
    refit.dispose()
    session.dispose()
    if (!shared) teacher.dispose()
  }
}

/** What the original's side of a refit has to know. @param sharedBytes what rows may take that other refits use again */
export const teacherOptions = (
  { batch, seed, positions = 24, memoryBytes = 2 ** 30 }: RefitOptions,
  sharedBytes: number,
) => ({
  batch,
  seed,
  positions,
  memoryBytes,
  sharedBytes,
})

class Refit {
  private readonly student: Frontier
  private readonly batches: number
  private readonly rectifierSteps: number
  /** Batches that have begun. */
  private readonly begun = new Set<number>()

  constructor(
    private readonly teacher: RefitTeacher,
    private readonly session: Session,
    private readonly layers: ReadonlyMap<string, Layer>,
    /** Node from which on the networks differ; null where the pruned one begins with its input. */
    private readonly start: string | null,
    private readonly options: RefitOptions,
    private readonly hooks: RefitHooks,
  ) {
    this.batches = teacher.batches
    this.rectifierSteps = options.rectifierSteps ?? 2
    this.student = new Frontier(session, this.batches, teacher.budget)
  }

  async run(graph: Graph, steps: readonly RefitStep[]): Promise<Graph> {
    let result = graph
    for (const [i, step] of steps.entries()) {
      const { name } = step.layer.node
      const layer = this.layers.get(name) as Layer
      let weights = this.hooks.fitted?.get(name)
      if (!weights) {
        const progress = (fraction: number) => this.hooks.progress?.((i + fraction) / steps.length, name)
        weights = isRecurrent(layer)
          ? await this.fitRecurrent(result, layer, step, progress)
          : await this.fit(result, layer, step, progress)
        await this.hooks.layerDone?.(name, weights)
      }
      result = writeWeights(result, layer, weights)
      this.put(layer, result)
    }
    return result
  }

  /** The student's operator gets the numbers that the graph holds. */
  private put(layer: Layer, graph: Graph): void {
    const names = isRecurrent(layer) ? layer.node.inputs.slice(1, 4) : [layer.weightName, layer.biasName as string]
    for (const name of names) this.session.setConstant(name, graph.constants.get(name) as TensorData)
  }

  private fitRecurrent(
    graph: Graph,
    own: RecurrentLayer,
    step: RefitStep,
    progress: (fraction: number) => void,
  ): Promise<LayerWeights> {
    const layer = step.layer as RecurrentLayer
    const { teacher } = this
    const { name } = layer.node
    const computed = layer.node.inputs.filter((value) => value !== '' && !teacher.session.graph.constants.has(value))
    const ignored = recurrentTaps(layer).every((tap) => teacher.places.ignores(tap))
    return fitRecurrent(
      {
        layer,
        own,
        kept: step.kept,
        batches: this.batches,
        ridge: this.options.ridge ?? 1e-2,
        positions: this.options.positions ?? 24,
        teacher: teacher.session,
        student: this.session,
        before: (index) => ({
          samples: teacher.count(index),
          presence: ignored ? teacher.presence(index) : null,
          teacher: teacher.before(layer, index, computed),
          student: this.advance(name, index, computed),
        }),
        random: (index) => stream(this.options.seed, `refit/${name}/${index}`),
        put: (weights) => this.put(own, writeWeights(graph, own, weights)),
        step: async (done, total) => {
          this.requireGoingOn()
          progress(done / total)
          await pause()
        },
      },
      readWeights(graph, own),
    )
  }

  private requireGoingOn(): void {
    if (this.hooks.signal?.aborted) throw new EspalierError('CANCELLED', 'The refit was cancelled.')
  }

  /** Moves the pruned network on to an operator with one batch. The caller disposes the values. */
  private advance(node: string, index: number, wanted: readonly string[]) {
    if (this.start !== null && !this.begun.has(index)) {
      this.begun.add(index)
      this.student.begin(index, cutOf(this.session, this.start), this.teacher.start(this.start, index))
    }
    return this.student.advance(() => this.teacher.read(index).inputs, index, cutOf(this.session, node), wanted)
  }

  /** Least squares for one operator, and again towards what a rectifier behind it lets through. */
  private async fit(
    graph: Graph,
    layer: Layer,
    step: RefitStep,
    progress: (fraction: number) => void,
  ): Promise<LayerWeights> {
    const shape = shapeOfLayer(graph, layer)
    if (this.hasFewRows(step, shape)) return this.fitOnRows(graph, layer, step, progress)
    const order = channelMajor(shape.channels, shape.taps)
    const steps = step.rectifier ? this.rectifierSteps : 0
    const blocks = Array.from({ length: shape.blocks }, (_, b) => b)
    const moments = blocks.map(() => new MomentSum(shape.columns))
    const rows = new KeptRows(steps > 0 ? (this.options.rowBytes ?? ROW_BYTES) : 0)
    const solvers: Ridge[] = []
    try {
      const towards = readWeights(graph, layer)
      const solve = (weights: LayerWeights | null, from: number, to: number) =>
        this.solve(graph, layer, step, rows, weights, weights ? null : moments, {
          progress: (part) => {
            progress(from + (to - from) * part)
          },
          solver: (b) => {
            solvers[b] ??= ridgeTowards(
              moments[b] as MomentSum,
              towards[b] as Float64Array,
              order,
              this.options.ridge ?? 1e-2,
            )
            return solvers[b]
          },
        })
      const first = steps === 0 ? 1 : 0.5
      let weights = await solve(null, 0, first)
      // Where no position that was drawn is left, there is nothing to fit to.
      if (!weights) return towards
      for (let i = 0; i < steps; i++) {
        const share = (1 - first) / steps
        weights = (await solve(weights, first + i * share, first + (i + 1) * share)) as LayerWeights
      }
      return weights
    } finally {
      rows.dispose()
      for (const each of [...moments, ...solvers]) each.dispose()
    }
  }

  /**
   * One pass over the samples: each block's weights from E[y [z;1]^T], with y as a rectifier sees it where weights are
   * given; null where there are no rows.
   */
  private async solve(
    graph: Graph,
    layer: Layer,
    step: RefitStep,
    kept: KeptRows,
    weights: LayerWeights | null,
    moments: readonly MomentSum[] | null,
    { progress, solver }: { progress: (fraction: number) => void; solver: (block: number) => Ridge },
  ): Promise<LayerWeights | null> {
    const { blocks, columns, outputs, taps, channels } = shapeOfLayer(graph, layer)
    const sums = Array.from({ length: blocks }, () => new CrossSum(columns, outputs))
    const order = channelMajor(channels, taps)
    try {
      const any = await this.eachBatch(graph, layer, step, kept, progress, ({ rows, targets, offset }) => {
        sums.forEach((sum, b) => {
          const z = blockOf(rows, b, blocks, taps)
          const y = blockOf(targets, b, blocks, 1)
          moments?.[b]?.add(z)
          sum.add(
            z,
            weights && step.rectifier && offset
              ? rectifiedTargets(
                  y,
                  outputsOf(z, weights[b] as Float64Array, outputs, order),
                  blockOf(offset, b, blocks, 1),
                  {
                    ...step.rectifier,
                    scale: step.rectifier.scale.subarray(b * outputs, (b + 1) * outputs),
                  },
                )
              : y,
          )
        })
      })
      return any ? sums.map((sum, b) => solver(b).solve(sum)) : null
    } finally {
      for (const sum of sums) sum.dispose()
    }
  }

  /**
   * The rows of every batch that has some, in turn, inside a tidy scope; `kept` holds those that there is room for.
   * @returns whether any has
   */
  private async eachBatch(
    graph: Graph,
    layer: Layer,
    step: RefitStep,
    kept: KeptRows,
    progress: (fraction: number) => void,
    visit: (parts: BatchRows) => void,
  ): Promise<boolean> {
    let any = false
    const addend = addendOf(step)
    const wanted = [layer.input, ...(addend === null ? [] : [addend])]
    for (let index = 0; index < this.batches; index++) {
      this.requireGoingOn()
      const known = kept.of(index)
      const target = known ? null : this.teacher.rows(step, index)
      let source: LiveValues | null = null
      try {
        if (!known) source = this.advance(layer.node.name, index, wanted)
        tidy(() => {
          const parts =
            known ??
            batchRows(graph, layer, step, target?.rows as TeacherRows, source as LiveValues, this.rectifierSteps > 0)
          if (parts.rows.shape[0] === 0) return
          any = true
          if (!known) kept.keep(index, parts)
          visit(parts)
        })
      } finally {
        target?.release()
        if (source) disposeValues(source)
      }
      progress((index + 1) / this.batches)
      await pause()
    }
    return any
  }

  /** Whether an operator has at most as many rows in all batches as columns. */
  private hasFewRows(step: RefitStep, { blocks, columns }: LinearShape): boolean {
    if (blocks > 1) return false
    const { rows, release } = this.teacher.rows(step, 0)
    const count = rows.outputs.shape[0] as number
    release()
    return count * this.batches <= columns
  }

  /** The same fit, solved in the rows. */
  private async fitOnRows(
    graph: Graph,
    layer: Layer,
    step: RefitStep,
    progress: (fraction: number) => void,
  ): Promise<LayerWeights> {
    const { channels, taps, outputs } = shapeOfLayer(graph, layer)
    const order = channelMajor(channels, taps)
    const [towards] = readWeights(graph, layer)
    const kept = new KeptRows(Number.POSITIVE_INFINITY)
    const all: BatchRows[] = []
    try {
      const any = await this.eachBatch(graph, layer, step, kept, progress, (parts) => {
        all.push(parts)
      })
      if (!any) return [towards as Float64Array]
      const ridge = this.options.ridge ?? 1e-2
      return [solvedOnRows(all, towards as Float64Array, order, outputs, ridge, step.rectifier, this.rectifierSteps)]
    } finally {
      kept.dispose()
    }
  }

  dispose(): void {
    this.student.reset()
  }
}

/** Bytes of rows that are kept on the backend while one operator is fitted several times. */
const ROW_BYTES = 2 ** 28

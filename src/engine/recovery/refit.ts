/** Step 4's closed-form recovery: every linear operator is fitted, in order, to the original feature maps. */
import { EspalierError } from '../../contract/errors'
import type { Coupling, Layer, PruningPlan } from '../coupling/index'
import { stream } from '../data/rng'
import type { Batch, Selection } from '../data/types'
import type { Graph } from '../graph/graph'
import type { TensorData } from '../graph/tensor'
import { createSession, disposeValues } from '../runtime/index'
import {
  add,
  div,
  gather,
  keep,
  matMul,
  mul,
  sub,
  type Tensor,
  tensor1d,
  tensor2d,
  tidy,
  zerosLike,
} from '../runtime/tensors'
import type { LiveValue, LiveValues, Session } from '../runtime/types'
import { CrossSum, MomentSum } from '../statistics/accumulate'
import { blockOf } from '../statistics/layer-observer'
import { readWeights, shapeOfLayer, windowOfLayer, withBias, writeWeights } from '../statistics/linear-layer'
import { Places } from '../statistics/places'
import { isRecurrent, type RecurrentLayer } from '../statistics/recurrent-layer'
import { recurrentTaps } from '../statistics/recurrent-observer'
import { channelMajor, extentsOf, outputRows, patchRows } from '../statistics/rows'
import { samplePositions } from '../statistics/sampling'
import { Frontier, MemoryBudget } from './refit-frontier'
import { type RefitStep, refitSteps, type Shortcut } from './refit-plan'
import { rectifiedTargets } from './refit-rectifier'
import { fitRecurrent } from './refit-recurrent'
import { RidgeTowards } from './refit-solve'

export interface RefitOptions {
  /** Samples a batch. */
  readonly batch: number
  readonly seed: number
  /** Output positions of each feature map that are fitted, drawn anew for every batch. Default 24. */
  readonly positions?: number
  /** Relative to the mean diagonal of the moments, towards the weights before. Default 1e-2. */
  readonly ridge?: number
  /** How often the fit is repeated towards what a rectifier lets through (see `rectifiedTargets`); 0: never. Default 3. */
  readonly rectifierSteps?: number
  /** What rows may take on the backend while an operator is fitted several times. Default 256 MiB. */
  readonly rowBytes?: number
  /** What kept feature maps may take on the backend; beyond it they are computed again. Default 1 GiB. */
  readonly memoryBytes?: number
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
): Promise<Graph> {
  if (calibration.indices.length === 0) {
    throw new EspalierError('DATA_TOO_FEW_SAMPLES', 'There are no calibration samples, so nothing can be refitted.')
  }
  const steps = refitSteps(original, pruned, coupling, plan)
  if (steps.length === 0) return pruned
  let graph = pruned
  const student = new Map<string, Layer>()
  for (const { layer } of steps) {
    const biased = withBias(graph, layer)
    graph = biased.graph
    student.set(layer.node.name, biased.layer)
  }
  const teacherSession = createSession(original, { fuse: false })
  const studentSession = createSession(graph, { fuse: false })
  const places = placesOf(teacherSession, steps, calibration, options.seed)
  const refit = new Refit(teacherSession, studentSession, student, places, calibration, options, hooks)
  try {
    return await refit.run(graph, steps)
  } finally {
    refit.dispose()
    teacherSession.dispose()
    studentSession.dispose()
  }
}

class Refit {
  private readonly budget: MemoryBudget
  private readonly teacher: Frontier
  private readonly student: Frontier
  private readonly batches: number

  constructor(
    private readonly teacherSession: Session,
    private readonly studentSession: Session,
    private readonly layers: ReadonlyMap<string, Layer>,
    private readonly places: Places,
    private readonly calibration: Selection,
    private readonly options: RefitOptions,
    private readonly hooks: RefitHooks,
  ) {
    this.batches = Math.ceil(calibration.indices.length / options.batch)
    this.budget = new MemoryBudget(options.memoryBytes ?? 2 ** 30)
    this.teacher = new Frontier(teacherSession, this.batches, this.budget)
    this.student = new Frontier(studentSession, this.batches, this.budget)
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
    for (const name of names) this.studentSession.setConstant(name, graph.constants.get(name) as TensorData)
  }

  private fitRecurrent(
    graph: Graph,
    own: RecurrentLayer,
    step: RefitStep,
    progress: (fraction: number) => void,
  ): Promise<LayerWeights> {
    const layer = step.layer as RecurrentLayer
    const computed = layer.node.inputs.filter((name) => name !== '' && !this.teacherSession.graph.constants.has(name))
    const cuts = [this.teacherSession, this.studentSession].map((session) => this.cutOf(session, layer.node.name))
    const ignored = recurrentTaps(layer).every((tap) => this.places.ignores(tap))
    return fitRecurrent(
      {
        layer,
        own,
        kept: step.kept,
        batches: this.batches,
        ridge: this.options.ridge ?? 1e-2,
        positions: this.options.positions ?? 24,
        teacher: this.teacherSession,
        student: this.studentSession,
        before: (index) => {
          const batch = this.batch(index)
          return {
            samples: batch.count,
            presence: ignored ? this.places.presence(batch) : null,
            teacher: this.teacher.advance(batch, index, cuts[0] as number, computed),
            student: this.student.advance(batch, index, cuts[1] as number, computed),
          }
        },
        random: (index) => stream(this.options.seed, `refit/${layer.node.name}/${index}`),
        put: (weights) => this.put(own, writeWeights(graph, own, weights)),
        step: async (done, total) => {
          if (this.hooks.signal?.aborted) throw new EspalierError('CANCELLED', 'The refit was cancelled.')
          progress(done / total)
          await pause()
        },
      },
      readWeights(graph, own),
    )
  }

  private batch(index: number): Batch {
    const { table, indices } = this.calibration
    const { batch: size } = this.options
    return table.read(indices.subarray(index * size, Math.min((index + 1) * size, indices.length)))
  }

  /** Least squares for one operator, and again towards what a rectifier behind it lets through. */
  private async fit(
    graph: Graph,
    layer: Layer,
    step: RefitStep,
    progress: (fraction: number) => void,
  ): Promise<LayerWeights> {
    const shape = shapeOfLayer(graph, layer)
    const order = channelMajor(shape.channels, shape.taps)
    const steps = step.rectifier ? (this.options.rectifierSteps ?? 3) : 0
    const blocks = Array.from({ length: shape.blocks }, (_, b) => b)
    const moments = blocks.map(() => new MomentSum(shape.columns))
    const rows = new KeptRows(steps > 0 ? (this.options.rowBytes ?? ROW_BYTES) : 0)
    try {
      const crosses = (weights: LayerWeights | null, from: number, to: number) =>
        this.crosses(graph, layer, step, rows, weights, weights ? null : moments, (part) => {
          progress(from + (to - from) * part)
        })
      const first = steps === 0 ? 1 : 0.5
      const sums = await crosses(null, 0, first)
      const towards = readWeights(graph, layer)
      const solvers = moments.map(
        (sum, b) =>
          new RidgeTowards(sum.mean(order), towards[b] as Float64Array, shape.columns + 1, this.options.ridge ?? 1e-2),
      )
      let weights: LayerWeights = sums.map((sum, b) => (solvers[b] as RidgeTowards).solve(sum.mean(order)))
      for (let i = 0; i < steps; i++) {
        const share = (1 - first) / steps
        const again = await crosses(weights, first + i * share, first + (i + 1) * share)
        weights = again.map((sum, b) => (solvers[b] as RidgeTowards).solve(sum.mean(order)))
      }
      return weights
    } finally {
      rows.dispose()
    }
  }

  /** One pass over the samples: E[y [z;1]^T] of each block, with y as a rectifier sees it where weights are given. */
  private async crosses(
    graph: Graph,
    layer: Layer,
    step: RefitStep,
    kept: KeptRows,
    weights: LayerWeights | null,
    moments: readonly MomentSum[] | null,
    progress: (fraction: number) => void,
  ): Promise<CrossSum[]> {
    const { blocks, columns, outputs, taps, channels } = shapeOfLayer(graph, layer)
    const sums = Array.from({ length: blocks }, () => new CrossSum(columns, outputs))
    const order = channelMajor(channels, taps)
    for (let index = 0; index < this.batches; index++) {
      if (this.hooks.signal?.aborted) throw new EspalierError('CANCELLED', 'The refit was cancelled.')
      const known = kept.of(index)
      const live = known ? null : this.advance(layer, step, index)
      try {
        tidy(() => {
          const parts = known ?? this.batchRows(graph, layer, step, index, live as Advanced)
          if (!known) kept.keep(index, parts)
          const { rows, targets, offset } = parts
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
      } finally {
        if (live) for (const values of [live.target, live.source]) disposeValues(values)
      }
      progress((index + 1) / this.batches)
      await pause()
    }
    return sums
  }

  private cutOf(session: Session, node: string): number {
    return session.graph.nodes.findIndex((other) => other.name === node)
  }

  /** Moves both networks on to the operator with one batch. The caller disposes the values. */
  private advance(layer: Layer, step: RefitStep, index: number): Advanced {
    const addend = addendOf(step)
    const extra = addend === null ? [] : [addend]
    const batch = this.batch(index)
    const teacherCut = this.cutOf(this.teacherSession, step.layer.node.name) + 1
    const studentCut = this.cutOf(this.studentSession, step.layer.node.name)
    const target = this.teacher.advance(batch, index, teacherCut, [step.layer.output, ...extra])
    const source = this.student.advance(batch, index, studentCut, [layer.input, ...extra])
    return { target, source, batch }
  }

  /** Rows of the pruned network, the targets, and what is added before the rectifier. Runs inside a tidy scope. */
  private batchRows(
    graph: Graph,
    layer: Layer,
    step: RefitStep,
    index: number,
    { target, source, batch }: Advanced,
  ): BatchRows {
    const { shortcut, rectifier } = step
    const addend = addendOf(step)
    const channelAxis = layer.kind === 'conv' ? 1 : -1
    const input = source.get(layer.input) as LiveValue
    const output = target.get(step.layer.output) as LiveValue
    const { spatial } = extentsOf(output, channelAxis)
    const total = spatial.reduce((a, b) => a * b, 1)
    const random = stream(this.options.seed, `refit/${layer.node.name}/${index}`)
    const first = output.tensor.shape[0] as number
    const positions = samplePositions(total, Math.ceil(((this.options.positions ?? 24) * batch.count) / first), random)
    const window = windowOfLayer(graph, layer, extentsOf(input, channelAxis).spatial)
    // Positions that are padding to both networks teach nothing.
    const counting = this.places.counting(step.layer, batch.count, this.places.presence(batch), total, positions)
    const chosen = counting ? tensor1d(counting, 'int32') : null
    const choose = (all: Tensor) => (chosen ? gather(all, chosen) : all)
    const rows = choose(patchRows(input, window, spatial, positions))
    const kept = tensor1d(step.kept, 'int32')
    const keptRows = (value: LiveValue) => gather(choose(outputRows(value, channelAxis, positions)), kept, 1)
    const got = addend === null ? null : choose(outputRows(source.get(addend) as LiveValue, channelAxis, positions))
    let targets: Tensor = keptRows(output)
    if (shortcut && got) {
      const wanted = keptRows(target.get(shortcut.value) as LiveValue)
      targets = add(targets, towardsShortcut(sub(wanted, got), shortcut))
    }
    if (!rectifier) return { rows, targets, offset: null }
    const shift = tensor1d(rectifier.shift)
    return { rows, targets, offset: add(got ?? zerosLike(targets), shift) }
  }

  dispose(): void {
    this.teacher.reset()
    this.student.reset()
  }
}

/** Bytes of rows that are kept on the backend while one operator is fitted several times. */
const ROW_BYTES = 2 ** 28

/** What both networks have computed up to an operator. */
interface Advanced {
  readonly target: LiveValues
  readonly source: LiveValues
  readonly batch: Batch
}

/** The other side of an addition behind the operator, where the fit has to know it. */
const addendOf = ({ shortcut, rectifier }: RefitStep): string | null => shortcut?.value ?? rectifier?.addend ?? null

interface BatchRows {
  /** [n, columns of all blocks], tap by tap. */
  readonly rows: Tensor
  /** [n, kept outputs]. */
  readonly targets: Tensor
  /** What is added to the scaled output before the rectifier; null without one. */
  readonly offset: Tensor | null
}

/** Rows of the first batches, so that they need not be gathered again. */
class KeptRows {
  private readonly batches = new Map<number, BatchRows>()

  constructor(private left: number) {}

  of(index: number): BatchRows | undefined {
    return this.batches.get(index)
  }

  keep(index: number, parts: BatchRows): void {
    const tensors = [parts.rows, parts.targets, ...(parts.offset ? [parts.offset] : [])]
    const bytes = tensors.reduce((sum, { size }) => sum + 4 * size, 0)
    if (bytes > this.left) return
    this.left -= bytes
    for (const tensor of tensors) keep(tensor)
    this.batches.set(index, parts)
  }

  dispose(): void {
    for (const { rows, targets, offset } of this.batches.values()) {
      rows.dispose()
      targets.dispose()
      offset?.dispose()
    }
    this.batches.clear()
  }
}

/** What a block gives for rows held tap by tap; weights are [outputs, columns + 1]. Runs inside a tidy scope. */
function outputsOf(rows: Tensor, weights: Float64Array, outputs: number, order: Int32Array): Tensor {
  const columns = order.length
  const matrix = new Float32Array(columns * outputs)
  const bias = new Float32Array(outputs)
  for (let o = 0; o < outputs; o++) {
    const from = o * (columns + 1)
    for (let j = 0; j < columns; j++) matrix[(order[j] as number) * outputs + o] = weights[from + j] as number
    bias[o] = weights[from + columns] as number
  }
  return add(matMul(rows, tensor2d(matrix, [columns, outputs])), tensor1d(bias))
}

/** Below this scale of a BatchNorm a channel adds nothing to the sum, and cannot make up for anything. */
const LEAST_SCALE = 1e-3

/** What the operator has to add so that the sum behind the BatchNorm gets the difference. */
function towardsShortcut(difference: Tensor, { scale }: Shortcut): Tensor {
  const used = Float32Array.from(scale, (s) => (Math.abs(s) < LEAST_SCALE ? 0 : 1))
  const divisor = Float32Array.from(scale, (s) => (Math.abs(s) < LEAST_SCALE ? 1 : s))
  return mul(div(difference, tensor1d(divisor)), tensor1d(used))
}

/** Samples that tell what is padding. */
const TRIED = 256

function placesOf(teacher: Session, steps: readonly RefitStep[], calibration: Selection, seed: number): Places {
  const places = new Places(teacher.graph, calibration.table.read(calibration.indices.subarray(0, TRIED)))
  const taps = steps.flatMap(({ layer }) => (isRecurrent(layer) ? recurrentTaps(layer) : [layer.output]))
  places.learn(teacher, [...new Set(taps)], calibration, { kind: 'gaussian' }, stream(seed, 'padding'))
  return places
}

/** Lets timers and messages (a cancel) through between batches. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

/** Step 4's closed-form recovery: every linear operator is fitted, in order, to the original feature maps. */
import { EspalierError } from '../../contract/errors'
import type { Coupling, Layer, PruningPlan } from '../coupling/index'
import { stream } from '../data/rng'
import type { Selection } from '../data/types'
import type { Graph } from '../graph/graph'
import type { TensorData } from '../graph/tensor'
import { createSession, disposeValues } from '../runtime/index'
import { add, div, gather, mul, sub, type Tensor, tensor1d, tidy } from '../runtime/tensors'
import type { LiveValue, LiveValues, Session } from '../runtime/types'
import { MomentSum } from '../statistics/accumulate'
import { blockOf } from '../statistics/layer-observer'
import { readWeights, shapeOfLayer, windowOfLayer, withBias, writeWeights } from '../statistics/linear-layer'
import { channelMajor, extentsOf, outputRows, patchRows } from '../statistics/rows'
import { samplePositions } from '../statistics/sampling'
import { Frontier, MemoryBudget } from './refit-frontier'
import { type RefitStep, refitSteps, type Shortcut } from './refit-plan'
import { ridgeTowards } from './refit-solve'

export interface RefitOptions {
  /** Samples a batch. */
  readonly batch: number
  readonly seed: number
  /** Output positions of each feature map that are fitted, drawn anew for every batch. Default 24. */
  readonly positions?: number
  /** Relative to the mean diagonal of the moments, towards the weights before. Default 1e-2. */
  readonly ridge?: number
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
  const refit = new Refit(teacherSession, studentSession, student, calibration, options, hooks)
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
        weights = await this.fit(result, layer, step, (fraction) => {
          this.hooks.progress?.((i + fraction) / steps.length, name)
        })
        await this.hooks.layerDone?.(name, weights)
      }
      result = writeWeights(result, layer, weights)
      for (const constant of [layer.weightName, layer.biasName as string]) {
        this.studentSession.setConstant(constant, result.constants.get(constant) as TensorData)
      }
    }
    return result
  }

  /** Least squares for one operator. */
  private async fit(
    graph: Graph,
    layer: Layer,
    step: RefitStep,
    progress: (fraction: number) => void,
  ): Promise<LayerWeights> {
    const shape = shapeOfLayer(graph, layer)
    const sums = Array.from({ length: shape.blocks }, () => new MomentSum(shape.columns, shape.outputs))
    const { table, indices } = this.calibration
    const { batch: size } = this.options
    const teacherCut = this.cutOf(this.teacherSession, step.layer.node.name) + 1
    const studentCut = this.cutOf(this.studentSession, step.layer.node.name)
    const extra = step.shortcut ? [step.shortcut.value] : []
    for (let index = 0; index < this.batches; index++) {
      if (this.hooks.signal?.aborted) throw new EspalierError('CANCELLED', 'The refit was cancelled.')
      const batch = table.read(indices.subarray(index * size, Math.min((index + 1) * size, indices.length)))
      const target = this.teacher.advance(batch, index, teacherCut, [step.layer.output, ...extra])
      const source = this.student.advance(batch, index, studentCut, [layer.input, ...extra])
      try {
        tidy(() => this.addBatch(graph, layer, step, target, source, sums, index))
      } finally {
        disposeValues(target)
        disposeValues(source)
      }
      progress((index + 1) / this.batches)
      await pause()
    }
    const towards = readWeights(graph, layer)
    const order = channelMajor(shape.channels, shape.taps)
    return sums.map((sum, b) =>
      ridgeTowards(
        sum.mean(order),
        sum.meanCross(order),
        towards[b] as Float64Array,
        shape.columns + 1,
        this.options.ridge ?? 1e-2,
      ),
    )
  }

  private cutOf(session: Session, node: string): number {
    return session.graph.nodes.findIndex((other) => other.name === node)
  }

  private addBatch(
    graph: Graph,
    layer: Layer,
    step: RefitStep,
    target: LiveValues,
    source: LiveValues,
    sums: readonly MomentSum[],
    index: number,
  ): void {
    const channelAxis = layer.kind === 'conv' ? 1 : -1
    const input = source.get(layer.input) as LiveValue
    const output = target.get(step.layer.output) as LiveValue
    const { spatial } = extentsOf(output, channelAxis)
    const total = spatial.reduce((a, b) => a * b, 1)
    const random = stream(this.options.seed, `refit/${layer.node.name}/${index}`)
    const positions = samplePositions(total, this.options.positions ?? 24, random)
    const { blocks, taps } = shapeOfLayer(graph, layer)
    const window = windowOfLayer(graph, layer, extentsOf(input, channelAxis).spatial)
    const rows = patchRows(input, window, spatial, positions)
    const kept = tensor1d(step.kept, 'int32')
    const keptRows = (value: LiveValue) => gather(outputRows(value, channelAxis, positions), kept, 1)
    let targets: Tensor = keptRows(output)
    if (step.shortcut) {
      const { value } = step.shortcut
      const wanted = keptRows(target.get(value) as LiveValue)
      const got = outputRows(source.get(value) as LiveValue, channelAxis, positions)
      targets = add(targets, towardsShortcut(sub(wanted, got), step.shortcut))
    }
    sums.forEach((sum, b) => {
      sum.add(blockOf(rows, b, blocks, taps), blockOf(targets, b, blocks, 1))
    })
  }

  dispose(): void {
    this.teacher.reset()
    this.student.reset()
  }
}

/** Below this scale of a BatchNorm a channel adds nothing to the sum, and cannot make up for anything. */
const LEAST_SCALE = 1e-3

/** What the operator has to add so that the sum behind the BatchNorm gets the difference. */
function towardsShortcut(difference: Tensor, { scale }: Shortcut): Tensor {
  const used = Float32Array.from(scale, (s) => (Math.abs(s) < LEAST_SCALE ? 0 : 1))
  const divisor = Float32Array.from(scale, (s) => (Math.abs(s) < LEAST_SCALE ? 1 : s))
  return mul(div(difference, tensor1d(divisor)), tensor1d(used))
}

/** Lets timers and messages (a cancel) through between batches. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

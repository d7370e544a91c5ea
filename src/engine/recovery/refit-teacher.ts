/** What the original network answers at the positions a refit fits: computed once for all refits that share it. */
import type { Layer } from '../coupling/index'
import { stream } from '../data/rng'
import type { Batch, Selection } from '../data/types'
import type { Graph } from '../graph/graph'
import { createSession, disposeValues } from '../runtime/index'
import { gather, keep, type Tensor, tensor1d, tidy } from '../runtime/tensors'
import type { LiveValue, LiveValues, Session } from '../runtime/types'
import { Places, type Presence } from '../statistics/places'
import { isRecurrent, type RecurrentLayer } from '../statistics/recurrent-layer'
import { recurrentTaps } from '../statistics/recurrent-observer'
import { extentsOf, outputRows } from '../statistics/rows'
import { samplePositions } from '../statistics/sampling'
import { Frontier, MemoryBudget } from './refit-frontier'
import { channelAxisOf } from './refit-places'
import { addendOf, type RefitStep } from './refit-plan'

/** What the original gives at an operator for one batch. */
export interface TeacherRows {
  /** Spatial extents of the operator's output, and the positions of it that are fitted. */
  readonly spatial: readonly number[]
  readonly positions: Int32Array
  /** Of the rows [first extent x positions] those that are not padding to both networks; null: all. */
  readonly counting: Int32Array | null
  /** [n, outputs], all of the original's. */
  readonly outputs: Tensor
  /** The same of what is added behind the operator, where that has to be known. */
  readonly addend: Tensor | null
}

export interface TeacherOptions {
  /** Samples a batch. */
  readonly batch: number
  readonly seed: number
  /** Output positions of each feature map, drawn anew for every batch. */
  readonly positions: number
  /** What feature maps at the border may take on the backend. */
  readonly memoryBytes: number
  /** What rows may take on the backend that are kept for another refit; 0: none are. */
  readonly sharedBytes: number
}

/** Samples that tell what is padding. */
const TRIED = 256

export class RefitTeacher {
  readonly session: Session
  readonly places: Places
  readonly budget: MemoryBudget
  readonly batches: number
  private readonly frontier: Frontier
  /** Goes from the start of one refit to that of the next. */
  private readonly starts: Frontier
  private readonly shared = new Map<string, TeacherRows>()
  private readonly sharing: MemoryBudget

  /**
   * @param original with inferred shapes.
   * @param layers operators that may be fitted.
   */
  constructor(
    original: Graph,
    layers: readonly Layer[],
    private readonly calibration: Selection,
    readonly options: TeacherOptions,
  ) {
    this.batches = Math.ceil(calibration.indices.length / options.batch)
    this.session = createSession(original, { fuse: false })
    this.places = new Places(original, calibration.table.read(calibration.indices.subarray(0, TRIED)))
    const taps = layers.flatMap((layer) => (isRecurrent(layer) ? recurrentTaps(layer) : [layer.output]))
    const random = stream(options.seed, 'padding')
    this.places.learn(this.session, [...new Set(taps)], calibration, { kind: 'gaussian' }, random)
    this.budget = new MemoryBudget(options.memoryBytes)
    this.frontier = new Frontier(this.session, this.batches, this.budget)
    this.starts = new Frontier(this.session, this.batches, this.budget)
    this.sharing = new MemoryBudget(options.sharedBytes)
  }

  read(index: number): Batch {
    const { table, indices } = this.calibration
    const { batch: size } = this.options
    return table.read(indices.subarray(index * size, Math.min((index + 1) * size, indices.length)))
  }

  /** Samples of a batch. */
  count(index: number): number {
    const { batch } = this.options
    return Math.min((index + 1) * batch, this.calibration.indices.length) - index * batch
  }

  presence(index: number): Presence | null {
    return this.places.padded ? this.places.presence(this.read(index)) : null
  }

  /** Computed values before a recurrent operator; the caller disposes them. */
  before(layer: RecurrentLayer, index: number, names: readonly string[]): LiveValues {
    return this.frontier.advance(() => this.read(index).inputs, index, cutOf(this.session, layer.node.name), names)
  }

  /** What the network reads from a node on, for one batch; the caller disposes the values. */
  start(node: string, index: number): LiveValues {
    return this.starts.border(() => this.read(index).inputs, index, cutOf(this.session, node))
  }

  /**
   * Rows of an operator for one batch, in whatever order they are asked for; in topological order nothing is computed
   * twice while memory lasts. `release` frees what is not kept.
   */
  rows(step: RefitStep, index: number): { readonly rows: TeacherRows; release(): void } {
    const addend = addendOf(step)
    const key = `${index} ${step.layer.node.name} ${addend ?? ''}`
    const known = this.shared.get(key)
    if (known) return { rows: known, release() {} }
    const wanted = [step.layer.output, ...(addend === null ? [] : [addend])]
    const cut = cutOf(this.session, step.layer.node.name) + 1
    const live = this.frontier.advance(() => this.read(index).inputs, index, cut, wanted)
    let rows: TeacherRows
    try {
      rows = this.gather(step, index, live, addend)
    } finally {
      disposeValues(live)
    }
    const bytes = 4 * (rows.outputs.size + (rows.addend?.size ?? 0))
    if (!this.sharing.take(bytes)) return { rows, release: () => disposeRows(rows) }
    this.shared.set(key, rows)
    return { rows, release() {} }
  }

  private gather(step: RefitStep, index: number, live: LiveValues, addend: string | null): TeacherRows {
    const { layer } = step
    const channelAxis = channelAxisOf(layer)
    const output = live.get(layer.output) as LiveValue
    const { spatial } = extentsOf(output, channelAxis)
    const total = spatial.reduce((a, b) => a * b, 1)
    const first = output.tensor.shape[0] as number
    const samples = this.count(index)
    const random = stream(this.options.seed, `refit/${layer.node.name}/${index}`)
    const positions = samplePositions(total, Math.ceil((this.options.positions * samples) / first), random)
    // Positions that are padding to both networks teach nothing.
    const counting = this.places.counting(layer, samples, this.presence(index), total, positions)
    const at = (value: LiveValue) =>
      tidy(() => {
        const all = outputRows(value, channelAxis, positions)
        return keep(counting ? gather(all, tensor1d(counting, 'int32')) : all)
      })
    const outputs = at(output)
    return { spatial, positions, counting, outputs, addend: addend === null ? null : at(live.get(addend) as LiveValue) }
  }

  dispose(): void {
    for (const rows of this.shared.values()) disposeRows(rows)
    this.shared.clear()
    this.frontier.reset()
    this.starts.reset()
    this.session.dispose()
  }
}

function disposeRows({ outputs, addend }: TeacherRows): void {
  outputs.dispose()
  addend?.dispose()
}

/** Place of a node in the order of its network. */
export const cutOf = (session: Session, node: string): number =>
  session.graph.nodes.findIndex((other) => other.name === node)

/** Rows that an operator is fitted on: what it reads in the pruned network, and what it should answer there. */
import type { Layer } from '../coupling/index'
import type { Graph } from '../graph/graph'
import {
  add,
  div,
  gather,
  keep,
  matMul,
  mul,
  reshape,
  slice,
  sub,
  type Tensor,
  tensor1d,
  tensor2d,
  zerosLike,
} from '../runtime/tensors'
import type { LiveValue, LiveValues } from '../runtime/types'
import { windowOfLayer } from '../statistics/linear-layer'
import { extentsOf, outputRows, patchRows, tapByTap } from '../statistics/rows'
import { MemoryBudget } from './refit-frontier'
import { channelAxisOf, surviving } from './refit-places'
import { addendOf, type RefitStep, type Shortcut } from './refit-plan'
import type { TeacherRows } from './refit-teacher'

export interface BatchRows {
  /** [n, columns of all blocks], tap by tap. */
  readonly rows: Tensor
  /** [n, kept outputs]. */
  readonly targets: Tensor
  /** What is added to the scaled output before the rectifier; null where no rectifier counts. */
  readonly offset: Tensor | null
}

/**
 * Runs inside a tidy scope.
 * @param graph of the pruned network; `layer` is the step's operator in it, `source` its live values.
 * @param rectified whether the rectifier behind the operator counts.
 */
export function batchRows(
  graph: Graph,
  layer: Layer,
  step: RefitStep,
  teacher: TeacherRows,
  source: LiveValues,
  rectified: boolean,
): BatchRows {
  const { shortcut, rectifier } = step
  const addend = addendOf(step)
  const channelAxis = channelAxisOf(layer)
  const left = surviving(step.layer, step.lost, teacher, teacher.outputs.shape[0] as number)
  const { positions, counting } = left
  const input = source.get(layer.input) as LiveValue
  const window = windowOfLayer(graph, layer, extentsOf(input, channelAxis).spatial)
  const chosen = counting ? tensor1d(counting, 'int32') : null
  const choose = (all: Tensor) => (chosen ? gather(all, chosen) : all)
  const rows = choose(patchRows(input, window, left.spatial, positions))
  const kept = tensor1d(step.kept, 'int32')
  const same = left.rows && tensor1d(left.rows, 'int32')
  const keptOf = (original: Tensor) => gather(same ? gather(original, same) : original, kept, 1)
  const got = addend === null ? null : choose(outputRows(source.get(addend) as LiveValue, channelAxis, positions))
  let targets = keptOf(teacher.outputs)
  if (shortcut && got) {
    targets = add(targets, towardsShortcut(sub(keptOf(teacher.addend as Tensor), got), shortcut))
  }
  if (!rectifier || !rectified) return { rows, targets, offset: null }
  return { rows, targets, offset: add(got ?? zerosLike(targets), tensor1d(rectifier.shift)) }
}

/** Below this scale of a BatchNorm a channel adds nothing to the sum, and cannot make up for anything. */
const LEAST_SCALE = 1e-3

/** What the operator has to add so that the sum behind the BatchNorm gets the difference. */
function towardsShortcut(difference: Tensor, { scale }: Shortcut): Tensor {
  const used = Float32Array.from(scale, (s) => (Math.abs(s) < LEAST_SCALE ? 0 : 1))
  const divisor = Float32Array.from(scale, (s) => (Math.abs(s) < LEAST_SCALE ? 1 : s))
  return mul(div(difference, tensor1d(divisor)), tensor1d(used))
}

/** What a block gives for rows held tap by tap; weights are [outputs, columns + 1]. Runs inside a tidy scope. */
export function outputsOf(rows: Tensor, weights: Float64Array, outputs: number, order: Int32Array): Tensor {
  const { matrix, bias } = weightsAsHeld(weights, order)
  return add(matMul(rows, matrix, false, true), reshape(bias, [outputs]))
}

/**
 * A block's weights, [outputs, columns + 1], as its rows are held: the matrix [outputs, columns] tap by tap, and the bias
 * [outputs, 1]. Runs inside a tidy scope.
 */
export function weightsAsHeld(weights: Float64Array, order: Int32Array): { matrix: Tensor; bias: Tensor } {
  const columns = order.length
  const outputs = weights.length / (columns + 1)
  const all = tensor2d(new Float32Array(weights), [outputs, columns + 1])
  return {
    matrix: tapByTap(slice(all, [0, 0], [outputs, columns]), order),
    bias: slice(all, [0, columns], [outputs, 1]),
  }
}

/** Rows of the first batches, so that they need not be gathered again. */
export class KeptRows {
  private readonly batches = new Map<number, BatchRows>()

  private readonly budget: MemoryBudget

  /** @param bytes that they may take on the backend. */
  constructor(bytes: number) {
    this.budget = new MemoryBudget(bytes)
  }

  of(index: number): BatchRows | undefined {
    return this.batches.get(index)
  }

  keep(index: number, parts: BatchRows): void {
    const tensors = [parts.rows, parts.targets, ...(parts.offset ? [parts.offset] : [])]
    const bytes = tensors.reduce((sum, { size }) => sum + 4 * size, 0)
    if (!this.budget.take(bytes)) return
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

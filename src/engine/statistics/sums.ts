/**
 * Operators without weights that add over units: a product of two computed values (q k^T) and a sum over an axis. Their
 * weights are ones, so units that nothing else reads have a price there: what the sum loses when a term of it is gone.
 */
import type { Coupling } from '../coupling/index'
import { type Graph, type GraphNode, numbersAttribute } from '../graph/graph'
import { toNumbers } from '../graph/tensor'
import { toPlain } from '../runtime/index'
import { matMul, mean, mul, reshape, square, sum, type Tensor, tidy, transpose } from '../runtime/tensors'
import type { LiveValue } from '../runtime/types'
import { precisionOf } from './precision'
import type { SumStatistics } from './types'

export interface SumOverUnits {
  readonly node: GraphNode
  /** One operand of a sum, two of a product. */
  readonly inputs: readonly string[]
  readonly output: string
  /** The axis of the first operand that is added over; of a product's second it is the last but one. */
  readonly axis: number
  /** Unit of each term; 0: stays. */
  readonly units: Int32Array
}

/** Units of prunable groups that no operator with weights reads. */
function unread(coupling: Coupling): Uint8Array {
  const read = new Set<number>()
  for (const { role, units } of coupling.bindings) {
    if (role === 'consumer') for (const unit of units) if (unit !== 0) read.add(coupling.groupOf[unit] as number)
  }
  const result = new Uint8Array(coupling.units + 1)
  coupling.groups.forEach((group, g) => {
    if (group.prunable && !read.has(g)) for (const unit of group.units) result[unit] = 1
  })
  result[0] = 0
  return result
}

/** The unit of each position along an axis, where all that lies beside has the same. */
function unitsAlong(coupling: Coupling, value: string, axis: number): Int32Array | null {
  const entry = coupling.values.get(value)?.find(({ axes }) => axes.includes(axis))
  if (!entry) return null
  const at = entry.axes.indexOf(axis)
  const extent = entry.dims[at] as number
  const step = entry.dims.slice(at + 1).reduce((a, b) => a * b, 1)
  const result = new Int32Array(extent).fill(-1)
  for (let i = 0; i < entry.ids.length; i++) {
    const place = Math.floor(i / step) % extent
    const unit = entry.ids[i] as number
    if (result[place] !== -1 && result[place] !== unit) return null
    result[place] = unit
  }
  return result
}

function summedAxis(graph: Graph, node: GraphNode): number | null {
  const rank = graph.info(node.inputs[0] ?? '')?.shape?.length
  if (rank === undefined || node.domain !== '') return null
  if (node.op === 'MatMul') {
    const stored = node.inputs.some((name) => graph.constants.has(name))
    return stored || rank < 2 || graph.info(node.inputs[1] ?? '')?.shape?.length !== rank ? null : rank - 1
  }
  if (node.op !== 'ReduceSum' && node.op !== 'ReduceMean') return null
  const stored = graph.constants.get(node.inputs[1] ?? '')
  const axes = numbersAttribute(node, 'axes', undefined) ?? (stored && toNumbers(stored))
  return axes?.length === 1 ? ((axes[0] as number) + rank) % rank : null
}

/** Where the units are added over that nothing else reads. */
export function sumsOverUnits(graph: Graph, coupling: Coupling): SumOverUnits[] {
  const wanted = unread(coupling)
  if (!wanted.includes(1)) return []
  return graph.nodes.flatMap((node) => {
    const axis = summedAxis(graph, node)
    const units = axis === null ? null : unitsAlong(coupling, node.inputs[0] as string, axis)
    if (axis === null || !units?.some((unit) => wanted[unit] === 1)) return []
    const inputs = node.op === 'MatMul' ? node.inputs.slice(0, 2) : node.inputs.slice(0, 1)
    return [{ node, inputs, output: node.outputs[0] as string, axis, units }]
  })
}

/** Gathers the moments of one sum's terms and the sensitivity of the sum. */
export class SumObserver {
  private readonly moments: Float64Array
  private readonly means: Float64Array
  private energy = 0
  private rows = 0
  private samples = 0

  constructor(private readonly over: SumOverUnits) {
    const width = over.units.length
    this.moments = new Float64Array(width * width)
    this.means = new Float64Array(width)
  }

  /** @param inputs live operands of a batch; `gradient` at the sum */
  add(inputs: readonly LiveValue[], gradient: LiveValue, samples: number): void {
    tidy(() => {
      const [first, second] = inputs.map(toPlain) as [Tensor, Tensor | undefined]
      const [moments, means, count] = second ? ofProduct(first, second) : ofRows(first, this.over.axis)
      addTo(this.moments, moments)
      addTo(this.means, means)
      this.rows += count
      this.energy += sum(square(gradient.tensor)).dataSync()[0] as number
      this.samples += samples
    })
  }

  finish(): SumStatistics {
    const { node, units } = this.over
    const width = units.length
    const rows = width + 1
    const moments = new Float64Array(rows * rows)
    for (let i = 0; i < width; i++) {
      for (let j = 0; j < width; j++) moments[i * rows + j] = (this.moments[i * width + j] as number) / this.rows
      moments[i * rows + width] = moments[width * rows + i] = (this.means[i] as number) / this.rows
    }
    moments[rows * rows - 1] = 1
    return {
      node: node.name,
      units,
      weight: node.op === 'ReduceMean' ? 1 / width : 1,
      moments,
      precision: precisionOf(moments, rows),
      sensitivity: this.energy / this.samples,
    }
  }
}

type Sums = readonly [moments: Tensor, means: Tensor, count: number]

/**
 * Terms q_ic k_cj of every place (i, j): the products of two such terms add up to the product of what the operands' own add
 * up to, matrix by matrix.
 */
function ofProduct(left: Tensor, right: Tensor): Sums {
  const [rows, columns] = [left.shape.at(-2) as number, right.shape.at(-1) as number]
  const width = left.shape.at(-1) as number
  const moments = mul(matMul(left, left, true, false), matMul(right, right, false, true))
  const means = mul(mean(left, -2), mean(right, -1))
  const matrices = moments.size / (width * width)
  const mean2 = sum(reshape(moments, [matrices, width, width]), 0)
  return [mul(mean2, 1 / (rows * columns)), sum(reshape(means, [matrices, width]), 0), matrices]
}

function ofRows(value: Tensor, axis: number): Sums {
  const others = value.shape.map((_, k) => k).filter((k) => k !== axis)
  const width = value.shape[axis] as number
  const rows = reshape(transpose(value, [...others, axis]), [-1, width])
  return [matMul(rows, rows, true, false), sum(rows, 0), rows.shape[0] as number]
}

function addTo(sums: Float64Array, values: Tensor): void {
  const data = values.dataSync()
  for (let i = 0; i < data.length; i++) sums[i] = (sums[i] as number) + (data[i] as number)
}

/** Steps for the parameters of a network: natural in the inputs of linear operators, scaled by the gradient elsewhere. */
import { analyseCoupling } from '../coupling/index'
import type { Selection } from '../data/types'
import { type Graph, numberAttribute } from '../graph/graph'
import { toFloat32 } from '../graph/tensor'
import { permuted } from '../runtime/layout'
import type { ParameterSession } from '../runtime/parameter-session'
import {
  add,
  concat,
  div,
  keep,
  matMul,
  mul,
  relu,
  reshape,
  slice,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  tensor2d,
  tidy,
  zeros,
} from '../runtime/tensors'
import { observe, readWeights } from '../statistics/index'
import { precisionOf } from '../statistics/precision'
import { isRecurrent } from '../statistics/recurrent-layer'

/** What moves together: a linear operator's weight and bias, or one parameter. */
export interface Mover {
  /** Adds these gradients to what it remembers and moves its parameters by `rate` of their size. */
  step(session: ParameterSession, gradients: ReadonlyMap<string, Tensor>, rate: number): void
  /** What it remembers, for going on later. */
  read(): Float32Array[]
  write(numbers: readonly Float32Array[]): void
  dispose(): void
}

/** Decay of the remembered gradients and of their squares (Kingma and Ba, 2015). */
const KEEP_MEAN = 0.9
const KEEP_SQUARE = 0.99
const TINY = 1e-12

/** Remembers gradients and their mean squares. */
class Memory {
  private steps = 0
  private meanOf: Tensor
  private squareOf: Tensor

  constructor(
    private readonly dims: readonly number[],
    private readonly squares: readonly number[],
  ) {
    this.meanOf = zeros([...dims])
    this.squareOf = zeros([...squares])
  }

  /**
   * Mean gradient over the root of the mean square, times `size`. Runs inside a tidy scope.
   * @param share of what is given as the square that is one.
   */
  add(gradient: Tensor, squared: Tensor, size: number, share = 1): Tensor {
    this.steps++
    const next = add(this.meanOf, mul(sub(gradient, this.meanOf), 1 - KEEP_MEAN))
    const nextSquare = add(this.squareOf, mul(sub(squared, this.squareOf), 1 - KEEP_SQUARE))
    this.dispose()
    this.meanOf = keep(next)
    this.squareOf = keep(nextSquare)
    const root = sqrt(mul(nextSquare, share / (1 - KEEP_SQUARE ** this.steps)))
    // The scale is left to the smaller of the two.
    return div(next, mul(add(root, TINY), (1 - KEEP_MEAN ** this.steps) / size))
  }

  read(): Float32Array[] {
    const host = (value: Tensor) => Float32Array.from(value.dataSync())
    return [host(this.meanOf), host(this.squareOf), Float32Array.of(this.steps)]
  }

  write([first, second, steps]: readonly Float32Array[]): void {
    this.dispose()
    this.meanOf = tensorOf(first as Float32Array, this.dims)
    this.squareOf = tensorOf(second as Float32Array, this.squares)
    this.steps = (steps as Float32Array)[0] as number
  }

  dispose(): void {
    this.meanOf.dispose()
    this.squareOf.dispose()
  }
}

const tensorOf = (data: Float32Array, dims: readonly number[]): Tensor =>
  tidy(() => reshape(tensor2d(data, [1, data.length]), [...dims]))

/** One parameter by itself: Adam, its rate relative to the parameter's own size. */
class PlainMover implements Mover {
  private readonly memory: Memory
  private readonly size: number

  constructor(
    private readonly name: string,
    numbers: Float32Array,
    dims: readonly number[],
  ) {
    this.memory = new Memory(dims, dims)
    let sum = 0
    for (const value of numbers) sum += value * value
    this.size = Math.max(LEAST_SIZE, Math.sqrt(sum / Math.max(1, numbers.length)))
  }

  step(session: ParameterSession, gradients: ReadonlyMap<string, Tensor>, rate: number): void {
    tidy(() => {
      const gradient = gradients.get(this.name) as Tensor
      session.move(this.name, this.memory.add(gradient, square(gradient), rate * this.size))
    })
  }

  read = (): Float32Array[] => this.memory.read()
  write = (numbers: readonly Float32Array[]): void => this.memory.write(numbers)
  dispose = (): void => this.memory.dispose()
}

/** Root mean square below which a parameter (a bias of zeros) is moved as if it were so large. */
const LEAST_SIZE = 0.05

/**
 * A linear operator. With P = (A + ridge)^-1 = M M^T, A the second moments of its rows, W = V M^T has rows V whose
 * inputs are white: a step in V is a natural-gradient step of W as far as the operator's inputs go (Martens and Grosse,
 * ICML 2015), and one number an output, the mean square of its gradient, stands for the other factor. M itself is not
 * needed: with g the gradient of a row of W, that of V is g M, its mean square g P g^T over the number of columns, and
 * a step along it moves W by g P.
 */
class LinearMover implements Mover {
  private readonly memory: Memory
  private readonly precision: Tensor
  private readonly size: number

  /**
   * @param outputs and `outputsLast`: the weight is held as [rows - 1, outputs], or as [outputs, rows - 1].
   * @param precision P, rows squared, in the order in which the weight is held; `spread` the mean variance of the
   * operator's outputs.
   */
  constructor(
    private readonly names: { readonly weight: string; readonly bias: string | null },
    private readonly outputs: number,
    private readonly outputsLast: boolean,
    private readonly rows: number,
    precision: Float32Array,
    spread: number,
  ) {
    this.precision = tensor2d(precision, [rows, rows])
    this.memory = outputsLast ? new Memory([rows, outputs], [1, outputs]) : new Memory([outputs, rows], [outputs, 1])
    this.size = Math.sqrt(spread / rows)
  }

  step(session: ParameterSession, gradients: ReadonlyMap<string, Tensor>, rate: number): void {
    const { names, outputs, outputsLast, rows, precision } = this
    const axis = outputsLast ? 0 : 1
    const held = (count: number) => (outputsLast ? [count, outputs] : [outputs, count]) as [number, number]
    tidy(() => {
      const weight = reshape(gradients.get(names.weight) as Tensor, held(rows - 1))
      const bias = names.bias === null ? zeros(held(1)) : reshape(gradients.get(names.bias) as Tensor, held(1))
      const gradient = concat([weight, bias], axis)
      const natural = outputsLast ? matMul(precision, gradient) : matMul(gradient, precision)
      // What rounds to less than nothing is nothing.
      const squared = relu(sum(mul(gradient, natural), axis, true))
      const step = this.memory.add(natural, squared, rate * this.size, 1 / rows)
      session.move(names.weight, slice(step, [0, 0], held(rows - 1)))
      if (names.bias !== null)
        session.move(names.bias, slice(step, outputsLast ? [rows - 1, 0] : [0, rows - 1], held(1)))
    })
  }

  read = (): Float32Array[] => this.memory.read()
  write = (numbers: readonly Float32Array[]): void => this.memory.write(numbers)

  dispose(): void {
    this.memory.dispose()
    this.precision.dispose()
  }
}

/** Where the rows of a weight that is held with other axes come from, and whether its outputs are the last axis. */
function heldRows(
  dims: readonly number[],
  outputAxis: number,
  permutation: readonly number[],
): { readonly order: Int32Array; readonly outputsLast: boolean } | null {
  const place = permutation.indexOf(outputAxis)
  if (place !== 0 && place !== dims.length - 1) return null
  const rest = dims.filter((_, axis) => axis !== outputAxis)
  const count = rest.reduce((a, b) => a * b, 1)
  const numbered = { dtype: 'int32' as const, dims: rest, data: Int32Array.from({ length: count }, (_, i) => i) }
  const turned = permutation.filter((axis) => axis !== outputAxis).map((axis) => (axis > outputAxis ? axis - 1 : axis))
  return { order: permuted(numbered, turned).data as Int32Array, outputsLast: place > 0 }
}

/** P with its rows and columns in another order, the constant last. */
function reordered(precision: Float64Array, order: Int32Array): Float32Array {
  const rows = order.length + 1
  const place = (i: number) => (i < order.length ? (order[i] as number) : order.length)
  const result = new Float32Array(rows * rows)
  for (let i = 0; i < rows; i++) {
    const from = place(i) * rows
    for (let j = 0; j < rows; j++) result[i * rows + j] = precision[from + place(j)] as number
  }
  return result
}

/** Ridge of A relative to its mean diagonal: directions that hardly occur are not moved far. */
const RIDGE = 1e-2
/** Samples A is observed on unless told, positions of each map, and the most rows it may have; wider operators move number by number. */
const SAMPLES = 1024
const POSITIONS = 8
const MOST_ROWS = 1200

/** A table of word vectors: a row is moved by the few samples that have its word, and would learn them by heart. */
const isTable = (graph: Graph, name: string): boolean =>
  graph.consumers(name).every(({ op, inputs }) => op === 'Gather' && inputs[0] === name)

/**
 * How each parameter of the network moves. Linear operators whose moments can be held are moved as one; everything else
 * (depthwise kernels, scales, shifts, recurrent weights, what is shared between operators) parameter by parameter, tables not
 * at all.
 * @param graph with inferred shapes.
 */
export async function moversOf(
  graph: Graph,
  session: ParameterSession,
  calibration: Selection,
  { samples: most = SAMPLES, ...options }: { readonly batch: number; readonly seed: number; readonly samples?: number },
  hooks: { readonly signal?: AbortSignal },
): Promise<Mover[]> {
  const coupling = analyseCoupling(graph, [])
  const samples = { table: calibration.table, indices: calibration.indices.subarray(0, most) }
  const request = { moments: true, sensitivity: false, propagation: false, activations: false, gradients: false }
  const { layers } = await observe(
    graph,
    coupling,
    samples,
    request,
    { ...options, result: 'softmax', maxRows: MOST_ROWS, positions: POSITIONS },
    hooks,
  )
  const left = new Set(session.names)
  const movers: Mover[] = []
  for (const { layer, blocks } of layers.values()) {
    // The errors of a state add up over the steps, which the moments of single steps know nothing of.
    if (isRecurrent(layer)) continue
    const [block] = blocks
    const weight = graph.constants.get(layer.weightName)
    const scaled = ['alpha', 'beta'].some((name) => numberAttribute(layer.node, name, 1) !== 1)
    if (!block || !weight || blocks.length > 1 || block.mode !== 'patch' || scaled) continue
    if (!left.has(layer.weightName) || graph.consumers(layer.weightName).length > 1) continue
    const { rows, moments } = block
    const outputs = weight.dims[layer.outputAxis] as number
    const weights = readWeights(graph, layer)[0] as Float64Array
    const spread = meanVariance(weights, moments, outputs, rows)
    if (!(spread > 0)) continue
    const { permutation } = session.formOf(layer.weightName)
    const held = heldRows(weight.dims, layer.outputAxis, permutation ?? weight.dims.map((_, axis) => axis))
    if (!held) continue
    const names = {
      weight: layer.weightName,
      bias: layer.biasName !== null && left.has(layer.biasName) ? layer.biasName : null,
    }
    const precision = reordered(precisionOf(moments, rows, RIDGE), held.order)
    movers.push(new LinearMover(names, outputs, held.outputsLast, rows, precision, spread))
    for (const name of Object.values(names)) if (name !== null) left.delete(name)
  }
  for (const name of left) {
    const constant = graph.constants.get(name)
    if (constant && !isTable(graph, name))
      movers.push(new PlainMover(name, toFloat32(constant), session.formOf(name).dims))
  }
  return movers
}

/** Mean over outputs of w^T Cov w, with the covariance of the rows without the constant. */
function meanVariance(weights: Float64Array, moments: Float64Array, outputs: number, rows: number): number {
  const last = rows - 1
  let total = 0
  for (let o = 0; o < outputs; o++) {
    const from = o * rows
    for (let i = 0; i < last; i++) {
      const w = weights[from + i] as number
      const m = moments[i * rows + last] as number
      let sum = 0
      for (let j = 0; j < last; j++) {
        const covariance = (moments[i * rows + j] as number) - m * (moments[j * rows + last] as number)
        sum += covariance * (weights[from + j] as number)
      }
      total += w * sum
    }
  }
  return total / outputs
}

/** Steps for the parameters of a network: natural in the inputs of linear operators, scaled by the gradient elsewhere. */
import { analyseCoupling, type Layer } from '../coupling/index'
import type { Selection } from '../data/types'
import { type Graph, numberAttribute } from '../graph/graph'
import { toFloat32 } from '../graph/tensor'
import type { ParameterSession } from '../runtime/parameter-session'
import {
  add,
  concat,
  div,
  keep,
  matMul,
  mean,
  mul,
  reshape,
  slice,
  sqrt,
  square,
  type Tensor,
  tensor2d,
  tidy,
  transpose,
  zeros,
} from '../runtime/tensors'
import { observe, readWeights } from '../statistics/index'
import { cholesky } from '../statistics/linear-algebra'
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

  /** Mean gradient over the root of the mean square. The caller disposes it. */
  add(gradient: Tensor, squared: Tensor): Tensor {
    this.steps++
    const [next, nextSquare] = tidy(() => [
      add(mul(this.meanOf, KEEP_MEAN), mul(gradient, 1 - KEEP_MEAN)),
      add(mul(this.squareOf, KEEP_SQUARE), mul(squared, 1 - KEEP_SQUARE)),
    ]) as [Tensor, Tensor]
    this.dispose()
    this.meanOf = keep(next)
    this.squareOf = keep(nextSquare)
    return tidy(() => {
      const size = sqrt(mul(this.squareOf, 1 / (1 - KEEP_SQUARE ** this.steps)))
      return div(mul(this.meanOf, 1 / (1 - KEEP_MEAN ** this.steps)), add(size, TINY))
    })
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
      session.move(this.name, mul(this.memory.add(gradient, square(gradient)), rate * this.size))
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
 * ICML 2015), and one number an output, the mean square of its gradient, stands for the other factor.
 */
class LinearMover implements Mover {
  private readonly memory: Memory
  private readonly factor: Tensor
  private readonly size: number

  /** @param precision P, rows squared; `spread` the mean variance of the operator's outputs. */
  constructor(
    private readonly layer: Layer,
    private readonly outputs: number,
    private readonly rows: number,
    precision: Float64Array,
    spread: number,
  ) {
    cholesky(precision, rows)
    const lower = new Float32Array(rows * rows)
    for (let i = 0; i < rows; i++) for (let j = 0; j <= i; j++) lower[i * rows + j] = precision[i * rows + j] as number
    this.factor = tensor2d(lower, [rows, rows])
    this.memory = new Memory([outputs, rows], [outputs, 1])
    this.size = Math.sqrt(spread / rows)
  }

  private get turned(): boolean {
    return this.layer.kind === 'dense' && this.layer.outputAxis === 1
  }

  step(session: ParameterSession, gradients: ReadonlyMap<string, Tensor>, rate: number): void {
    const { layer, outputs, rows, factor } = this
    tidy(() => {
      const own = gradients.get(layer.weightName) as Tensor
      const columns = this.turned ? transpose(own) : reshape(own, [outputs, rows - 1])
      const bias = layer.biasName === null ? null : gradients.get(layer.biasName)
      const last = bias ? reshape(bias, [outputs, 1]) : zeros([outputs, 1])
      const gradient = matMul(concat([columns, last], 1), factor)
      const whitened = this.memory.add(gradient, mean(square(gradient), 1, true))
      const step = matMul(mul(whitened, rate * this.size), factor, false, true)
      const weight = slice(step, [0, 0], [outputs, rows - 1])
      const dims = session.dimsOf(layer.weightName)
      session.move(layer.weightName, this.turned ? transpose(weight) : reshape(weight, [...dims]))
      if (bias) session.move(layer.biasName as string, reshape(slice(step, [0, rows - 1], [outputs, 1]), bias.shape))
    })
  }

  read = (): Float32Array[] => this.memory.read()
  write = (numbers: readonly Float32Array[]): void => this.memory.write(numbers)

  dispose(): void {
    this.memory.dispose()
    this.factor.dispose()
  }
}

/** Ridge of A relative to its mean diagonal: directions that hardly occur are not moved far. */
const RIDGE = 1e-2
/** Samples A is observed on, positions of each map, and the most rows it may have; wider operators move number by number. */
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
  options: { readonly batch: number; readonly seed: number },
  hooks: { readonly signal?: AbortSignal },
): Promise<Mover[]> {
  const coupling = analyseCoupling(graph, [])
  const samples = { table: calibration.table, indices: calibration.indices.subarray(0, SAMPLES) }
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
    const own = layer.biasName !== null && left.has(layer.biasName) ? layer : { ...layer, biasName: null }
    movers.push(new LinearMover(own, outputs, rows, precisionOf(moments, rows, RIDGE), spread))
    left.delete(layer.weightName)
    if (own.biasName !== null) left.delete(own.biasName)
  }
  for (const name of left) {
    const constant = graph.constants.get(name)
    if (constant && !isTable(graph, name)) movers.push(new PlainMover(name, toFloat32(constant), constant.dims))
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

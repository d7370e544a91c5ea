/** A terse builder of small graphs for tests: every layer method answers the name of the value it makes. */
import seedrandom from 'seedrandom'
import {
  type Attribute,
  attributes,
  Graph,
  type GraphNode,
  int,
  ints,
  type Shape,
} from '../../../src/engine/graph/graph'
import { float32, int64, sizeOf, type TensorData } from '../../../src/engine/graph/tensor'
import { verify } from '../../../src/engine/graph/topology'
import { inferShapes } from '../../../src/engine/ops/infer'

export class TestNetwork {
  readonly nodes: GraphNode[] = []
  readonly constants = new Map<string, TensorData>()
  readonly random: () => number
  private count = 0
  private readonly inputShape: Shape

  constructor(seed: string | number, inputShape: Shape = ['batch', 3, 8, 8]) {
    this.random = seedrandom.alea(String(seed))
    this.inputShape = inputShape
  }

  /** Uniform in [-1, 1], scaled so that activations keep their size. */
  weight(dims: readonly number[], scale = Math.sqrt(3 / Math.max(1, sizeOf(dims.slice(1)))), shift = 0): string {
    const name = `w${this.constants.size}`
    this.constants.set(
      name,
      float32(
        dims,
        Float32Array.from({ length: sizeOf(dims) }, () => shift + scale * (2 * this.random() - 1)),
      ),
    )
    return name
  }

  sizes(values: readonly number[]): string {
    const name = `s${this.constants.size}`
    this.constants.set(name, int64([values.length], values))
    return name
  }

  node(op: string, inputs: readonly string[], at: Record<string, Attribute> = {}, outputs = 1): string[] {
    const name = `${op.toLowerCase()}${this.count++}`
    const names = Array.from({ length: outputs }, (_, i) => (i === 0 ? name : `${name}.${i}`))
    this.nodes.push({ name, op, domain: '', inputs, outputs: names, attributes: attributes(at) })
    return names
  }

  one(op: string, inputs: readonly string[], at: Record<string, Attribute> = {}): string {
    return this.node(op, inputs, at)[0] as string
  }

  conv(
    x: string,
    inputs: number,
    outputs: number,
    kernel = 3,
    options: { groups?: number; stride?: number; bias?: boolean } = {},
  ): string {
    const { groups = 1, stride = 1, bias = true } = options
    const pad = Math.floor(kernel / 2)
    const operands = [x, this.weight([outputs, inputs / groups, kernel, kernel])]
    if (bias) operands.push(this.weight([outputs], 0.5))
    return this.one('Conv', operands, {
      kernel_shape: ints([kernel, kernel]),
      pads: ints([pad, pad, pad, pad]),
      strides: ints([stride, stride]),
      group: int(groups),
    })
  }

  batchNorm(x: string, channels: number): string {
    const dims = [channels]
    return this.one('BatchNormalization', [
      x,
      this.weight(dims, 0.5, 1),
      this.weight(dims, 0.5),
      this.weight(dims, 0.5),
      this.weight(dims, 0.5, 1),
    ])
  }

  dense(x: string, inputs: number, outputs: number): string {
    return this.one('Gemm', [x, this.weight([outputs, inputs]), this.weight([outputs], 0.5)], { transB: int(1) })
  }

  /** Verified, with inferred shapes. */
  graph(outputs: readonly string[]): Graph {
    return inferShapes(
      verify(
        new Graph({
          name: 'test',
          inputs: [{ name: 'x', dtype: 'float32', shape: this.inputShape }],
          outputs: outputs.map((name) => ({ name, dtype: 'float32', shape: null })),
          nodes: this.nodes,
          constants: this.constants,
        }),
      ),
    )
  }
}

/** Builds small networks over token ids as graphs, operator by operator, with seeded initial weights. */
import { EspalierError } from '../../contract/errors'
import { type RandomStream, stream } from '../data/rng'
import { type Attribute, attributes, float, Graph, type GraphNode, int, ints } from '../graph/graph'
import { float32, int64, type TensorData } from '../graph/tensor'
import { verify } from '../graph/topology'
import { inferShapes } from '../ops/infer'
import type { ArchitectureOptions } from './architecture'

/** Longer texts are cut. */
const LONGEST = 40

/** Grows a graph over token ids [batch, length], 0 for padding; every method answers the value it made. */
export class TextBuilder {
  /** Tokens that the network reads. */
  readonly length: number
  private readonly nodes: GraphNode[] = []
  private readonly constants = new Map<string, TensorData>()
  private readonly random: RandomStream

  /** @throws SHAPE_MISMATCH where samples are no texts */
  constructor(
    private readonly name: string,
    private readonly options: ArchitectureOptions,
  ) {
    const [length] = options.sampleShape
    if (options.sampleShape.length !== 1 || length === undefined || !options.vocabulary) {
      throw new EspalierError(
        'SHAPE_MISMATCH',
        `${name} reads texts, but a sample of this data has the shape [${options.sampleShape.join(', ')}]. Choose JSONL or CSV files with texts and labels.`,
      )
    }
    this.length = Math.min(length, LONGEST)
    this.random = stream(options.seed, `initial weights of ${name}`)
  }

  /** Any operator with one output of this name. */
  node(op: string, name: string, inputs: readonly string[], values: Record<string, Attribute> = {}): string {
    const output = `${name}.out`
    this.nodes.push({ name, op, domain: '', inputs, outputs: [output], attributes: attributes(values) })
    return output
  }

  /** Normal numbers of the given deviation. */
  weight(name: string, dims: readonly number[], deviation: number): string {
    const data = new Float32Array(dims.reduce((product, extent) => product * extent, 1))
    for (let i = 0; i < data.length; i++) data[i] = deviation * this.random.normal()
    this.constants.set(name, float32(dims, data))
    return name
  }

  filled(name: string, dims: readonly number[], value: number): string {
    this.constants.set(name, float32(dims, new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(value)))
    return name
  }

  whole(name: string, values: readonly number[]): string {
    this.constants.set(name, int64([values.length], values))
    return name
  }

  /** Vectors of the tokens, [batch, length, width]; that of padding is zero. */
  embedding(width: number): string {
    const name = this.weight('embedding.weight', [this.options.vocabulary as number, width], 0.1)
    this.constants.get(name)?.data.fill(0 as never, 0, width)
    return this.node('Gather', 'embedding', [name, 'input'], { axis: int(0) })
  }

  /** 1 where a token is and 0 at padding, [batch, length]. */
  presence(): string {
    this.constants.set('padding', int64([], [0]))
    const empty = this.node('Equal', 'is-padding', ['input', 'padding'])
    return this.node('Cast', 'presence', [this.node('Not', 'is-token', [empty])], { to: int(1) })
  }

  /** y = x W + b over the last axis. */
  dense(name: string, x: string, inputs: number, outputs: number): string {
    const product = this.node('MatMul', `${name}.product`, [
      x,
      this.weight(`${name}.weight`, [inputs, outputs], Math.sqrt(1 / inputs)),
    ])
    return this.node('Add', name, [product, this.filled(`${name}.bias`, [outputs], 0)])
  }

  normalised(name: string, x: string, width: number): string {
    const scale = this.filled(`${name}.scale`, [width], 1)
    return this.node('LayerNormalization', name, [x, scale, this.filled(`${name}.bias`, [width], 0)], {
      axis: int(-1),
      epsilon: float(1e-5),
    })
  }

  transpose = (name: string, x: string, order: readonly number[]): string =>
    this.node('Transpose', name, [x], { perm: ints(order) })

  reshape = (name: string, x: string, shape: readonly number[]): string =>
    this.node('Reshape', name, [x, this.whole(`${name}.shape`, shape)])

  /** The finished network: a dense layer on features [batch, inputs]. */
  classifier(features: string, inputs: number): Graph {
    const { classes } = this.options
    this.node('Gemm', 'classifier', [
      features,
      this.weight('classifier.weight', [inputs, classes], Math.sqrt(1 / inputs)),
      this.filled('classifier.bias', [classes], 0),
    ])
    const nodes = this.nodes.map((node) => (node.name === 'classifier' ? { ...node, outputs: ['output'] } : node))
    return inferShapes(
      verify(
        new Graph({
          name: this.name,
          inputs: [{ name: 'input', dtype: 'int64', shape: ['batch', this.length] }],
          outputs: [{ name: 'output', dtype: 'float32', shape: ['batch', classes] }],
          nodes,
          constants: this.constants,
          metadata: new Map([['producer_name', 'espalier']]),
        }),
      ),
    )
  }
}

/** Builds small convolutional networks as graphs, layer by layer, with seeded He initialisation. */
import { EspalierError } from '../../contract/errors'
import { type RandomStream, stream } from '../data/rng'
import { type Attribute, attributes, float, Graph, type GraphNode, int, ints } from '../graph/graph'
import { float32, type TensorData } from '../graph/tensor'
import { verify } from '../graph/topology'
import { inferShapes } from '../ops/infer'

/** A value under construction: its name and the shape of one sample, [C, H, W] or [features]. */
export interface Layer {
  readonly name: string
  readonly shape: readonly number[]
}

export interface ConvolutionOptions {
  readonly stride?: number
  readonly padding?: number
  readonly groups?: number
  /** false where a BatchNorm follows and would cancel it. */
  readonly bias?: boolean
}

/** Grows a graph by appending layers; every method answers the value it made. */
export class NetworkBuilder {
  private readonly nodes: GraphNode[] = []
  private readonly constants = new Map<string, TensorData>()
  private readonly random: RandomStream
  private readonly name: string
  readonly input: Layer

  /**
   * @param shape of one sample, [C, H, W]
   * @param seed decides every initial weight
   */
  constructor(name: string, shape: readonly number[], seed: number) {
    this.name = name
    this.input = { name: 'input', shape }
    this.random = stream(seed, `initial weights of ${name}`)
  }

  /** Convolution with OIHW weights from N(0, 2 / fan-in) (He et al. 2015, eq. 10). @throws SHAPE_MISMATCH */
  convolution(name: string, from: Layer, channels: number, kernel: number, options: ConvolutionOptions = {}): Layer {
    const { stride = 1, padding = 0, groups = 1, bias = true } = options
    const [inputChannels, height, width] = this.image(name, from)
    const perGroup = inputChannels / groups
    const outputExtent = (extent: number) => Math.floor((extent + 2 * padding - kernel) / stride) + 1
    const shape = [channels, outputExtent(height), outputExtent(width)]
    this.refuseVanishing(name, shape)
    const inputs = [
      from.name,
      this.parameter(`${name}.weight`, [channels, perGroup, kernel, kernel], perGroup * kernel * kernel),
    ]
    if (bias) inputs.push(this.filled(`${name}.bias`, channels, 0))
    return this.append(name, 'Conv', inputs, shape, {
      kernel_shape: ints([kernel, kernel]),
      strides: ints([stride, stride]),
      pads: ints([padding, padding, padding, padding]),
      dilations: ints([1, 1]),
      group: int(groups),
    })
  }

  /** BatchNorm that starts as the identity on normalised features. */
  batchNorm(name: string, from: Layer): Layer {
    const channels = from.shape[0] as number
    const inputs = [
      from.name,
      this.filled(`${name}.scale`, channels, 1),
      this.filled(`${name}.bias`, channels, 0),
      this.filled(`${name}.mean`, channels, 0),
      this.filled(`${name}.variance`, channels, 1),
    ]
    return this.append(name, 'BatchNormalization', inputs, from.shape, { epsilon: float(1e-5), momentum: float(0.9) })
  }

  relu(name: string, from: Layer): Layer {
    return this.append(name, 'Relu', [from.name], from.shape)
  }

  /** min(max(x, 0), 6). */
  relu6(name: string, from: Layer): Layer {
    const [low, high] = [`${name}.min`, `${name}.max`]
    this.constants.set(low, float32([], [0]))
    this.constants.set(high, float32([], [6]))
    return this.append(name, 'Clip', [from.name, low, high], from.shape)
  }

  /** Windows of `size` at a step of `size`; what does not fill a window at the border is dropped. */
  maxPool(name: string, from: Layer, size: number): Layer {
    const [channels, height, width] = this.image(name, from)
    const shape = [channels, Math.floor(height / size), Math.floor(width / size)]
    this.refuseVanishing(name, shape)
    return this.append(name, 'MaxPool', [from.name], shape, {
      kernel_shape: ints([size, size]),
      strides: ints([size, size]),
      pads: ints([0, 0, 0, 0]),
    })
  }

  globalAveragePool(name: string, from: Layer): Layer {
    return this.append(name, 'GlobalAveragePool', [from.name], [from.shape[0] as number, 1, 1])
  }

  /** The sum of two values of one shape: a residual connection. @throws SHAPE_MISMATCH */
  add(name: string, a: Layer, b: Layer): Layer {
    if (a.shape.join() !== b.shape.join()) {
      throw new EspalierError(
        'SHAPE_MISMATCH',
        `The residual connection "${name}" would add [${a.shape}] to [${b.shape}]. Give both branches the same width and stride.`,
      )
    }
    return this.append(name, 'Add', [a.name, b.name], a.shape)
  }

  flatten(name: string, from: Layer): Layer {
    const features = from.shape.reduce((product, extent) => product * extent, 1)
    return this.append(name, 'Flatten', [from.name], [features], { axis: int(1) })
  }

  /** y = W x + b with W [features, inputs] from N(0, 2 / inputs). */
  dense(name: string, from: Layer, features: number): Layer {
    const inputs = from.shape[0] as number
    const operands = [
      from.name,
      this.parameter(`${name}.weight`, [features, inputs], inputs),
      this.filled(`${name}.bias`, features, 0),
    ]
    return this.append(name, 'Gemm', operands, [features], { transB: int(1) })
  }

  /** The finished network with its shapes inferred; the last layer's value becomes `output`. */
  build(last: Layer): Graph {
    const nodes = this.nodes.map((node) => ({
      ...node,
      outputs: node.outputs.map((output) => (output === last.name ? 'output' : output)),
    }))
    return inferShapes(
      verify(
        new Graph({
          name: this.name,
          inputs: [{ name: 'input', dtype: 'float32', shape: ['batch', ...this.input.shape] }],
          outputs: [{ name: 'output', dtype: 'float32', shape: ['batch', ...last.shape] }],
          nodes,
          constants: this.constants,
          metadata: new Map([['producer_name', 'espalier']]),
        }),
      ),
    )
  }

  private append(
    name: string,
    op: string,
    inputs: readonly string[],
    shape: readonly number[],
    values: Record<string, Attribute> = {},
  ): Layer {
    const output = `${name}.out`
    this.nodes.push({ name, op, domain: '', inputs, outputs: [output], attributes: attributes(values) })
    return { name: output, shape }
  }

  private image(name: string, from: Layer): readonly [number, number, number] {
    const [channels, height, width] = from.shape
    if (channels === undefined || height === undefined || width === undefined) {
      throw new EspalierError(
        'SHAPE_MISMATCH',
        `Layer "${name}" reads images, but a sample has the shape [${from.shape}]. Choose data with samples of [channels, height, width].`,
      )
    }
    return [channels, height, width]
  }

  private refuseVanishing(name: string, shape: readonly number[]): void {
    if (shape.every((extent) => extent > 0)) return
    throw new EspalierError(
      'SHAPE_MISMATCH',
      `Samples of [${this.input.shape}] are too small for ${this.name}: nothing would be left after layer "${name}". Choose larger images or another architecture.`,
    )
  }

  private parameter(name: string, dims: readonly number[], fanIn: number): string {
    const deviation = Math.sqrt(2 / fanIn)
    const values = new Float32Array(dims.reduce((product, extent) => product * extent, 1))
    for (let i = 0; i < values.length; i++) values[i] = deviation * this.random.normal()
    this.constants.set(name, float32(dims, values))
    return name
  }

  private filled(name: string, count: number, value: number): string {
    this.constants.set(name, float32([count], new Float32Array(count).fill(value)))
    return name
  }
}

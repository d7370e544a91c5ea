/** Layers with their weights -> canonical graph. */
import { EspalierError } from '../../../contract/errors'
import type { Sentence } from '../../../contract/sentences'
import { type Graph, int, type Shape } from '../../graph/graph'
import { Lift, type Lifted } from '../lift/builder'
import { type LayerCall, type LayerSpec, layerOf, type NetworkSpec, noArguments, type Reference } from './config'
import { attentionLayers } from './layers/attention'
import { convolutionalLstms } from './layers/convolutional-lstm'
import { moreOperations } from './layers/more-operations'
import { operationLayers } from './layers/operations'
import { plainLayers } from './layers/plain'
import { recurrentLayers } from './layers/recurrent'
import type { LayerContext, LayerRule, LayerWeights } from './layers/rule'
import { weightedLayers } from './layers/weighted'
import { checkMask, maskAfter } from './masks'

/** Where the weights of a layer are; `path` names the networks it lies in, outermost first. */
export interface WeightSource {
  weightsOf(layer: LayerSpec, path: readonly LayerSpec[]): LayerWeights
}

const rules: ReadonlyMap<string, LayerRule> = new Map(
  Object.entries({
    ...plainLayers,
    ...weightedLayers,
    ...recurrentLayers,
    ...convolutionalLstms,
    ...attentionLayers,
    ...operationLayers,
    ...moreOperations,
  }),
)

/**
 * Keras 2 counts the making of a network that is used as a layer as its first call.
 * @returns the number of each layer's first call
 */
function firstCalls(network: NetworkSpec): ReadonlyMap<string, number> {
  const last = new Map<string, number>()
  const references = network.layers.flatMap((layer) => layer.calls.flatMap((call) => call.inputs))
  for (const { layer, call } of [...references, ...network.outputs])
    last.set(layer, Math.max(call, last.get(layer) ?? 0))
  return new Map(
    network.layers
      .filter((layer) => layer.nested && (last.get(layer.name) ?? 0) >= layer.calls.length)
      .map((layer) => [layer.name, 1]),
  )
}

const key = ({ layer, call, tensor }: Reference) => `${layer} ${call} ${tensor}`

class Builder {
  /** Every weight of a layer once, however often it is called. */
  private readonly weights = new Map<LayerSpec, LayerWeights>()

  constructor(
    private readonly lift: Lift,
    private readonly source: WeightSource,
    private readonly older: boolean,
  ) {}

  /** @param given values of the network's inputs */
  network(network: NetworkSpec, given: readonly Lifted[], path: readonly LayerSpec[], prefix: string): Lifted[] {
    const values = new Map<string, Lifted>()
    network.inputs.forEach((input, i) => {
      const value = given[i]
      if (!value)
        this.lift.invalid(
          `The network "${network.name}" is given ${given.length} of its ${network.inputs.length} inputs.`,
        )
      values.set(key(input), value as Lifted)
    })
    const first = firstCalls(network)
    let waiting = network.layers.flatMap((layer) => layer.calls.map((_, index) => ({ layer, index })))
    while (waiting.length > 0) {
      const later: typeof waiting = []
      for (const { layer, index } of waiting) {
        const call = layer.calls[index] as LayerCall
        const read = call.inputs.map((input) => values.get(key(input)))
        const given = call.mask && values.get(key(call.mask))
        if (read.some((input) => input === undefined) || (call.mask && !given)) {
          later.push({ layer, index })
          continue
        }
        const inputs = (read as Lifted[]).map((x) => (given ? { ...x, mask: this.lift.last(given) } : x))
        const name = `${prefix}${layer.name}${index > 0 ? `_${index}` : ''}`
        checkMask(this.lift, layer, inputs, call.options)
        const outputs = this.layer(layer, inputs, call, path, name)
        const mask = layer.nested ? undefined : maskAfter(this.lift, layer, inputs, outputs, name, this.older)
        // Keras 3 takes the masks off what its MultiHeadAttention has read: layers behind see none.
        if (!this.older && layer.kind === 'MultiHeadAttention')
          for (const input of call.inputs)
            values.set(key(input), { ...(values.get(key(input)) as Lifted), mask: undefined })
        for (const [tensor, value] of outputs.entries()) {
          const made = layer.nested ? value : { ...value, mask: tensor === 0 ? mask : undefined }
          values.set(key({ layer: layer.name, call: index + (first.get(layer.name) ?? 0), tensor }), made)
        }
      }
      if (later.length === waiting.length) {
        const [{ layer }] = later as [(typeof later)[number]]
        this.lift.invalid(`The layer "${layer.name}" reads what no layer before it computes.`)
      }
      waiting = later
    }
    return network.outputs.map(
      (output) =>
        values.get(key(output)) ??
        this.lift.invalid(`The output "${output.layer}" of the network is computed by no layer.`),
    )
  }

  private layer(
    layer: LayerSpec,
    inputs: readonly Lifted[],
    { options, named, args }: Pick<LayerContext, 'options' | 'named' | 'args'>,
    path: readonly LayerSpec[],
    name: string,
  ): readonly Lifted[] {
    if (layer.nested) return this.network(layer.nested, inputs, [...path, layer], `${name}/`)
    if (layer.kind === 'TimeDistributed') return this.everyStep(layer, inputs, path, name)
    if (layer.kind === 'SpectralNormalization')
      return this.layer(this.inside(layer, path), inputs, noArguments, path, name)
    const rule = rules.get(layer.kind)
    if (!rule) {
      throw new EspalierError(
        'MODEL_UNSUPPORTED_OPERATOR',
        `The layer "${layer.name}" is of the class ${layer.kind}, which Espalier does not know. Export the network to ONNX (tf2onnx) and open that, or leave the layer out.`,
      )
    }
    const [x] = inputs
    if (!x) return this.lift.invalid(`The layer "${layer.name}" has no input.`)
    const given = this.weights.get(layer) ?? this.source.weightsOf(layer, path)
    this.weights.set(layer, given)
    const made = rule({
      lift: this.lift,
      name,
      kind: layer.kind,
      config: layer.config,
      options,
      named,
      args,
      inputs,
      x,
      older: this.older,
      weightCount: given.length,
      weight: (i, part) => {
        const data = given[i]
        if (data)
          return this.lift.constant(`${path.map((each) => `${each.name}/`).join('')}${layer.name}/${part}`, data)
        return this.lift.invalid(
          `The layer "${layer.name}" (${layer.kind}) has ${given.length} weights, so its ${part} is missing.`,
        )
      },
    })
    return Array.isArray(made) ? made : [made as Lifted]
  }

  /** The layer that a wrapper holds, with the weights that it keeps for it. */
  private inside(layer: LayerSpec, path: readonly LayerSpec[]): LayerSpec {
    const inner = layer.config.layer as { class_name?: unknown; config?: Record<string, unknown> } | undefined
    const plain: LayerSpec = { ...layer, kind: String(inner?.class_name), config: inner?.config ?? {} }
    this.weights.set(plain, this.source.weightsOf(layer, path))
    return plain
  }

  /** A dense layer treats every step alike by itself; for others the steps are samples. */
  private everyStep(
    layer: LayerSpec,
    inputs: readonly Lifted[],
    path: readonly LayerSpec[],
    name: string,
  ): readonly Lifted[] {
    const inner = layer.config.layer as { class_name?: unknown; config?: Record<string, unknown> } | undefined
    const kind = String(inner?.class_name)
    const [x] = inputs
    const { nested } = layerOf(inner, path.length)
    const alike = kind === 'Dense' || kind === 'Activation'
    if (!x || (!nested && !rules.has(kind))) {
      return this.lift.refuse(
        `The layer "${layer.name}" repeats a ${kind} over time, which Espalier does not read; it reads repeated networks, and layers that it reads once.`,
      )
    }
    if (alike) return this.layer(this.inside(layer, path), inputs, noArguments, path, name)
    const { lift } = this
    const part = (of: string, value: string, from: number, to: number) =>
      lift.node('Slice', `${name}/${of}`, [
        value,
        lift.numbers('starts', [from]),
        lift.numbers('ends', [to]),
        lift.numbers('axes', [0]),
      ])
    const joined = (of: string, parts: readonly string[]) =>
      lift.node('Concat', `${name}/${of}`, parts, { axis: int(0) })
    const shape = lift.node('Shape', `${name}/shape`, [lift.last(x)])
    const each = joined('sample', [lift.numbers('rest', [-1]), part('extents', shape, 2, x.rank)])
    const samples = lift.node('Reshape', `${name}/samples`, [lift.last(x), each])
    const given: Lifted = { value: samples, rank: x.rank - 1, first: false, dtype: x.dtype }
    const [y] = (
      nested
        ? this.network(nested, [given], [...path, { ...layer, nested }], `${name}/each/`)
        : this.layer(this.inside(layer, path), [given], noArguments, path, `${name}/each`)
    ) as [Lifted]
    const made = lift.node('Shape', `${name}/made`, [lift.last(y)])
    const all = joined('steps', [part('outer', shape, 0, 2), part('inner', made, 1, y.rank)])
    return [{ ...y, value: lift.node('Reshape', name, [lift.last(y), all]), rank: y.rank + 1, first: false }]
  }
}

function declaredShape(layer: LayerSpec): readonly (number | null)[] | undefined {
  const given = layer.config.batch_shape ?? layer.config.batch_input_shape ?? layer.config.batchInputShape
  const flat = Array.isArray(given) && given.length === 1 && Array.isArray(given[0]) ? given[0] : given
  if (Array.isArray(flat) && flat.every((dim) => dim === null || (Number.isSafeInteger(dim) && dim > 0))) return flat
  const without = layer.config.shape ?? layer.config.input_shape
  return Array.isArray(without) ? [null, ...without] : undefined
}

const isEmbedding = (layer: LayerSpec | undefined): boolean =>
  layer?.kind === 'Embedding' || (layer?.nested !== undefined && isEmbedding(layer.nested.layers[1]))

function addInput(lift: Lift, network: NetworkSpec, { layer: name }: Reference): Lifted {
  const layer = network.layers.find((each) => each.name === name)
  // A network may begin with a network: the shape is then that of its first layer.
  const shape =
    layer && (declaredShape(layer) ?? (layer.nested ? declaredShape(layer.nested.layers[0] as LayerSpec) : undefined))
  if (!shape) {
    return lift.refuse(
      `The input "${name}" of the network has no known shape. Build the network with an input shape and save it again.`,
    )
  }
  const dims: Shape = shape.map((dim, axis) => dim ?? (axis === 0 ? 'batch' : `${name}_${axis}`))
  const readers = network.layers.filter((each) =>
    each.calls.some((call) => call.inputs.some((input) => input.layer === name)),
  )
  const ids = readers.length > 0 && readers.every(isEmbedding)
  const firsts = network.layers.some((each) => each.config.data_format === 'channels_first')
  return lift.input(
    name,
    dims,
    ids || /int/.test(String(layer?.config.dtype ?? '')) ? 'int32' : 'float32',
    dims.length > 3 && !ids && !firsts,
  )
}

/**
 * @param older written by Keras 2 or TF.js
 * @throws MODEL_INVALID, MODEL_UNSUPPORTED_OPERATOR, MODEL_UNSUPPORTED_FEATURE, MODEL_NON_FINITE, SHAPE_MISMATCH
 */
export function buildNetwork(
  network: NetworkSpec,
  source: WeightSource,
  format: 'keras' | 'tfjs',
  older: boolean,
  notes: Sentence[],
): Graph {
  const lift = new Lift(network.name, format)
  const ends = network.outputs.map((output, i) => outputName(network, output, i))
  const names = new Set(network.inputs.map((input) => input.layer))
  lift.reserve(ends.filter((end) => !names.has(end)))
  const inputs = network.inputs.map((input) => addInput(lift, network, input))
  const outputs = new Builder(lift, source, older).network(network, inputs, [], '')
  for (const [i, output] of outputs.entries()) lift.output(ends[i] as string, output)
  return lift.finish(notes)
}

/** As Keras names them: after the layer; several outputs of one layer are told apart by their place. */
function outputName(network: NetworkSpec, output: Reference, i: number): string {
  const earlier = network.outputs.slice(0, i).filter((each) => each.layer === output.layer).length
  return earlier === 0 ? output.layer : `${output.layer}_${earlier}`
}

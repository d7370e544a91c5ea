/** Keras' configurations (versions 2 and 3, sequential and functional) as one form: layers and what each call reads. */
import { EspalierError } from '../../../contract/errors'
import { isObject, type Json, listOf, objectOf, textOf } from '../json'
import { asOperation, operationKinds } from './tf-operations'

/** Output `tensor` of call `call` of a layer. */
export interface Reference {
  readonly layer: string
  readonly call: number
  readonly tensor: number
}

export interface LayerCall {
  readonly inputs: readonly Reference[]
  /** Arguments beside the inputs: `training`, and the value of an attention. */
  readonly options: Json
  /** Which of the inputs an argument names. */
  readonly named: ReadonlyMap<string, number>
  /** Arguments by position, tensors among them (version 3). */
  readonly args: readonly unknown[]
  /** Which steps count, where the call says so (version 3). */
  readonly mask?: Reference
}

export interface LayerSpec {
  /** Keras' class: `Conv2D`. */
  readonly kind: string
  readonly name: string
  readonly config: Json
  readonly calls: readonly LayerCall[]
  /** A network used as a layer. */
  readonly nested?: NetworkSpec
}

export interface NetworkSpec {
  readonly name: string
  readonly layers: readonly LayerSpec[]
  readonly inputs: readonly Reference[]
  readonly outputs: readonly Reference[]
  /** Names the file gives to outputs, where it gives any. */
  readonly functional: boolean
}

/** A call of values alone. */
export const noArguments: Omit<LayerCall, 'inputs' | 'mask'> = { options: {}, named: new Map(), args: [] }

const networks = new Set(['Sequential', 'Functional', 'Model'])
const deepest = 32

const isTensor = (value: unknown): value is Json => isObject(value) && value.class_name === '__keras_tensor__'

function referenceOf(list: unknown, what: string): Reference {
  const [layer, call, tensor] = listOf(list, what)
  return { layer: textOf(layer, what), call: Number(call ?? 0), tensor: Number(tensor ?? 0) }
}

/** Tensors anywhere in the arguments of version 3, in order. */
function tensorsIn(value: unknown, found: Reference[], depth = 0): Reference[] {
  if (depth > deepest) return found
  if (isTensor(value)) {
    const { keras_history: history } = objectOf(value.config, 'A tensor of the configuration')
    found.push(referenceOf(history, 'The origin of a tensor'))
  } else if (Array.isArray(value)) for (const each of value) tensorsIn(each, found, depth + 1)
  else if (isObject(value)) for (const each of Object.values(value)) tensorsIn(each, found, depth + 1)
  return found
}

function callOf(node: unknown, what: string): LayerCall {
  if (isObject(node)) {
    const { mask, ...options } = objectOf(node.kwargs ?? {}, what)
    const [only] = isTensor(mask) ? tensorsIn(mask, []) : []
    const beside = only ? options : { ...options, ...(mask === undefined ? {} : { mask }) }
    const inputs = tensorsIn(node.args ?? [], [])
    const named = new Map<string, number>()
    for (const [key, value] of Object.entries(beside)) {
      if (isTensor(value)) named.set(key, inputs.length)
      tensorsIn(value, inputs)
    }
    return {
      inputs,
      options: beside,
      named,
      args: Array.isArray(node.args) ? node.args : [],
      ...(only ? { mask: only } : {}),
    }
  }
  const inputs: Reference[] = []
  const named = new Map<string, number>()
  let options: Json = {}
  // One input is a list itself in some writers of version 2.
  const entries = listOf(node, what)
  for (const entry of typeof entries[0] === 'string' ? [entries] : entries) {
    inputs.push(referenceOf(entry, what))
    const given = (entry as unknown[])[3]
    if (isObject(given)) {
      options = { ...options, ...given }
      for (const [key, value] of Object.entries(given)) {
        const tensor = Array.isArray(value) && typeof value[0] === 'string' && value.length >= 3
        if (!tensor) continue
        named.set(key, inputs.length)
        inputs.push(referenceOf(value, what))
      }
    }
  }
  return { inputs, options, named, args: [] }
}

/** Ends of a network: one reference, a list, or a map of them. */
function endsOf(value: unknown, what: string): Reference[] {
  if (isObject(value)) return Object.values(value).flatMap((each) => endsOf(each, what))
  const list = listOf(value, what)
  return typeof list[0] === 'string' ? [referenceOf(list, what)] : list.flatMap((each) => endsOf(each, what))
}

/** @param depth how many networks it lies in */
export function layerOf(json: unknown, depth: number): LayerSpec {
  const given = objectOf(json, 'A layer of the configuration')
  const layer = operationKinds.has(String(given.class_name)) ? asOperation(given) : given
  const kind = textOf(layer.class_name, 'The class of a layer')
  const config = Array.isArray(layer.config)
    ? { layers: layer.config }
    : objectOf(layer.config, `The configuration of a ${kind}`)
  const name = textOf(layer.name ?? config.name ?? kind, `The name of a ${kind}`)
  const calls = listOf(layer.inbound_nodes ?? [], `The calls of "${name}"`).map((node) =>
    callOf(node, `A call of "${name}"`),
  )
  return { kind, name, config, calls, ...(networks.has(kind) ? { nested: networkOf(layer, depth + 1) } : {}) }
}

/** Each layer reads the one before it. */
function sequential(name: string, layers: readonly LayerSpec[], config: Json): NetworkSpec {
  const first = layers[0]
  const given =
    first?.config.batch_input_shape ??
    first?.config.batch_shape ??
    config.build_input_shape ??
    first?.nested?.layers[0]?.config.batch_input_shape ??
    first?.nested?.layers[0]?.config.batch_shape
  const inputLayer: LayerSpec = {
    kind: 'InputLayer',
    name: `${first?.name ?? name}_input`,
    config: { batch_shape: given, dtype: first?.config.dtype },
    calls: [],
  }
  const all = first?.kind === 'InputLayer' ? layers : [inputLayer, ...layers]
  const chained = all.map((layer, i): LayerSpec => {
    const before = all[i - 1]
    return before
      ? { ...layer, calls: [{ ...noArguments, inputs: [{ layer: before.name, call: 0, tensor: 0 }] }] }
      : layer
  })
  const end = (layer: LayerSpec | undefined) => ({ layer: layer?.name ?? '', call: 0, tensor: 0 })
  return { name, layers: chained, inputs: [end(chained[0])], outputs: [end(chained.at(-1))], functional: false }
}

/**
 * @param json a serialised network: `{class_name, config}`
 * @throws MODEL_INVALID, MODEL_UNSUPPORTED_FEATURE
 */
export function networkOf(json: unknown, depth = 0): NetworkSpec {
  const model = objectOf(json, 'The configuration of the network')
  const kind = textOf(model.class_name, 'The class of the network')
  if (!networks.has(kind)) {
    throw new EspalierError(
      'MODEL_UNSUPPORTED_FEATURE',
      `The network is of the class "${kind}", which is code and not in the file. Rebuild it as a functional network, or export it to ONNX.`,
    )
  }
  if (depth > deepest) {
    throw new EspalierError(
      'MODEL_INVALID',
      `Networks are nested more than ${deepest} deep in this file. It is damaged.`,
    )
  }
  const config = Array.isArray(model.config)
    ? { layers: model.config }
    : objectOf(model.config, 'The configuration of the network')
  const name = textOf(config.name ?? model.name ?? 'model', 'The name of the network')
  const layers = listOf(config.layers, 'The list of layers').map((layer) => layerOf(layer, depth))
  if (layers.length === 0)
    throw new EspalierError(
      'MODEL_INVALID',
      'The network has no layers. It was saved before it was built; build and save it again.',
    )
  const names = new Set(layers.map((layer) => layer.name))
  if (names.size < layers.length)
    throw new EspalierError('MODEL_INVALID', 'Two layers of the network have the same name. The file is damaged.')
  if (kind === 'Sequential') return sequential(name, layers, config)
  return {
    name,
    layers: layers.map((layer) => (layer.kind === 'InputLayer' ? { ...layer, calls: [] } : layer)),
    inputs: endsOf(config.input_layers, 'The inputs of the network'),
    outputs: endsOf(config.output_layers, 'The outputs of the network'),
    functional: true,
  }
}

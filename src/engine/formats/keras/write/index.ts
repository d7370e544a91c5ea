/** Writes a network as a .keras archive (Keras 3, functional): configuration, metadata and weights. */
import { zipSync } from 'fflate'
import { EspalierError } from '../../../../contract/errors'
import type { Graph } from '../../../graph/graph'
import type { ModelFile } from '../../registry'
import { snakeCase } from '../weights'
import { batchFirst } from './batch-first'
import { gelus } from './gelu'
import { writeHdf5 } from './hdf5'
import { KerasNetwork, kerasShape, type Written, type WrittenLayer } from './network'
import { inKerasOrder } from './order'
import { gelu, rules } from './rules'
import { layerOrOperation } from './rules/operations'

/** The version whose configurations are written; every later Keras 3 reads them. */
const version = '3.8.0'

const tensor = (value: Written) => ({
  class_name: '__keras_tensor__',
  config: { shape: kerasShape(value), dtype: value.dtype, keras_history: [value.layer, 0, 0] },
})

const merges = new Set(['Add', 'Subtract', 'Multiply', 'Maximum', 'Minimum', 'Concatenate', 'Dot'])

/** An operation of keras.ops: its arguments as they are, the values among them as tensors. */
const operationJson = ({ kind, name, config, inputs }: WrittenLayer, call: NonNullable<WrittenLayer['call']>) => ({
  module: call.module,
  class_name: kind,
  config,
  registered_name: kind,
  name,
  inbound_nodes: [
    { args: call.args.map((each) => (inputs.includes(each as Written) ? tensor(each as Written) : each)), kwargs: {} },
  ],
})

function layerJson(layer: WrittenLayer) {
  const { kind, name, config, inputs, call } = layer
  if (call) return operationJson(layer, call)
  const args = merges.has(kind) ? [inputs.map(tensor)] : inputs.map(tensor)
  return {
    module: 'keras.layers',
    class_name: kind,
    config: kind === 'InputLayer' ? config : { ...config, trainable: true, dtype: 'float32' },
    registered_name: null,
    name,
    inbound_nodes: inputs.length > 0 ? [{ args, kwargs: {} }] : [],
  }
}

/** Keras numbers layers of one class in their order. */
function arraysOf(layers: readonly WrittenLayer[]) {
  const used = new Map<string, number>()
  return layers.flatMap(({ kind, weights, places }) => {
    const plain = snakeCase(kind)
    const number = used.get(plain) ?? 0
    used.set(plain, number + 1)
    const folder = number === 0 ? plain : `${plain}_${number}`
    return weights.map((data, i) => ({ path: ['layers', folder, ...(places[i] as string).split('/')], data }))
  })
}

const ends = (values: readonly Written[]) => {
  const references = values.map((value) => [value.layer, 0, 0])
  return references.length === 1 ? references[0] : references
}

/** @throws EXPORT_FAILED naming the first node that Keras has no layer for */
export async function writeKeras(given: Graph, name: string): Promise<readonly ModelFile[]> {
  const graph = batchFirst(given)
  const network = new KerasNetwork(graph)
  for (const input of graph.inputs) {
    const shape = input.shape
    if (!shape)
      throw new EspalierError(
        'EXPORT_FAILED',
        `The input "${input.name}" has no known shape, which Keras needs. Export to ONNX instead.`,
      )
    network.input(
      input.name,
      ['batch', ...shape.slice(1)],
      input.dtype === 'float32' ? 'float32' : 'int32',
      // As Keras' own pictures, and as they are read back.
      shape.length > 3,
    )
  }
  const { byResult, parts } = gelus(graph)
  for (const node of graph.nodes) {
    const spelled = byResult.get(node.outputs[0] as string)
    if (spelled) network.set(spelled.output, gelu(network, node, spelled.input))
    if (parts.has(node.name)) continue
    const rule = node.domain === '' ? rules.get(node.op) : undefined
    const written = layerOrOperation(network, node, rule) ?? network.refuse(node, 'nothing in Keras computes it')
    const [first = ''] = node.outputs
    if (first !== '' && !network.has(first)) network.set(first, written)
  }
  const inputs = network.layers.filter((layer) => layer.kind === 'InputLayer').map((layer) => layer.output)
  const outputs = graph.outputs.map((output) => network.output(output.name))
  const layers = inKerasOrder(
    network.layers,
    outputs.map((output) => output.layer),
  )
  const config = {
    module: 'keras.src.models.functional',
    class_name: 'Functional',
    config: {
      name: graph.name.replaceAll(/[^A-Za-z0-9_.-]/g, '_') || 'network',
      trainable: true,
      layers: layers.map(layerJson),
      input_layers: ends(inputs),
      output_layers: ends(outputs),
    },
    registered_name: 'Functional',
    build_config: { input_shape: null },
  }
  const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
  // A fixed date: the same network gives the same bytes.
  const bytes = zipSync(
    {
      'metadata.json': json({ keras_version: version, date_saved: '1980-01-01@00:00:00' }),
      'config.json': json(config),
      'model.weights.h5': writeHdf5(arraysOf(layers)),
    },
    { level: 0, mtime: new Date(1980, 0, 1) },
  )
  return [{ name: `${name}.keras`, bytes }]
}

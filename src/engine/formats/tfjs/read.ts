/** TF.js models, layers and graph, by what model.json says it is. */
import type { Sentence } from '../../../contract/sentences'
import type { Graph } from '../../graph/graph'
import type { TensorData } from '../../graph/tensor'
import { isObject, type Json, objectOf, parseJson } from '../json'
import { type LayerSpec, networkOf } from '../keras/config'
import { buildNetwork, type WeightSource } from '../keras/network'
import type { ModelFile, ResolveFile } from '../registry'
import { layoutKey } from './graph-def'
import { readGraphDef } from './read-graph'
import { readWeights } from './weights'

/** A JSON object that names a topology or weights of TF.js. */
export function matchTfjs(bytes: Uint8Array): boolean {
  let at = 0
  while (at < Math.min(bytes.length, 64) && [0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf].includes(bytes[at] as number))
    at++
  if (bytes[at] !== 0x7b) return false
  const text = new TextDecoder('latin1').decode(bytes)
  return text.includes('"modelTopology"') || text.includes('"weightsManifest"')
}

/** Weights by the names of their layers, one segment of the path each. */
class NamedWeights implements WeightSource {
  private readonly byPart = new Map<string, [string, TensorData][]>()

  constructor(private readonly weights: ReadonlyMap<string, TensorData>) {
    for (const entry of weights) {
      for (const part of new Set(entry[0].split('/').slice(0, -1))) {
        const list = this.byPart.get(part)
        if (list) list.push(entry)
        else this.byPart.set(part, [entry])
      }
    }
  }

  weightsOf(layer: LayerSpec): TensorData[] {
    const own = this.byPart.get(layer.name)
    if (own) return own.map(([, data]) => data)
    if (layer.kind === 'Normalization') return this.adapted()
    if (layer.kind !== 'Bidirectional') return []
    // TF.js names both directions after the inner layer.
    const inner =
      isObject(layer.config.layer) && isObject(layer.config.layer.config) ? String(layer.config.layer.config.name) : ''
    const sides = ['forward', 'backward'].map(
      (side) =>
        this.byPart.get(inner.startsWith(side) ? inner.replace(/^(forward|backward)/, side) : `${side}_${inner}`) ?? [],
    )
    return sides.flat().map(([, data]) => data)
  }

  /** What Normalization has seen of the data: Keras makes it before the network, so that no layer stands in its name. */
  private adapted(): TensorData[] {
    return ['mean', 'variance'].flatMap((name) => this.weights.get(name) ?? [])
  }
}

/** @throws FILE_*, MODEL_*, GRAPH_INVALID, SHAPE_MISMATCH */
export async function readTfjs(file: ModelFile, resolve: ResolveFile | undefined, notes: Sentence[]): Promise<Graph> {
  const model = objectOf(parseJson(file.bytes, file.name), `"${file.name}"`)
  const weights = await readWeights(model.weightsManifest, resolve)
  const topology = objectOf(model.modelTopology, 'The topology of the network')
  const name = file.name.replace(/\.json$/i, '')
  const graph = Array.isArray(topology.node)
    ? readGraphDef(model, topology, weights, name, notes)
    : buildNetwork(networkOf(topology.model_config ?? topology), new NamedWeights(weights), 'tfjs', true, notes)
  return graph.with({ metadata: new Map([...graph.metadata, ...described(model)]) })
}

/** What the file says about itself. */
function described(model: Json): [string, string][] {
  const own = ['generatedBy', 'convertedBy'].filter((key) => typeof model[key] === 'string')
  const user = isObject(model.userDefinedMetadata) ? model.userDefinedMetadata : {}
  return [
    ...own.map((key): [string, string] => [`tfjs.${key}`, model[key] as string]),
    ...Object.entries(user)
      .filter(([key]) => key !== 'signature' && key !== layoutKey)
      .map(([key, value]): [string, string] => [
        `tfjs.property.${key}`,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
  ]
}

/** Keras files: .h5 with its configuration in an attribute, .keras with both in an archive. */
import { EspalierError } from '../../../contract/errors'
import type { Sentence } from '../../../contract/sentences'
import { isZip, readDirectory, readEntry } from '../../archive/zip'
import type { Graph } from '../../graph/graph'
import { isObject, objectOf, parseJson } from '../json'
import type { ModelFile } from '../registry'
import { networkOf } from './config'
import { Hdf5, matchHdf5 } from './hdf5'
import { buildNetwork, type WeightSource } from './network'
import { isVersion3, NamedGroups, NumberedFolders } from './weights'

const weightsFile = 'model.weights.h5'

/** HDF5, or an archive that names Keras' parts in its directory. */
export function matchKeras(bytes: Uint8Array): boolean {
  if (matchHdf5(bytes)) return true
  if (!isZip(bytes)) return false
  const tail = new TextDecoder('latin1').decode(bytes.subarray(Math.max(0, bytes.length - 65536)))
  return tail.includes('config.json') && tail.includes(weightsFile)
}

function withMetadata(graph: Graph, entries: Readonly<Record<string, unknown>>): Graph {
  const metadata = new Map(graph.metadata)
  for (const [key, value] of Object.entries(entries)) if (typeof value === 'string') metadata.set(`keras.${key}`, value)
  return graph.with({ metadata })
}

async function readH5(file: ModelFile, notes: Sentence[]): Promise<Graph> {
  const hdf5 = Hdf5.open(file.bytes, file.name)
  const config = hdf5.text('', 'model_config')
  if (config === undefined) {
    throw new EspalierError(
      'MODEL_UNSUPPORTED_FEATURE',
      `"${file.name}" holds weights without the network they belong to. Save the whole network with model.save, not save_weights.`,
    )
  }
  const network = networkOf(parseJson(config, `the configuration in ${file.name}`))
  const version = hdf5.text('', 'keras_version') ?? hdf5.text('model_weights', 'keras_version')
  const source: WeightSource = new NamedGroups(hdf5, 'model_weights')
  const graph = buildNetwork(network, source, 'keras', !isVersion3(version), notes)
  return withMetadata(graph, { version, backend: hdf5.text('', 'backend') })
}

async function readArchive(file: ModelFile, notes: Sentence[]): Promise<Graph> {
  const entries = readDirectory(file.bytes, file.name)
  const entry = (name: string): Uint8Array => {
    const found = entries.get(name)
    if (found) return readEntry(file.bytes, found, file.name)
    throw new EspalierError(
      'MODEL_INVALID',
      `"${file.name}" has no ${name}, which every Keras file has. Save the network again.`,
    )
  }
  const network = networkOf(parseJson(entry('config.json'), `config.json in ${file.name}`))
  const about = entries.has('metadata.json')
    ? objectOf(parseJson(entry('metadata.json'), 'metadata.json'), 'metadata.json')
    : {}
  const hdf5 = Hdf5.open(entry(weightsFile), `${weightsFile} in ${file.name}`)
  const source: WeightSource = new NumberedFolders(hdf5, network)
  const graph = buildNetwork(network, source, 'keras', !isVersion3(about.keras_version), notes)
  return withMetadata(graph, isObject(about) ? { version: about.keras_version } : {})
}

/** @throws FILE_*, MODEL_*, GRAPH_INVALID, SHAPE_MISMATCH */
export const readKeras = (file: ModelFile, _resolve: unknown, notes: Sentence[]): Promise<Graph> =>
  matchHdf5(file.bytes) ? readH5(file, notes) : readArchive(file, notes)

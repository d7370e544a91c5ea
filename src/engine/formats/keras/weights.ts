/** Where each layer's weights lie in Keras' files: by name in .h5, by class and number in .keras. */

import type { TensorData } from '../../graph/tensor'
import { invalidJson, isObject } from '../json'
import type { LayerSpec, NetworkSpec } from './config'
import type { Hdf5 } from './hdf5'
import { cellsOf } from './layers/recurrent'
import type { WeightSource } from './network'

/** .h5: a group for each outermost layer, its arrays listed in the order of the layer's weights. */
export class NamedGroups implements WeightSource {
  private readonly listed = new Map<string, readonly string[]>()

  constructor(
    private readonly file: Hdf5,
    /** `model_weights`, or empty for a file of weights alone. */
    private readonly root: string,
  ) {}

  weightsOf(layer: LayerSpec, path: readonly LayerSpec[]): TensorData[] {
    const outer = path[0] ?? layer
    const names = this.namesOf(outer.name)
    const own = path.length === 0 ? names : names.filter((name) => name.split('/').slice(0, -1).includes(layer.name))
    return own.map((name) => {
      const place = [this.root, outer.name, name].filter((part) => part !== '').join('/')
      return this.file.array(place) ?? invalidJson(`"${place}"`, 'an array, but nothing is there; it')
    })
  }

  private namesOf(layer: string): readonly string[] {
    const known = this.listed.get(layer)
    if (known) return known
    const names = this.file.texts(this.root === '' ? layer : `${this.root}/${layer}`, 'weight_names')
    this.listed.set(layer, names)
    return names
  }
}

/** Keras' own way from the name of a class to that of a folder. */
export const snakeCase = (name: string): string =>
  name
    .replaceAll(/\W+/g, '')
    .replaceAll(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()

/** Classes whose folders are named otherwise than their configurations name them. */
const ownNames: Readonly<Record<string, string>> = {
  Model: 'Functional',
  GroupQueryAttention: 'GroupedQueryAttention',
}

/** Folders of objects in a list: their classes, numbered where there are several. */
function numberedFolders(kinds: readonly string[]): string[] {
  const used = new Map<string, number>()
  return kinds.map((kind) => {
    const plain = snakeCase(ownNames[kind] ?? kind)
    const number = used.get(plain) ?? 0
    used.set(plain, number + 1)
    return number === 0 ? plain : `${plain}_${number}`
  })
}

function foldersOf(network: NetworkSpec): Map<LayerSpec, string> {
  const folders = numberedFolders(network.layers.map(({ kind }) => kind))
  return new Map(network.layers.map((layer, i) => [layer, folders[i] as string]))
}

const containers = ['layers', '_layer_checkpoint_dependencies']

/** Parts of a layer that keep weights of their own, in the order of the layer's weights. */
const parts: Readonly<Record<string, readonly string[]>> = {
  LSTM: ['cell'],
  GRU: ['cell'],
  SimpleRNN: ['cell'],
  RNN: ['cell'],
  ConvLSTM1D: ['cell'],
  ConvLSTM2D: ['cell'],
  ConvLSTM3D: ['cell'],
  SpectralNormalization: ['layer'],
  Bidirectional: ['forward_layer/cell', 'backward_layer/cell'],
  MultiHeadAttention: ['query_dense', 'key_dense', 'value_dense', 'output_dense'],
  GroupQueryAttention: ['_query_dense', '_key_dense', '_value_dense', '_output_dense'],
}

/** The same, of what a layer holds too: an RNN several cells, a wrapper the parts of its layer. */
function partsOf({ kind, config }: Pick<LayerSpec, 'kind' | 'config'>): readonly string[] | undefined {
  if (kind === 'RNN') {
    const kinds = cellsOf(config).map((cell) => String(cell.class_name))
    return kinds.length > 1 ? numberedFolders(kinds).map((folder) => `cell/cells/${folder}`) : parts.RNN
  }
  if (kind !== 'TimeDistributed') return parts[kind]
  const inner = isObject(config.layer) ? config.layer : {}
  const own = partsOf({ kind: String(inner.class_name), config: isObject(inner.config) ? inner.config : {} })
  return (own ?? ['']).map((part) => (part === '' ? 'layer' : `layer/${part}`))
}

/** Versions before 3.0 named some parts otherwise. */
const olderParts: Readonly<Record<string, readonly string[]>> = {
  MultiHeadAttention: ['_query_dense', '_key_dense', '_value_dense', '_output_dense'],
}

/** model.weights.h5 in a .keras archive. */
export class NumberedFolders implements WeightSource {
  private readonly folders = new Map<NetworkSpec, Map<LayerSpec, string>>()

  constructor(
    private readonly file: Hdf5,
    private readonly network: NetworkSpec,
  ) {}

  weightsOf(layer: LayerSpec, path: readonly LayerSpec[]): TensorData[] {
    let place = ''
    let within = this.network
    for (const each of [...path, layer]) {
      place = this.step(place, within, each)
      if (each.nested) within = each.nested
    }
    for (const inner of [partsOf(layer), olderParts[layer.kind]]) {
      const found = (inner ?? ['']).flatMap((part) => this.numbered([place, part].filter((p) => p !== '').join('/')))
      if (found.length > 0) return found
    }
    return []
  }

  private step(place: string, within: NetworkSpec, layer: LayerSpec): string {
    const known = this.folders.get(within) ?? foldersOf(within)
    this.folders.set(within, known)
    // The layer that stands for a repeated one is a copy; its name tells it.
    const folder =
      known.get(layer) ?? known.get(within.layers.find((each) => each.name === layer.name) as LayerSpec) ?? ''
    const prefix = place === '' ? '' : `${place}/`
    const container = containers.find((each) => this.file.has(`${prefix}${each}`)) ?? 'layers'
    // A network that is repeated lies within the layer that repeats it.
    return `${prefix}${container}/${folder}${layer.kind === 'TimeDistributed' && layer.nested ? '/layer' : ''}`
  }

  /** vars/0, vars/1 and so on. */
  private numbered(place: string): TensorData[] {
    const found: TensorData[] = []
    for (let i = 0; ; i++) {
      const data = this.file.has(`${place}/vars/${i}`) ? this.file.array(`${place}/vars/${i}`) : undefined
      if (!data) return found
      found.push(data)
    }
  }
}

/** Whether a configuration comes from Keras 3. */
export const isVersion3 = (version: unknown): boolean => typeof version === 'string' && /^([3-9]|\d\d)/.test(version)

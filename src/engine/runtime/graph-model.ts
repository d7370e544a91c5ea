/** Runs an exported TF.js graph model with the official loader, so that the export is checked by somebody else's code. */

import { type GraphModel, loadGraphModel as load, version_converter } from '@tensorflow/tfjs-converter'
import { io, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core'
import { EspalierError } from '../../contract/errors'
import type { Feed, HostTensor } from './types'

/** A file of the model under the name model.json knows it by. */
export interface GraphModelFile {
  readonly name: string
  readonly bytes: Uint8Array
}

export interface LoadedGraphModel {
  /** Name and version of the loader. */
  readonly loader: string
  /** All outputs on the host, by the names of the model's signature. */
  run(feed: Feed): Promise<Map<string, HostTensor>>
  dispose(): void
}

/**
 * @param files model.json first, then every weight shard it names. The backend must have been started.
 * @throws EXPORT_FAILED where the loader refuses the files
 */
export async function loadGraphModel(files: readonly GraphModelFile[]): Promise<LoadedGraphModel> {
  const model = await openModel(files)
  const types = new Map(model.inputs.map(({ name, dtype }) => [withoutIndex(name), dtype]))
  return {
    loader: `tfjs-converter ${version_converter}`,
    async run(feed) {
      const outputs = tidy(() => {
        const inputs = Object.fromEntries(
          [...feed].map(([given, value]) => {
            const name = inputName(model, given)
            return [name, upload(value, types.get(withoutIndex(name)))]
          }),
        )
        const answer = model.execute(inputs)
        return Array.isArray(answer) ? answer : [answer as Tensor]
      })
      try {
        const names = outputNames(model)
        const read = await Promise.all(outputs.map((output) => download(output)))
        return new Map(read.map((value, i) => [names[i] as string, value]))
      } finally {
        for (const output of outputs) output.dispose()
      }
    },
    dispose: () => model.dispose(),
  }
}

async function openModel(files: readonly GraphModelFile[]): Promise<GraphModel> {
  try {
    const [manifest] = files
    const json = JSON.parse(new TextDecoder().decode(manifest?.bytes)) as io.ModelJSON
    const artifacts = await io.getModelArtifactsForJSON(json, async (weights) => {
      const specs = weights.flatMap((group) => group.weights)
      const shards = weights.flatMap((group) => group.paths).map((path) => shardOf(files, path))
      return [specs, shards.map(bufferOf)]
    })
    return await load(io.fromMemory(artifacts))
  } catch (error) {
    throw new EspalierError(
      'EXPORT_FAILED',
      'The TF.js loader, which checks every TF.js export, refuses to load this one. Nothing of it should be deployed; please report the network it comes from.',
      error,
    )
  }
}

function shardOf(files: readonly GraphModelFile[], path: string): Uint8Array {
  const shard = files.find((file) => file.name === path)
  if (shard) return shard.bytes
  throw new EspalierError('EXPORT_FAILED', `model.json names the weight file "${path}", which was not written.`)
}

const bufferOf = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer

/** TF node names carry no output index in a signature's keys; the only input may be fed as ''. */
function inputName(model: GraphModel, name: string): string {
  const names = model.inputs.map((input) => input.name)
  if (name === '') return names[0] as string
  const signature = model.modelSignature as { inputs?: Record<string, { name: string }> } | undefined
  return signature?.inputs?.[name]?.name ?? names.find((each) => each === name || each === `${name}:0`) ?? name
}

function outputNames(model: GraphModel): string[] {
  const signature = model.modelSignature as { outputs?: Record<string, { name: string }> } | undefined
  return model.outputs.map(({ name }) => {
    const found = Object.entries(signature?.outputs ?? {}).find(
      ([, output]) => withoutIndex(output.name) === withoutIndex(name),
    )
    return found?.[0] ?? withoutIndex(name)
  })
}

const withoutIndex = (name: string): string => name.replace(/:\d+$/, '')

/** @param type what the file declares for this input */
function upload({ dims, data }: HostTensor, type: string | undefined): Tensor {
  if (type === 'bool')
    return tensor(
      Uint8Array.from(data, (value) => Number(value !== 0)),
      [...dims],
      'bool',
    )
  return tensor(data, [...dims], data instanceof Int32Array ? 'int32' : 'float32')
}

async function download(value: Tensor): Promise<HostTensor> {
  const data = await value.data()
  return { dims: value.shape, data: data instanceof Int32Array ? data : Float32Array.from(data) }
}

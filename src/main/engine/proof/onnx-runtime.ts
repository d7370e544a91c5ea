/** ONNX Runtime as the independent second opinion: it shares no code with the engine. */
import { env, InferenceSession, Tensor } from 'onnxruntime-node'
import { EspalierError } from '../../../contract/errors'
import type { Feed, HostTensor } from '../../../engine/runtime/types'
import { withFixedBatch } from './fixed-batch'

/** Name and version, for the record of a proof. */
export const onnxRuntimeName = `onnxruntime-node ${env.versions.node ?? env.versions.common}`

export interface OnnxRunner {
  readonly inputNames: readonly string[]
  /** Runs any number of samples; outputs as 32-bit numbers, by name. */
  run(feed: Feed): Promise<Map<string, HostTensor>>
  dispose(): Promise<void>
}

export interface OnnxRunnerOptions {
  /** Threads inside one operator; 0 lets ONNX Runtime choose. */
  readonly threads?: number
}

const quiet = 3

/** @throws EXPORT_FAILED where ONNX Runtime refuses the file */
export async function openOnnxRunner(model: Uint8Array | string, options: OnnxRunnerOptions = {}): Promise<OnnxRunner> {
  const session = await create(model, options.threads ?? 0)
  const types = new Map(session.inputMetadata.flatMap((input) => (input.isTensor ? [[input.name, input.type]] : [])))
  const run = async (feed: Feed): Promise<Map<string, HostTensor>> => {
    const inputs = Object.fromEntries(
      [...feed].map(([key, value]) => {
        const name = key === '' ? (session.inputNames[0] as string) : key
        return [name, toTensor(value, types.get(name))]
      }),
    )
    const outputs = await session.run(inputs)
    return new Map(Object.entries(outputs).map(([name, value]) => [name, fromTensor(name, value as Tensor)]))
  }
  const first = session.inputMetadata[0]
  const batch = first?.isTensor ? first.shape[0] : undefined
  return {
    inputNames: session.inputNames,
    run: typeof batch === 'number' && batch > 0 ? withFixedBatch(run, batch) : run,
    dispose: () => session.release(),
  }
}

async function create(model: Uint8Array | string, threads: number): Promise<InferenceSession> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    logSeverityLevel: quiet,
    ...(threads > 0 ? { intraOpNumThreads: threads } : {}),
  }
  try {
    return typeof model === 'string'
      ? await InferenceSession.create(model, options)
      : await InferenceSession.create(model, options)
  } catch (error) {
    throw new EspalierError(
      'EXPORT_FAILED',
      'ONNX Runtime, which checks every ONNX file, refuses to load this one. Nothing of it should be deployed; please report the network it comes from.',
      error,
    )
  }
}

/** Whole numbers of other kinds than the 32 bits in which everything here holds them: pictures in bytes, ids, masks. */
const narrow = { uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, int16: Int16Array, bool: Uint8Array } as const

/** @param type what the file declares for this input */
function toTensor({ dims, data }: HostTensor, type: string | undefined): Tensor {
  if (type === 'int64')
    return new Tensor(
      'int64',
      BigInt64Array.from(data, (value) => BigInt(value)),
      dims,
    )
  if (type !== undefined && Object.hasOwn(narrow, type)) {
    const kind = type as keyof typeof narrow
    return new Tensor(kind as 'uint8', narrow[kind].from(data) as Uint8Array, dims)
  }
  return data instanceof Int32Array ? new Tensor('int32', data, dims) : new Tensor('float32', data, dims)
}

function fromTensor(name: string, { data, dims }: Tensor): HostTensor {
  if (data instanceof Float32Array || data instanceof Int32Array) return { dims, data }
  if (data instanceof BigInt64Array) return { dims, data: Int32Array.from(data, Number) }
  if (data instanceof Float64Array || data instanceof Uint8Array) return { dims, data: Float32Array.from(data) }
  throw new EspalierError(
    'EXPORT_FAILED',
    `The output "${name}" of the exported file has a type that cannot be compared. Export a network whose outputs are numbers.`,
  )
}

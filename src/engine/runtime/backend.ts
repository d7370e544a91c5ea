/** Choice of the backend: each candidate is tried on a known program with gradients before it is used. */

import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import { engine, env, getBackend, memory, setBackend } from '@tensorflow/tfjs-core'
import { EspalierError, toErrorReport } from '../../contract/errors'
import type { backends } from '../../contract/run'
import { inEnglish, type Said, type Sentence, say } from '../../contract/sentences'
import { registerWasmKernels } from './kernels'
import { measureSpeed, verifyKnownProgram } from './known-program'
import { type NativeOffer, nativeName, registerNative } from './native'
import { type OnnxRuntimeOffer, onnxRuntimeName, registerOnnxRuntime } from './onnxruntime'
import { useWorkers, type WorkerPool } from './parallel'

export type BackendChoice = (typeof backends)[number]

export interface BackendOptions {
  /** What the user asked for. Default `auto`. */
  readonly backend?: BackendChoice
  /** Folder of the .wasm files, ending in a slash; default: beside the installed package. */
  readonly wasmPath?: string
  /** The native backend as the caller found it. */
  readonly native?: NativeOffer
  /** ONNX Runtime as the caller found it. */
  readonly onnxRuntime?: OnnxRuntimeOffer
  /** Workers for the backend that uses one core only, WASM; each has started its own. */
  readonly workers?: WorkerPool
}

export interface BackendReport {
  readonly name: string
  readonly available: boolean
  readonly chosen: boolean
  /** Passed the known program. */
  readonly verified: boolean
  /** Speed of a 256 x 256 matrix product; null where it was not tried. */
  readonly gflops: number | null
  /** A sentence: why it was taken or left. */
  readonly reason: string
  /** The same for the reader's language. */
  readonly reasonSaid?: Said
}

export interface BackendResult {
  readonly name: string
  readonly verified: true
  readonly reason: string
  readonly gflops: number
  /** One entry a backend, best first, for the user. */
  readonly candidates: readonly BackendReport[]
  /** A sentence where a faster backend should have run and could not; null where all is as it should be. */
  readonly notice: Sentence | null
}

const absent = [
  { name: 'cuda', reason: say('backend.absent-cuda') },
  { name: 'webgpu', reason: say('backend.absent-webgpu') },
] as const

type Refusal = Extract<OnnxRuntimeOffer | NativeOffer, { available: false }>

const refusal = (said: Sentence): Refusal => ({ available: false, reason: inEnglish(said), said })
const noNative = refusal(say('backend.native-missing'))
const noOnnxRuntime = refusal(say('backend.not-offered'))

let current: BackendResult | null = null
/** Candidates that were tried in this process, by name, and why they were passed over. */
const failed = new Map<string, Reason>()
let currentWasmPath: string | undefined

interface Reason {
  readonly reason: string
  readonly said?: Said
}

interface Started {
  readonly gflops: number
}

/** Makes the backend TF.js's current one, checks and measures it. */
async function start(name: string): Promise<Started> {
  env().set('CHECK_COMPUTATION_FOR_ERRORS', false)
  if (!(await setBackend(name))) throw new Error(`TF.js has no backend ${name}.`)
  verifyKnownProgram()
  return { gflops: measureSpeed() }
}

/** Makes WASM TF.js's current backend, unchecked. */
async function loadWasm(wasmPath: string | undefined): Promise<void> {
  if (wasmPath !== undefined && wasmPath !== currentWasmPath) {
    setWasmPaths(wasmPath)
    currentWasmPath = wasmPath
  }
  setThreadsCount(1)
  registerWasmKernels()
  if (!(await setBackend('wasm'))) throw new Error('TF.js has no backend wasm.')
}

async function startWasm(wasmPath: string | undefined): Promise<Started> {
  try {
    await loadWasm(wasmPath)
    return await start('wasm')
  } catch (error) {
    if (error instanceof EspalierError) throw error
    throw new EspalierError(
      'BACKEND_UNAVAILABLE',
      'The WASM backend could not be started: its .wasm file is missing or this machine has no WebAssembly. Install Espalier anew.',
      error,
    )
  }
}

async function startNative(options: BackendOptions): Promise<Started> {
  const offer = options.native ?? noNative
  if (!offer.available) throw unavailable(offer)
  try {
    registerNative(offer)
    return await start(nativeName)
  } catch (error) {
    if (error instanceof EspalierError) throw error
    throw new EspalierError(
      'BACKEND_UNAVAILABLE',
      'The native backend was built, but this process could not load it. Build it anew with `npm run native:build`, or choose "wasm".',
      error,
    )
  }
}

async function startOnnxRuntime(options: BackendOptions): Promise<Started> {
  const offer = options.onnxRuntime ?? noOnnxRuntime
  if (!offer.available) throw unavailable(offer)
  try {
    await loadWasm(options.wasmPath)
    registerOnnxRuntime(offer, engine().backend)
    return await start(onnxRuntimeName)
  } catch (error) {
    if (error instanceof EspalierError) throw error
    throw new EspalierError(
      'BACKEND_UNAVAILABLE',
      'ONNX Runtime is there, but this process could not compute with it. Install Espalier anew, or choose "wasm".',
      error,
    )
  }
}

const unavailable = ({ reason }: Refusal) =>
  new EspalierError('BACKEND_UNAVAILABLE', `${reason} Choose "auto" or "wasm"; WASM runs on every machine.`)

interface Candidate {
  readonly name: 'native' | 'onnxruntime' | 'wasm'
  /** Under which TF.js knows it. */
  readonly registered: string
  /** Why it is taken. */
  readonly reason: Sentence
  offer(options: BackendOptions): { readonly available: true } | Refusal
  start(options: BackendOptions): Promise<Started>
}

/** Best first. */
const candidates: readonly Candidate[] = [
  {
    name: 'native',
    registered: nativeName,
    reason: say('backend.native'),
    offer: ({ native }) => native ?? noNative,
    start: startNative,
  },
  {
    name: 'onnxruntime',
    registered: onnxRuntimeName,
    reason: say('backend.onnxruntime'),
    offer: ({ onnxRuntime }) => onnxRuntime ?? noOnnxRuntime,
    start: startOnnxRuntime,
  },
  {
    name: 'wasm',
    registered: 'wasm',
    reason: say('backend.wasm'),
    offer: () => ({ available: true }),
    start: ({ wasmPath }) => startWasm(wasmPath),
  },
]

const reported = (said: Sentence): Reason => ({ reason: inEnglish(said), said })

/** Entries of all backends when `taken` runs. */
function resultOf(taken: Candidate, gflops: number, options: BackendOptions): BackendResult {
  const reports = candidates.map((candidate): BackendReport => {
    const { name } = candidate
    const chosen = candidate === taken
    const offer = candidate.offer(options)
    const refused = offer.available ? reported(say('backend.not-needed')) : offer
    const { reason, said } = chosen ? reported(candidate.reason) : (failed.get(name) ?? refused)
    return {
      name,
      available: offer.available,
      chosen,
      verified: chosen,
      gflops: chosen ? gflops : null,
      reason,
      ...(said ? { reasonSaid: said } : {}),
    }
  })
  const without = absent.map(({ name, reason }) => ({
    name,
    reason: inEnglish(reason),
    reasonSaid: reason,
    available: false,
    chosen: false,
    verified: false,
    gflops: null,
  }))
  return {
    name: taken.name,
    verified: true,
    reason: inEnglish(taken.reason),
    gflops,
    candidates: [...without, ...reports],
    notice: taken.name === 'wasm' && (options.backend ?? 'auto') === 'auto' ? missed(reports, options) : null,
  }
}

/** Said aloud where `auto` comes down to WASM though something better is there, or should be. */
function missed(reports: readonly BackendReport[], { onnxRuntime }: BackendOptions): Sentence | null {
  const report = reports.find(({ name, available }) =>
    // Native is an addition that most machines do without; ONNX Runtime comes with the product.
    available ? failed.has(name) : name === 'onnxruntime' && onnxRuntime?.available === false && !onnxRuntime.wished,
  )
  if (!report) return null
  return say('backend.slower', { why: (report.reasonSaid as Sentence | undefined) ?? report.reason, backend: 'wasm' })
}

/** Whether what runs is what is wished for: the best that is offered now, or the one named. */
function stays(result: BackendResult, options: BackendOptions): boolean {
  const held = candidates.find(({ name }) => name === result.name) as Candidate
  if (getBackend() !== held.registered) return false
  const wish = options.backend ?? 'auto'
  if (wish !== 'auto') return wish === result.name
  if (!options.native && !options.onnxRuntime) return true
  return candidates.find((candidate) => candidate.offer(options).available && !failed.has(candidate.name)) === held
}

/**
 * Chooses, starts and verifies the backend; later calls with the same wish answer at once. `auto` takes the first of
 * native, ONNX Runtime and WASM that is offered and answers rightly, and keeps what runs where nothing is offered.
 * @throws BACKEND_UNAVAILABLE when the one asked for is not there, BACKEND_FAILED when it computes wrongly.
 */
export async function initBackend(options: BackendOptions = {}): Promise<BackendResult> {
  const wish = options.backend ?? 'auto'
  const missing = absent.find((candidate) => candidate.name === wish)
  if (missing) throw unavailable(refusal(missing.reason))
  if (current && stays(current, options)) {
    const held = candidates.find(({ name }) => name === current?.name) as Candidate
    // What is offered may have changed since.
    if (options.native || options.onnxRuntime) current = resultOf(held, current.gflops, options)
    return current
  }
  const tried = candidates.filter(
    (candidate) => candidate.name === wish || (wish === 'auto' && candidate.offer(options).available),
  )
  for (const candidate of tried) {
    try {
      const { gflops } = await candidate.start(options)
      // The others use all cores by themselves.
      useWorkers(candidate.name === 'wasm' ? (options.workers ?? null) : null)
      failed.delete(candidate.name)
      current = resultOf(candidate, gflops, options)
      return current
    } catch (error) {
      if (candidate.offer(options).available) {
        const { message, said } = toErrorReport(error)
        failed.set(candidate.name, { reason: message, ...(said ? { said } : {}) })
      }
      if (wish !== 'auto' || candidate === tried.at(-1)) throw error
    }
  }
  throw new EspalierError('BACKEND_UNAVAILABLE', 'No backend could be started on this machine. Install Espalier anew.')
}

/** Whether anything can be computed yet. */
export const hasBackend = (): boolean => current !== null

/** Live tensors and their bytes, to prove that nothing leaks. */
export const memoryUse = (): { readonly tensors: number; readonly bytes: number } => {
  const { numTensors, numBytes } = memory()
  return { tensors: numTensors, bytes: numBytes }
}

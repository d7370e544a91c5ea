/** Choice of the backend: each candidate is tried on a small known program with gradients before it is used. */

import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import {
  type backend_util,
  engine,
  env,
  getBackend,
  matMul,
  memory,
  setBackend,
  type Tensor,
  tensor,
  tidy,
} from '@tensorflow/tfjs-core'
import { EspalierError, toErrorReport } from '../../contract/errors'
import type { backends } from '../../contract/run'
import { registerWasmKernels } from './kernels'
import { type NativeOffer, nativeName, registerNative } from './native'
import { useWorkers, type WorkerPool } from './parallel'

export type BackendChoice = (typeof backends)[number]

export interface BackendOptions {
  /** What the user asked for. Default `auto`. */
  readonly backend?: BackendChoice
  /** Folder of the .wasm files, ending in a slash; default: beside the installed package. */
  readonly wasmPath?: string
  /** The native backend as the caller found it. */
  readonly native?: NativeOffer
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
}

export interface BackendResult {
  readonly name: string
  readonly verified: true
  readonly reason: string
  readonly gflops: number
  /** One entry a backend, best first, for the user. */
  readonly candidates: readonly BackendReport[]
}

const absent: readonly { readonly name: string; readonly reason: string }[] = [
  { name: 'cuda', reason: 'The CUDA backend is not part of this build yet.' },
  { name: 'webgpu', reason: 'The WebGPU backend is not part of this build yet.' },
]

const noOffer: NativeOffer = {
  available: false,
  reason: 'The native CPU backend is not built on this machine. `npm run native:build` builds it.',
}

/** A convolution and its gradients on numbers small enough to check by hand: x 2x2, filter 2x2, no padding. */
function verifyKnownProgram(): void {
  tidy(() => {
    const x = tensor([1, 2, 3, 4], [1, 2, 2, 1])
    const filter = tensor([1, -1, 2, 0.5], [2, 2, 1, 1])
    const attributes = { strides: [1, 1], pad: 'valid', dataFormat: 'NHWC', dimRoundingMode: undefined }
    const run = (kernel: string, inputs: Record<string, Tensor>, more: Record<string, unknown>) =>
      engine().runKernel(kernel, inputs, { ...attributes, ...more } as never) as Tensor
    const y = run('Conv2D', { x, filter }, { dilations: [1, 1] })
    const dy = tensor([2], [1, 1, 1, 1])
    const around = { pad: [0, 1, 1, 0].map((extent) => [extent, extent]), dilations: [1, 1], strides: [2, 2] }
    const spread = tensor([1, 1, 1, 1], [1, 2, 2, 1])
    const checks: [string, Tensor, number[]][] = [
      ['a padded convolution', run('Conv2D', { x, filter }, around), [0.5, 4, -3, 4]],
      [
        'its input gradient',
        run('Conv2DBackpropInput', { dy: spread, filter }, { ...around, inputShape: x.shape }),
        [0.5, 2, -1, 1],
      ],
      [
        'its filter gradient',
        run('Conv2DBackpropFilter', { x, dy: spread }, { ...around, filterShape: filter.shape }),
        [4, 3, 2, 1],
      ],
      ['a convolution', y, [7]],
      ['its input gradient', run('Conv2DBackpropInput', { dy, filter }, { inputShape: x.shape }), [2, -2, 4, 1]],
      ['its filter gradient', run('Conv2DBackpropFilter', { x, dy }, { filterShape: filter.shape }), [2, 4, 6, 8]],
      ['a matrix product', matMul(tensor([1, 2, 3, 4], [2, 2]), tensor([5, 6, 7, 8], [2, 2]), true), [26, 30, 38, 44]],
    ]
    for (const [what, got, expected] of checks) {
      const values: backend_util.TypedArray = got.dataSync()
      if (expected.some((value, i) => !(Math.abs(value - (values[i] as number)) < 1e-4))) {
        throw new EspalierError(
          'BACKEND_FAILED',
          `The ${getBackend()} backend computes ${what} wrongly on this machine, so it is not used.`,
        )
      }
    }
  })
}

function measure(): number {
  const size = 256
  return tidy(() => {
    const a = tensor(new Float32Array(size * size).fill(0.5), [size, size])
    const once = () => matMul(a, a).dataSync()
    once()
    const times = [0, 0, 0].map(() => {
      const start = performance.now()
      once()
      return performance.now() - start
    })
    return (2 * size ** 3) / (Math.min(...times) * 1e6)
  })
}

let current: BackendResult | null = null
let currentWasmPath: string | undefined

interface Started {
  readonly gflops: number
}

/** Makes the backend TF.js's current one, checks and measures it. */
async function start(name: string): Promise<Started> {
  env().set('CHECK_COMPUTATION_FOR_ERRORS', false)
  if (!(await setBackend(name))) throw new Error(`TF.js has no backend ${name}.`)
  verifyKnownProgram()
  return { gflops: measure() }
}

async function startWasm(wasmPath: string | undefined): Promise<Started> {
  if (wasmPath !== undefined && wasmPath !== currentWasmPath) {
    setWasmPaths(wasmPath)
    currentWasmPath = wasmPath
  }
  setThreadsCount(1)
  registerWasmKernels()
  try {
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

async function startNative(offer: NativeOffer): Promise<Started> {
  if (!offer.available) {
    throw new EspalierError(
      'BACKEND_UNAVAILABLE',
      `${offer.reason} Choose "auto" or "wasm"; WASM runs on every machine.`,
    )
  }
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

const reasons = {
  native: "TensorFlow's own CPU kernels on all cores, built and checked on this machine.",
  wasm: 'WebAssembly with SIMD; runs on every machine.',
}

function resultOf(name: 'native' | 'wasm', gflops: number, native: BackendReport): BackendResult {
  const wasm: BackendReport = {
    name: 'wasm',
    available: true,
    chosen: name === 'wasm',
    verified: name === 'wasm',
    gflops: name === 'wasm' ? gflops : null,
    reason: name === 'wasm' ? reasons.wasm : 'Not needed: a faster backend was found. It can be chosen by name.',
  }
  return {
    name,
    verified: true,
    reason: reasons[name],
    gflops,
    candidates: [
      ...absent.map((candidate) => ({ ...candidate, available: false, chosen: false, verified: false, gflops: null })),
      native,
      wasm,
    ],
  }
}

const nativeReport = (chosen: boolean, available: boolean, gflops: number | null, reason: string): BackendReport => ({
  name: 'native',
  available,
  chosen,
  verified: chosen,
  gflops,
  reason,
})

/**
 * Chooses, starts and verifies the backend; later calls with the same wish answer at once. `auto` takes native where the
 * caller offers it and it answers rightly, else WASM, and keeps what runs where nothing is offered.
 * @throws BACKEND_UNAVAILABLE when the one asked for is not there, BACKEND_FAILED when it computes wrongly.
 */
export async function initBackend(options: BackendOptions = {}): Promise<BackendResult> {
  const wish = options.backend ?? 'auto'
  const missing = absent.find((candidate) => candidate.name === wish)
  if (missing) {
    throw new EspalierError(
      'BACKEND_UNAVAILABLE',
      `${missing.reason} Choose "auto" or "wasm"; WASM runs on every machine.`,
    )
  }
  const runs = current && getBackend() === (current.name === 'native' ? nativeName : current.name)
  if (
    current &&
    runs &&
    (wish === current.name || (wish === 'auto' && (!options.native || current.name === 'native')))
  ) {
    return current
  }
  const offer = options.native ?? noOffer
  let left = offer.available ? 'Another backend was chosen by name.' : offer.reason
  if (wish === 'native' || (wish === 'auto' && offer.available)) {
    try {
      const { gflops } = await startNative(offer)
      useWorkers(null)
      current = resultOf('native', gflops, nativeReport(true, true, gflops, reasons.native))
      return current
    } catch (error) {
      if (wish === 'native') throw error
      left = toErrorReport(error).message
    }
  }
  const { gflops } = await startWasm(options.wasmPath)
  useWorkers(options.workers ?? null)
  current = resultOf('wasm', gflops, nativeReport(false, offer.available, null, left))
  return current
}

/** Whether anything can be computed yet. */
export const hasBackend = (): boolean => current !== null

/** Live tensors and their bytes, to prove that nothing leaks. */
export const memoryUse = (): { readonly tensors: number; readonly bytes: number } => {
  const { numTensors, numBytes } = memory()
  return { tensors: numTensors, bytes: numBytes }
}

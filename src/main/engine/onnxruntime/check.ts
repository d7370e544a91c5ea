/** The check's own process: computes the known program with ONNX Runtime, and says how fast it is. */
import { toErrorReport } from '../../../contract/errors'
import { initBackend } from '../../../engine/runtime'
import { wasmPath } from '../wasm-path'
import { loadOnnxRuntime } from './load'

try {
  const onnxRuntime = { available: true, load: () => loadOnnxRuntime() } as const
  const { gflops } = await initBackend({ backend: 'onnxruntime', wasmPath: wasmPath(), onnxRuntime })
  process.stdout.write(`${gflops.toFixed(1)}\n`)
} catch (error) {
  const { message, cause } = toErrorReport(error)
  process.stdout.write(`${[message, cause].filter(Boolean).join(' ').replaceAll('\n', ' ')}\n`)
  process.exitCode = 1
}

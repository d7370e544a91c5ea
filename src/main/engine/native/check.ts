/** The check's own process: loads the native backend, runs the known program with its gradients, says how fast it is. */
import { toErrorReport } from '../../../contract/errors'
import { initBackend } from '../../../engine/runtime'
import { nativeLoader } from './load'

const [folder] = process.argv.slice(2)
try {
  if (!folder) throw new Error('The folder of a native backend is missing.')
  const { gflops } = await initBackend({ backend: 'native', native: { available: true, load: nativeLoader(folder) } })
  process.stdout.write(`${gflops.toFixed(1)}\n`)
} catch (error) {
  const { message, cause } = toErrorReport(error)
  process.stdout.write(`${[message, cause].filter(Boolean).join(' ').replaceAll('\n', ' ')}\n`)
  process.exitCode = 1
}

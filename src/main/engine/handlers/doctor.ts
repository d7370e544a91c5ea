/** What this machine offers: backends tried and measured, versions of what computes. */
import { dependencies } from '../../../../package.json'
import { startBackend } from '../backend'
import { networkReport } from '../network-guard'
import type { JobHandlers } from '../serve'

export const doctor: JobHandlers['doctor'] = async () => {
  const { candidates } = await startBackend('auto', { mayCrash: true })
  return {
    versions: { tfjs: dependencies['@tensorflow/tfjs-core'], onnxruntime: dependencies['onnxruntime-node'] },
    network: networkReport(),
    backends: candidates.map(({ name, available, chosen, gflops, reason, reasonSaid }) => ({
      name,
      available,
      chosen,
      gflops,
      reason,
      ...(reasonSaid ? { reasonSaid } : {}),
    })),
  }
}

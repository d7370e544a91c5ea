/** Writes a network in other formats, proves and times each file; the independent runtime is loaded only when it is needed. */
import { detailOf, say } from '../../../contract/sentences'
import { fitToNetwork } from '../../../engine/data'
import type { JobHandlers } from '../serve'
import { openLocation } from './data-files'
import { openModel } from './model-files'

export const exportModel: JobHandlers['export'] = async (
  { files, original, data, formats, precision, folder, name },
  { signal, progress },
) => {
  const { exportTargets, writeAndProve } = await import('../proof/export')
  const { withLatency } = await import('../proof/latency')
  const { noiseBatch, proofTable } = await import('../proof/samples')
  const { graph } = await openModel(files)
  const source = data && fitToNetwork(await openLocation(data), graph)
  progress({ stage: 'export', fraction: 0.1, ...detailOf(say('doing.export-write')) })
  const results = await writeAndProve({
    graph,
    data: source,
    targets: exportTargets(folder, formats, name),
    precision,
    signal,
  })
  progress({ stage: 'export', fraction: 0.7, ...detailOf(say('doing.export-latency')) })
  return withLatency(results, {
    before: original && (await openModel(original)).graph,
    after: graph,
    sample: source ? proofTable(source).read(Int32Array.of(0)) : noiseBatch(graph, 1),
    signal,
  })
}

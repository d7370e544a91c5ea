/** What networks take, beside the one they were pruned from: all in turn, so that the machine's other work strikes them alike. */
import { fitToNetwork } from '../../../engine/data'
import type { JobHandlers } from '../serve'
import { openLocation } from './data-files'
import { openModel } from './model-files'

export const latency: JobHandlers['latency'] = async ({ original, networks, data }, { signal }) => {
  const { latencyInOnnxRuntime } = await import('../proof/latency')
  const { onnxRuntimeName } = await import('../proof/onnx-runtime')
  const { noiseBatch, proofTable } = await import('../proof/samples')
  const { graph } = await openModel(original)
  const graphs = [graph]
  for (const files of networks) graphs.push((await openModel(files)).graph)
  const source = data && fitToNetwork(await openLocation(data), graph)
  const sample = source ? proofTable(source).read(Int32Array.of(0)) : noiseBatch(graph, 1)
  const [before, ...after] = await latencyInOnnxRuntime(graphs, sample, signal)
  if (!before) return []
  const summary = ({ median, low, high }: typeof before) => ({ median, low, high })
  return after.map((found) => ({
    runtime: onnxRuntimeName,
    batch: sample.count,
    rounds: found.runs,
    before: summary(before),
    after: summary(found),
  }))
}

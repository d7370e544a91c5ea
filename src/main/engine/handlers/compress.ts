/** The long job: a network and data in, a smaller network in the run's folder out. */
import { availableParallelism, cpus, release } from 'node:os'
import { join } from 'node:path'
import { version } from '../../../../package.json'
import { EspalierError } from '../../../contract/errors'
import type { Environment } from '../../../contract/run'
import { detailOf, say } from '../../../contract/sentences'
import { fitToNetwork } from '../../../engine/data'
import { writeModel } from '../../../engine/formats'
import { compress as prune } from '../../../engine/pipeline'
import { writeAtomically } from '../../artifacts/index'
import { startBackend } from '../backend'
import { checkpointFolder } from '../checkpoints'
import type { JobHandlers } from '../serve'
import { openLocation } from './data-files'
import { openModel } from './model-files'

const environmentOf = (backend: string, modelHash: string, dataHash: string): Environment => ({
  espalier: version,
  node: process.versions.node,
  platform: `${process.platform} ${process.arch} ${release()}`,
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  backend,
  modelHash,
  dataHash,
})

export const compress: JobHandlers['compress'] = async ({ files, data, config, folder }, context) => {
  context.progress({ stage: 'read', fraction: 0, ...detailOf(say('doing.reading')) })
  const model = await openModel(files)
  const source = fitToNetwork(await openLocation(data), model.graph)
  for (const note of model.notes) context.log('info', note)
  const { notice } = await startBackend(config.backend)
  if (notice) context.log('warning', notice)
  const output = await prune(
    { graph: model.graph, data: source, config },
    {
      progress: context.progress,
      log: context.log,
      signal: context.signal,
      // ONNX Runtime takes time to load, and few runs measure latency.
      latencyOf: async (...request) => (await import('../proof/latency')).latencyInOnnxRuntime(...request),
      checkpoints: checkpointFolder(folder, (said) => context.log('warning', said)),
    },
  )
  const [written] = await writeModel(output.graph, 'onnx', 'result')
  if (!written) throw new EspalierError('EXPORT_FAILED', 'The smaller network could not be written as ONNX.')
  const path = join(folder, 'result.onnx')
  await writeAtomically(path, written.bytes)
  return {
    path,
    nodes: output.graph.nodes.length,
    result: { ...output.result, exports: [] },
    trace: output.trace,
    environment: environmentOf(output.result.backend, model.files[0]?.hash ?? '', source.hash),
  }
}

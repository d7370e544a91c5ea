/** Writes a network in other formats and proves each file; the independent runtime is loaded only when it is needed. */
import { fitToNetwork } from '../../../engine/data'
import type { JobHandlers } from '../serve'
import { openLocation } from './data-files'
import { openModel } from './model-files'

export const exportModel: JobHandlers['export'] = async ({ files, data, formats, folder, name }, { signal }) => {
  const { exportTargets, writeAndProve } = await import('../../services/parity-export')
  const { graph } = await openModel(files)
  return writeAndProve({
    graph,
    data: data && fitToNetwork(await openLocation(data), graph),
    targets: exportTargets(folder, formats, name),
    signal,
  })
}

/** Structure only: what a model is, and what it would be after pruning. */
import { inEnglish } from '../../../contract/sentences'
import { estimateSizes, listStrategies, viewModel } from '../../../engine/pipeline'
import type { JobHandlers } from '../serve'
import { openModel } from './model-files'

export const inspect: JobHandlers['inspect'] = async ({ files }) => {
  const started = performance.now()
  const opened = await openModel(files)
  const view = viewModel(opened.graph)
  const { macs, params, bytes, nodes } = view.inspection
  return {
    format: opened.format as 'onnx' | 'tfjs' | 'keras',
    size: { macs, params, bytes },
    nodes,
    view: {
      ...view,
      inspection: {
        ...view.inspection,
        notes: [...opened.notes.map(inEnglish), ...view.inspection.notes],
        notesSaid: [...opened.notes, ...(view.inspection.notesSaid ?? [])],
        // Reading the file is what a person waits for, so it counts.
        analysisMs: performance.now() - started,
      },
    },
    files: opened.files,
  }
}

export const estimate: JobHandlers['estimate'] = async ({ files, ...request }) => {
  const { graph } = await openModel(files)
  return estimateSizes(graph, request)
}

export const strategies: JobHandlers['strategies'] = async () => listStrategies()

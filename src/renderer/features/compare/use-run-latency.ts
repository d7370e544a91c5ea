/** Measured latency of a run's result, from its latest export. */
import { computed, watch } from 'vue'
import type { Run } from '../../../contract'
import { useExports } from '../exports'
import { useRuns } from '../runs'
import { useOtherProjects } from './other-projects.store'

/** Milliseconds a pass of one sample: in ONNX Runtime where it was measured there, else in the engine; null without an export. */
export function useRunLatency(): (run: Run) => number | null {
  const exports = useExports()
  const runs = useRuns()
  const others = useOtherProjects()
  watch(
    () => runs.projectId,
    (id) => void exports.open(id),
    { immediate: true },
  )
  const medians = computed(() => {
    const found = new Map<string, { at: string; median: number; onnx: boolean }>()
    for (const { modelId, latency, createdAt } of [
      ...exports.items,
      ...[...others.rooms.values()].flatMap((room) => room.exports),
    ]) {
      for (const { runtime, after } of latency ?? []) {
        const onnx = runtime.startsWith('onnxruntime')
        const known = found.get(modelId)
        if (known && (known.onnx !== onnx ? known.onnx : known.at >= createdAt)) continue
        found.set(modelId, { at: createdAt, median: after.median, onnx })
      }
    }
    return found
  })
  return (run) => (run.resultModelId === null ? null : (medians.value.get(run.resultModelId)?.median ?? null))
}

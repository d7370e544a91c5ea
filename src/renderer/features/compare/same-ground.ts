/** Whether figures of runs may stand against each other: measured on the same samples, of the same network. */
import type { Dataset, Model, Run } from '../../../contract'
import { contentOf } from '../../../contract/outcome'
import { useDatasets } from '../datasets'
import { useModels } from '../models'
import { useOtherProjects } from './other-projects.store'

export function useGround() {
  const models = useModels()
  const datasets = useDatasets()
  const others = useOtherProjects()
  const model = (run: Run): Model | undefined => models.byId(run.modelId) ?? others.model(run.modelId)
  const dataset = (run: Run): Dataset | undefined => datasets.byId(run.datasetId) ?? others.dataset(run.datasetId)
  const dataKey = (run: Run): string => {
    const found = dataset(run)
    return found ? contentOf(found) : run.datasetId
  }
  const modelKey = (run: Run): string => model(run)?.hash ?? run.modelId
  const count = (runs: readonly Run[], key: (run: Run) => string) => new Set(runs.map(key)).size
  return {
    modelName: (run: Run): string => model(run)?.name ?? run.modelId,
    dataName: (run: Run): string => dataset(run)?.name ?? run.datasetId,
    sameData: (one: Run, other: Run): boolean => dataKey(one) === dataKey(other),
    oneData: (runs: readonly Run[]): boolean => count(runs, dataKey) < 2,
    /** Its samples can be looked at on this machine. */
    hasData: (run: Run): boolean => dataset(run)?.missing !== true,
    oneModel: (runs: readonly Run[]): boolean => count(runs, modelKey) < 2,
  }
}
export type Ground = ReturnType<typeof useGround>

/** The stages that a run goes through, and which of them are behind it. */
import type { Run, RunStage, Stage } from '../../../contract'
import { runStages } from '../../../contract/stages'

export interface StageStep {
  readonly stage: RunStage
  readonly state: 'behind' | 'now' | 'stopped' | 'ahead'
}

/** A search for a promise goes from verifying back to removing; then what it does again lies ahead again. */
export function stagesOf({ config, progress, status }: Pick<Run, 'config' | 'progress' | 'status'>): StageStep[] {
  const stages = runStages.filter((stage) => stage !== 'recover' || config.finetune.epochs > 0)
  const at = progress ? (stages as readonly Stage[]).indexOf(progress.stage) : -1
  const here = status === 'running' || status === 'queued' ? 'now' : 'stopped'
  return stages.map((stage, i) => ({ stage, state: i < at ? 'behind' : i === at ? here : 'ahead' }))
}

/** The stage after the present one; null at the end, and where that is not known yet. */
export function nextStage(run: Pick<Run, 'config' | 'progress' | 'status'>): RunStage | null {
  const steps = stagesOf(run)
  const at = steps.findIndex(({ state }) => state === 'now')
  return at < 0 ? null : (steps[at + 1]?.stage ?? null)
}

/** The stages that a run goes through, and which of them are behind it. */
import type { Run, Stage } from '../../../contract'

/** In order; what every run has in common, and fine-tuning where it was asked for. */
const way = [
  'read',
  'analyse',
  'observe',
  'decide',
  'apply',
  'verify',
  'recover',
  'evaluate',
] as const satisfies readonly Stage[]
export type WayStage = (typeof way)[number]

export interface StageStep {
  readonly stage: WayStage
  readonly state: 'behind' | 'now' | 'stopped' | 'ahead'
}

/** A search for a promise goes from verifying back to removing; then what it does again lies ahead again. */
export function stagesOf({ config, progress, status }: Pick<Run, 'config' | 'progress' | 'status'>): StageStep[] {
  const stages = way.filter((stage) => stage !== 'recover' || config.finetune.epochs > 0)
  const at = progress ? (stages as readonly Stage[]).indexOf(progress.stage) : -1
  const here = status === 'running' || status === 'queued' ? 'now' : 'stopped'
  return stages.map((stage, i) => ({ stage, state: i < at ? 'behind' : i === at ? here : 'ahead' }))
}

/** The stage after the present one; null at the end, and where that is not known yet. */
export function nextStage(run: Pick<Run, 'config' | 'progress' | 'status'>): WayStage | null {
  const steps = stagesOf(run)
  const at = steps.findIndex(({ state }) => state === 'now')
  return at < 0 ? null : (steps[at + 1]?.stage ?? null)
}

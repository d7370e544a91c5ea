/** The stages that a run goes through: without schemas, so that the page carries no more than it needs. */

/** In order; what every run has in common, and fine-tuning where it was asked for. */
export const runStages = ['read', 'analyse', 'observe', 'decide', 'apply', 'verify', 'recover', 'evaluate'] as const
export type RunStage = (typeof runStages)[number]

export const stages = ['queued', ...runStages, 'export', 'done'] as const
export type Stage = (typeof stages)[number]

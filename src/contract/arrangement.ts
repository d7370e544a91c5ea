/** What a person arranges in a project: the words of it, without schemas, so that the page carries no more than it needs. */

export const chartKinds = ['scatter', 'line', 'bar'] as const
/** What gives a chart its series; each is a column of words. */
export const chartSplits = ['none', 'strategy', 'refit', 'goal', 'seed', 'model', 'dataset'] as const

export const groupKeys = [
  'none',
  'sweep',
  'strategy',
  'goal',
  'status',
  'refit',
  'allocation',
  'epochs',
  'seed',
  'model',
  'dataset',
  'tags',
] as const
export type GroupKey = (typeof groupKeys)[number]
export type GroupField = Exclude<GroupKey, 'none'>
/** Levels of groups within groups: beyond these nobody finds a run. */
export const mostGroups = 3

/** As many colours for runs as the palette has. */
export const colourCount = 8

/** Under which key of the settings' layouts each part of a project's arrangement is kept. */
export const arrangementKeys = {
  pins: (projectId: string) => `runs.pins.${projectId}`,
  colours: (projectId: string) => `runs.colours.${projectId}`,
  views: (projectId: string) => `runs.views.${projectId}`,
  charts: (projectId: string) => `charts.${projectId}`,
}

/** What tells runs of a sweep apart, in the words that the services write into their names; the page says them in the person's language. */
import type { Goal, RunConfig } from './run'

const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`

export function goalText({ kind, value }: Goal): string {
  switch (kind) {
    case 'keep-macs':
      return `${percent(value)} MACs`
    case 'keep-params':
      return `${percent(value)} parameters`
    case 'max-bytes':
      return `≤ ${value} bytes`
    case 'max-latency-ms':
      return `≤ ${value} ms`
    case 'max-drop':
      return `≤ ${value} points lost`
    case 'max-kl':
      return `KL ≤ ${value}`
  }
}

/** Each by what it says of a configuration. */
export const nameParts = {
  strategy: ({ strategy }: RunConfig): string => strategy,
  goal: ({ goal }: RunConfig): string => goalText(goal),
  refit: ({ refit }: RunConfig): string => (refit === 'none' ? 'no refit' : `${refit} refit`),
  allocation: ({ allocation }: RunConfig): string => allocation,
  epochs: ({ finetune }: RunConfig): string => `${finetune.epochs} epochs`,
  seed: ({ seed }: RunConfig): string => `seed ${seed}`,
} as const

export const partNames = [
  'strategy',
  'goal',
  'refit',
  'allocation',
  'epochs',
  'seed',
] as const satisfies readonly (keyof typeof nameParts)[]

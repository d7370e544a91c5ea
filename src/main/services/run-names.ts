/** What runs are called where the person gives no name: strategy and budget, and whatever else differs in the sweep. */
import type { Goal, RunConfig } from '../../contract/run'

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

/** `sweep`: all configurations that are started together. */
export function runName(config: RunConfig, sweep: readonly RunConfig[], given: string | undefined): string {
  const parts = [config.strategy, goalText(config.goal)]
  const differs = (of: (other: RunConfig) => unknown): boolean => new Set(sweep.map(of)).size > 1
  if (differs((other) => other.refit)) parts.push(config.refit === 'none' ? 'no refit' : `${config.refit} refit`)
  if (differs((other) => other.allocation)) parts.push(config.allocation)
  if (differs((other) => other.finetune.epochs)) parts.push(`${config.finetune.epochs} epochs`)
  if (differs((other) => other.seed)) parts.push(`seed ${config.seed}`)
  const text = parts.join(' · ')
  if (given === undefined) return text
  return sweep.length === 1 ? given : `${given} · ${text}`
}

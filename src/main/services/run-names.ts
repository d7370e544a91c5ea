/** What runs are called: where the person gives no name, strategy and budget; and whatever else differs in the sweep. */
import type { RunConfig } from '../../contract/run'
import { nameParts, partNames } from '../../contract/run-names'

/** `sweep`: all configurations that are started together. One name given to all of them is followed by what tells each from the others. */
export function runName(config: RunConfig, sweep: readonly RunConfig[], given: string | undefined): string {
  const told = partNames.filter((part) => {
    const differs = new Set(sweep.map(nameParts[part])).size > 1
    return differs || (given === undefined && (part === 'strategy' || part === 'goal'))
  })
  const text = told.map((part) => nameParts[part](config)).join(' · ')
  return given === undefined ? text : [given, ...(text === '' ? [] : [text])].join(' · ')
}

/** The criteria by name, in the order they are shown. */
import { EspalierError } from '../../../contract/errors'
import type { Criterion } from './types'

const registry = new Map<string, Criterion>()

/** @throws INTERNAL when the name is taken. */
export function registerCriterion(criterion: Criterion): void {
  if (registry.has(criterion.name)) {
    throw new EspalierError('INTERNAL', `The criterion "${criterion.name}" is registered twice.`)
  }
  registry.set(criterion.name, criterion)
}

export const findCriterion = (name: string): Criterion | undefined => registry.get(name)

export const registeredCriteria = (): readonly Criterion[] => [...registry.values()]

/** Refuses a strategy that is not there before any file is read. */
import { EspalierError } from '../../contract/errors'
import { listStrategies } from '../../engine/strategies'

/** @throws BAD_USAGE with the names there are */
export function requireStrategy(name: string): void {
  const names = listStrategies().map((strategy) => strategy.name)
  if (names.includes(name)) return
  throw new EspalierError('BAD_USAGE', `There is no strategy named "${name}". Choose one of ${names.join(', ')}.`)
}

/** How many cores are computed on. */
import { availableParallelism } from 'node:os'

/** Beyond this many what they compute is no faster. */
const MOST = 16

/** All of them up to 16, or as many as ESPALIER_WORKERS says. */
export function coreCount(environment: NodeJS.ProcessEnv = process.env): number {
  const wish = Number(environment.ESPALIER_WORKERS)
  return Number.isInteger(wish) && wish > 0 ? wish : Math.min(MOST, availableParallelism())
}

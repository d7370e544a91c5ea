/** From the parts of `runs.table` to runs; those of one machine share one environment. */
import type { Environment, Run } from '../../../contract'
import { api } from '../../app/client'

/** A part to be shown at once, then parts that take a few frames each. */
const firstPart = 200
const laterPart = 2000

export interface Part {
  readonly runs: readonly Run[]
  /** Of the whole list. */
  readonly total: number
  readonly next: string | null
}

export function readPart(text: string): Part {
  const { environments, runs, total, next } = JSON.parse(text) as Part & { environments: readonly Environment[] }
  // In place: copying ten thousand runs takes longer than reading them.
  for (const run of runs) {
    const place: unknown = run.environment
    run.environment = typeof place === 'number' ? (environments[place] ?? null) : null
  }
  return { runs, total, next }
}

/** The parts of a project's list, newest run first. */
export async function* tableParts(projectId: string): AsyncGenerator<Part> {
  let count = firstPart
  for (let after: string | null | undefined; after !== null; count = laterPart) {
    const answer = await api().runs.table({ projectId, deleted: false, count, ...(after ? { after } : {}) })
    const part = readPart(await answer.text())
    yield part
    after = part.next
  }
}

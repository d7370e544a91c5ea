/** The log of each run, in order. */
import type { LogLine } from '../../contract/entities'
import type { Said } from '../../contract/sentences'
import type { Database } from './database'
import { guarded } from './errors'

export function logRepository(database: Database) {
  const insert = database.prepare('INSERT INTO logs (run_id, at, level, message, said) VALUES (?, ?, ?, ?, ?)')
  const all = database.prepare<[string], Omit<LogLine, 'said'> & { said: string | null }>(
    'SELECT at, level, message, said FROM logs WHERE run_id = ? ORDER BY id',
  )
  return guarded({
    add: (runId: string, line: LogLine): void => {
      insert.run(runId, line.at, line.level, line.message, line.said ? JSON.stringify(line.said) : null)
    },
    list: (runId: string): LogLine[] =>
      all.all(runId).map(({ said, ...line }) => (said === null ? line : { ...line, said: JSON.parse(said) as Said })),
  })
}

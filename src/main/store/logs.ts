/** The log of each run, in order. */
import type { LogLine } from '../../contract/entities'
import type { Database } from './database'
import { guarded } from './errors'

export function logRepository(database: Database) {
  const insert = database.prepare('INSERT INTO logs (run_id, at, level, message) VALUES (?, ?, ?, ?)')
  const all = database.prepare<[string], LogLine>('SELECT at, level, message FROM logs WHERE run_id = ? ORDER BY id')
  return guarded({
    add: (runId: string, line: LogLine): void => {
      insert.run(runId, line.at, line.level, line.message)
    },
    list: (runId: string): LogLine[] => all.all(runId),
  })
}

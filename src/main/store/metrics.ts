/** Metric series: many small rows, written in bulk by one prepared statement. */
import type { MetricPoint } from '../../contract/entities'
import type { Database } from './database'
import { guarded } from './errors'

/** One repository. A resumed run writes the same steps again; the newer value stays. */
export function metricRepository(database: Database) {
  const insert = database.prepare('INSERT OR REPLACE INTO metrics (run_id, name, step, value) VALUES (?, ?, ?, ?)')
  const all = database.prepare<[string], MetricPoint>(
    'SELECT name, step, value FROM metrics WHERE run_id = ? ORDER BY name, step',
  )
  const named = database.prepare<[string, string], MetricPoint>(
    'SELECT name, step, value FROM metrics WHERE run_id = ? AND name = ? ORDER BY step',
  )
  return guarded({
    add: database.transaction((runId: string, points: readonly MetricPoint[]): void => {
      for (const point of points)
        insert.run(runId, point.name, point.step, Number.isFinite(point.value) ? point.value : null)
    }),
    list: (runId: string, names?: readonly string[]): MetricPoint[] =>
      names ? names.flatMap((name) => named.all(runId, name)) : all.all(runId),
  })
}

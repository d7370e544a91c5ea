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
  const names = database
    .prepare<[string], string>('SELECT DISTINCT name FROM metrics WHERE run_id = ? ORDER BY name')
    .pluck()
  const extent = database.prepare<[string, string], { count: number; low: number; high: number }>(
    'SELECT count(*) AS count, min(step) AS low, max(step) AS high FROM metrics WHERE run_id = ? AND name = ?',
  )
  // With min() or max() SQLite answers the other columns from the row that has it.
  const extremes = (['min', 'max'] as const).map((extreme) =>
    database.prepare<[string, string, number, number], MetricPoint>(
      `SELECT name, step, ${extreme}(value) AS value FROM metrics WHERE run_id = ? AND name = ?
       GROUP BY CAST((step - ?) * ? AS INTEGER)`,
    ),
  )
  const last = database.prepare<[string, string, number], MetricPoint>(
    'SELECT name, step, value FROM metrics WHERE run_id = ? AND name = ? AND step = ?',
  )

  /** The least and the greatest value of each stretch of a series, and its last point. */
  const thinned = (runId: string, name: string, most: number): MetricPoint[] => {
    const found = extent.get(runId, name)
    if (!found || found.count <= most) return named.all(runId, name)
    const { low, high } = found
    const stretches = Math.max(1, Math.floor(most / 2) - 1)
    const points = extremes.flatMap((statement) => statement.all(runId, name, low, stretches / (high - low)))
    const steps = new Map(points.map((point) => [point.step, point]))
    for (const point of last.all(runId, name, high)) steps.set(high, point)
    return [...steps.values()].sort((a, b) => a.step - b.step)
  }

  return guarded({
    add: database.transaction((runId: string, points: readonly MetricPoint[]): void => {
      for (const point of points)
        insert.run(runId, point.name, point.step, Number.isFinite(point.value) ? point.value : null)
    }),
    /** @param most points a series at the most: a longer one is told by the extremes of its stretches; absent: every point */
    list(runId: string, wanted?: readonly string[], most?: number): MetricPoint[] {
      if (most !== undefined) return (wanted ?? names.all(runId)).flatMap((name) => thinned(runId, name, most))
      return wanted ? wanted.flatMap((name) => named.all(runId, name)) : all.all(runId)
    },
  })
}

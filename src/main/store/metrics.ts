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
  // Each name by its place in the key, and ends and stretches as ranges of it: nothing is sorted, nothing read twice over.
  const nameAfter = database
    .prepare<[string, string], string>('SELECT name FROM metrics WHERE run_id = ? AND name > ? ORDER BY name LIMIT 1')
    .pluck()
  const beyond = database
    .prepare<[string, string, number], number>('SELECT 1 FROM metrics WHERE run_id = ? AND name = ? LIMIT 1 OFFSET ?')
    .pluck()
  const end = (way: 'ASC' | 'DESC') =>
    database.prepare<[string, string], MetricPoint>(
      `SELECT name, step, value FROM metrics WHERE run_id = ? AND name = ? ORDER BY step ${way} LIMIT 1`,
    )
  const [first, last] = [end('ASC'), end('DESC')]
  // With min() or max() SQLite answers the other columns from the row that has it.
  const extremes = (['min', 'max'] as const).map((extreme) =>
    database.prepare<[string, string, number, number], MetricPoint>(
      `SELECT name, step, ${extreme}(value) AS value FROM metrics WHERE run_id = ? AND name = ? AND step >= ? AND step < ?`,
    ),
  )

  const namesOf = (runId: string): string[] => {
    const names: string[] = []
    for (let name = nameAfter.get(runId, ''); name !== undefined; name = nameAfter.get(runId, name)) names.push(name)
    return names
  }

  /** The least and the greatest value of each stretch of a series, and its last point. */
  const thinned = (runId: string, name: string, most: number): MetricPoint[] => {
    const [begins, ends] = [first.get(runId, name), last.get(runId, name)]
    if (!begins || !ends || beyond.get(runId, name, most) === undefined) return named.all(runId, name)
    const stretches = Math.max(1, Math.floor(most / 2) - 1)
    const edgeOf = (at: number) => begins.step + (at * (ends.step - begins.step)) / stretches
    const steps = new Map<number, MetricPoint>()
    for (let at = 0; at < stretches; at++) {
      for (const statement of extremes) {
        const point = statement.get(runId, name, edgeOf(at), edgeOf(at + 1))
        // A stretch without points answers a row of nothing.
        if (point && point.step !== null) steps.set(point.step, point)
      }
    }
    steps.set(ends.step, ends)
    return [...steps.values()].sort((a, b) => a.step - b.step)
  }

  return guarded({
    add: database.transaction((runId: string, points: readonly MetricPoint[]): void => {
      for (const point of points)
        insert.run(runId, point.name, point.step, Number.isFinite(point.value) ? point.value : null)
    }),
    /** @param most points a series at the most: a longer one is told by the extremes of its stretches; absent: every point */
    list(runId: string, wanted?: readonly string[], most?: number): MetricPoint[] {
      if (most !== undefined) return (wanted ?? namesOf(runId)).flatMap((name) => thinned(runId, name, most))
      return wanted ? wanted.flatMap((name) => named.all(runId, name)) : all.all(runId)
    },
  })
}

/** Decision traces, one compressed document a run. */
import type { DecisionTrace } from '../../contract/run'
import { pack, unpack } from './columns'
import type { Database } from './database'
import { guarded } from './errors'

export function traceRepository(database: Database) {
  const put = database.prepare('INSERT OR REPLACE INTO traces (run_id, body) VALUES (?, ?)')
  const find = database.prepare<[string], { body: Uint8Array }>('SELECT body FROM traces WHERE run_id = ?')
  return guarded({
    put: (runId: string, trace: DecisionTrace): void => {
      put.run(runId, pack(trace))
    },
    /** null until the run is done. */
    get(runId: string): DecisionTrace | null {
      const found = find.get(runId)
      return found ? unpack<DecisionTrace>(found.body) : null
    },
  })
}

/** All schema changes in order; the position is the `user_version`. A new one is one file and one line here. */
import { foundation } from './0001-foundation'
import { modelViews } from './0002-model-views'
import { runRounds } from './0003-run-rounds'
import { saidLogs } from './0004-said-logs'
import { layouts } from './0005-layouts'
import { runLatency } from './0006-run-latency'

export const migrations: readonly string[] = [foundation, modelViews, runRounds, saidLogs, layouts, runLatency]

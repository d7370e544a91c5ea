/** One handler a kind of job. */
import type { JobHandlers } from '../serve'
import { compress } from './compress'
import { preview, probe } from './data'
import { doctor } from './doctor'
import { exportModel } from './export'
import { featureMaps } from './feature-maps'
import { estimate, inspect, strategies } from './inspect'
import { latency } from './latency'
import { disagreements, evaluate } from './measure'
import { buildNative, nativeFacts } from './native'
import { reached } from './reached'

export const handlers: JobHandlers = {
  inspect,
  estimate,
  strategies,
  probe,
  preview,
  evaluate,
  compress,
  reached,
  export: exportModel,
  latency,
  disagreements,
  featureMaps,
  doctor,
  nativeFacts,
  buildNative,
}

/** Every message between the services and an engine process; both ends check what arrives. */
import { z } from 'zod'
import { errorReportSchema, logLineSchema, metricPointSchema } from '../../contract/entities'
import { progressSchema } from '../../contract/run'

/** Progress on its way out of the engine; the figure of a series is null where it is not finite. */
const heardSchema = progressSchema.extend({ metric: metricPointSchema.optional() })
export type Heard = z.infer<typeof heardSchema>

export const toEngineSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('job'), id: z.number().int(), kind: z.string(), input: z.unknown() }),
  z.object({ type: z.literal('cancel'), id: z.number().int() }),
  z.object({ type: z.literal('stop') }),
])
export type ToEngine = z.infer<typeof toEngineSchema>

export const fromEngineSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('heartbeat') }),
  z.object({ type: z.literal('progress'), id: z.number().int(), progress: heardSchema }),
  z.object({ type: z.literal('log'), id: z.number().int(), line: logLineSchema }),
  z.object({ type: z.literal('result'), id: z.number().int(), output: z.unknown() }),
  z.object({ type: z.literal('error'), id: z.number().int(), report: errorReportSchema }),
])
export type FromEngine = z.infer<typeof fromEngineSchema>

/** How often an idle or awaiting engine says that it lives. */
export const heartbeatMs = 1000

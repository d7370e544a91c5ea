/** Coded errors: what crosses a process, a shell or the screen is always a code, a sentence and an optional cause. */

/** Every code the product can raise. A new failure is a new line here, so that shells and tests can name it. */
export const errorCodes = [
  'BAD_USAGE',
  'NOT_BUILT_YET',
  'CANCELLED',
  'INTERNAL',
  'FILE_NOT_FOUND',
  'FILE_UNREADABLE',
  'FILE_TRUNCATED',
  'FILE_TOO_LARGE',
  'FORMAT_UNKNOWN',
  'MODEL_INVALID',
  'MODEL_UNSUPPORTED_OPERATOR',
  'MODEL_UNSUPPORTED_FEATURE',
  'MODEL_NON_FINITE',
  'GRAPH_INVALID',
  'SHAPE_MISMATCH',
  'DATA_INVALID',
  'DATA_NON_FINITE',
  'DATA_LABELS_OUT_OF_RANGE',
  'DATA_TOO_FEW_SAMPLES',
  'BUDGET_UNREACHABLE',
  'NOTHING_PRUNABLE',
  'PROMISE_NOT_KEPT',
  'BACKEND_UNAVAILABLE',
  'BACKEND_FAILED',
  'OUT_OF_MEMORY',
  'DISK_FULL',
  'STORE_FROM_THE_FUTURE',
  'STORE_CORRUPT',
  'STORE_BUSY',
  'NOT_FOUND',
  'CONFLICT',
  'ENGINE_CRASHED',
  'ENGINE_UNRESPONSIVE',
  'EXPORT_FAILED',
  'PARITY_FAILED',
  'UNAUTHORIZED',
] as const

export type ErrorCode = (typeof errorCodes)[number]

/** The plain form that is stored and sent: no stack, no private data beyond the sentence. */
export interface ErrorReport {
  readonly code: ErrorCode
  /** One sentence or two for the user: what happened, why, what to do. */
  readonly message: string
  /** The technical cause in one line, for the log and the diagnostics bundle. */
  readonly cause?: string | undefined
}

/** An expected failure. Anything else that is thrown is a defect and is reported as INTERNAL. */
export class EspalierError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'EspalierError'
    this.code = code
  }
}

const causeText = (cause: unknown): string | undefined => {
  if (cause === undefined || cause === null) return undefined
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
}

const isErrorCode = (code: unknown): code is ErrorCode =>
  typeof code === 'string' && (errorCodes as readonly string[]).includes(code)

/** Turns anything thrown into the plain form; system errors of the disk get their own code. */
export function toErrorReport(error: unknown): ErrorReport {
  if (error instanceof Error && 'code' in error && isErrorCode(error.code)) {
    const cause = causeText(error.cause)
    return { code: error.code, message: error.message, ...(cause === undefined ? {} : { cause }) }
  }
  const system = error instanceof Error && 'code' in error ? String(error.code) : ''
  const cause = causeText(error)
  const withCause = cause === undefined ? {} : { cause }
  if (system === 'ENOSPC' || system === 'EDQUOT' || system === 'SQLITE_FULL') {
    return {
      code: 'DISK_FULL',
      message: 'The disk is full, so the last write was undone and nothing was lost. Free some space and try again.',
      ...withCause,
    }
  }
  if (system === 'ENOENT') {
    return {
      code: 'FILE_NOT_FOUND',
      message: `A file that is needed is not there: ${cause}. Check the path and try again.`,
      ...withCause,
    }
  }
  return {
    code: 'INTERNAL',
    message: `Something went wrong inside Espalier: ${error instanceof Error ? error.message : String(error)}. The work before this step is kept; please report this with the diagnostics bundle.`,
    ...withCause,
  }
}

/** The inverse of {@link toErrorReport}, on the receiving side of a process border. */
export const fromErrorReport = (report: ErrorReport): EspalierError =>
  new EspalierError(report.code, report.message, report.cause)

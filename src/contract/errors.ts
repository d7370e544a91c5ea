/** Coded errors: what crosses a process, a shell or the screen is always a code, a sentence and an optional cause. */
import { inEnglish, type Said, type Sentence, say } from './sentences'

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
  'STORE_READ_ONLY',
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
  /** The message for the reader's language, where it is a sentence of the catalogue. */
  readonly said?: Said | undefined
  /** The technical cause in one line, for the log and the diagnostics bundle. */
  readonly cause?: string | undefined
}

/** An expected failure. Anything else that is thrown is a defect and is reported as INTERNAL. */
export class EspalierError extends Error {
  readonly code: ErrorCode
  /** The message as a sentence of the catalogue, where it is one. */
  readonly said: Said | undefined

  constructor(code: ErrorCode, message: string | Sentence, cause?: unknown, said?: Said) {
    super(typeof message === 'string' ? message : inEnglish(message), cause === undefined ? undefined : { cause })
    this.name = 'EspalierError'
    this.code = code
    this.said = typeof message === 'string' ? said : message
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
    const said = error instanceof EspalierError ? error.said : undefined
    return {
      code: error.code,
      message: error.message,
      ...(said === undefined ? {} : { said }),
      ...(cause === undefined ? {} : { cause }),
    }
  }
  const system = error instanceof Error && 'code' in error ? String(error.code) : ''
  const cause = causeText(error)
  const report = (code: ErrorCode, said: Sentence): ErrorReport => ({
    code,
    message: inEnglish(said),
    said,
    ...(cause === undefined ? {} : { cause }),
  })
  if (system === 'ENOSPC' || system === 'EDQUOT' || system === 'SQLITE_FULL') {
    return report('DISK_FULL', say('error.disk-full'))
  }
  if (system === 'EACCES' || system === 'EPERM' || system === 'EROFS') {
    return report('FILE_UNREADABLE', say('error.no-permission', { what: String(cause) }))
  }
  if (system === 'ENOENT') return report('FILE_NOT_FOUND', say('error.file-missing', { what: String(cause) }))
  return report('INTERNAL', say('error.internal', { what: error instanceof Error ? error.message : String(error) }))
}

/** The inverse of {@link toErrorReport}, on the receiving side of a process border. */
export const fromErrorReport = (report: ErrorReport): EspalierError =>
  new EspalierError(report.code, report.message, report.cause, report.said)

/** Every error that leaves the API has a code of the contract, a sentence and, where known, its cause. */
import { ORPCError } from '@orpc/server'
import { type ErrorCode, type ErrorReport, EspalierError, toErrorReport } from '../../contract/errors'

const statusOf: Partial<Record<ErrorCode, number>> = {
  BAD_USAGE: 400,
  UNAUTHORIZED: 401,
  NOT_FOUND: 404,
  FILE_NOT_FOUND: 404,
  CONFLICT: 409,
  NOT_BUILT_YET: 501,
  INTERNAL: 500,
  DISK_FULL: 507,
}

interface Issue {
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[]
  readonly message: string
}

const issuesOf = (data: unknown): readonly Issue[] =>
  typeof data === 'object' && data !== null && 'issues' in data && Array.isArray(data.issues)
    ? (data.issues as Issue[])
    : []

const pathText = (path: Issue['path']): string =>
  (path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')

/** What the RPC library itself refuses: a wrong input, an unknown procedure. */
const fromLibrary = (error: ORPCError<string, unknown>): EspalierError => {
  const [issue] = issuesOf(error.data)
  if (error.code === 'BAD_REQUEST') {
    const where = issue ? `${pathText(issue.path) || 'input'}: ${issue.message}` : error.message
    return new EspalierError('BAD_USAGE', `The request is not understood (${where}). Correct it and try again.`)
  }
  if (error.code === 'NOT_FOUND') {
    return new EspalierError('NOT_FOUND', 'There is no such call. The page may be older than the program; reload it.')
  }
  const cause = issue ? `${pathText(issue.path)}: ${issue.message}` : error.message
  return new EspalierError(
    'INTERNAL',
    'Something went wrong inside Espalier: an answer had the wrong form. Your work is kept; please report this with the diagnostics bundle.',
    cause,
  )
}

/** Anything thrown, as it is sent: `code`, `message`, and in `data` the rest of its report. */
export function toApiError(error: unknown): ORPCError<ErrorCode, Pick<ErrorReport, 'cause' | 'said'>> {
  const report = toErrorReport(error instanceof ORPCError ? fromLibrary(error) : error)
  return new ORPCError(report.code, {
    message: report.message,
    status: statusOf[report.code] ?? 422,
    data: { cause: report.cause, said: report.said },
  })
}

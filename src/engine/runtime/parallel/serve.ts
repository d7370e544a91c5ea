/** A worker's side: holds pieces of work and runs them on its own backend. */
import { toErrorReport } from '../../../contract/errors'
import type { AnyPiece, OpenPiece, WorkerAnswer, WorkerRequest } from './protocol'

/** Answers one request after the other; the backend must have been started. @param pieces all that it can do */
export function serveWorker(pieces: readonly AnyPiece[]): (request: WorkerRequest) => Promise<WorkerAnswer> {
  const known = new Map(pieces.map((piece) => [piece.name, piece]))
  const open = new Map<number, OpenPiece<never, unknown>>()
  const answer = async (request: WorkerRequest): Promise<WorkerAnswer> => {
    const { id } = request
    if (request.kind === 'open') {
      const piece = known.get(request.piece)
      if (!piece) throw new Error(`This worker knows no piece of work named "${request.piece}".`)
      open.set(id, piece.open(request.setup as never))
      return { kind: 'done' }
    }
    const piece = open.get(id)
    if (request.kind === 'close') {
      piece?.dispose()
      open.delete(id)
      return { kind: 'done' }
    }
    if (!piece) throw new Error(`Piece ${id} is not open in this worker.`)
    return { kind: 'result', value: await piece.run(request.input as never) }
  }
  return (request) => answer(request).catch((error) => ({ kind: 'failed', report: toErrorReport(error) }))
}

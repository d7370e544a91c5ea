/** A worker's side: holds networks and runs batches on its own backend. */
import { toErrorReport } from '../../../contract/errors'
import { Graph } from '../../graph/graph'
import { createSession } from '../session'
import type { Session } from '../types'
import type { WorkerAnswer, WorkerRequest } from './protocol'

/** Answers one request after the other; the backend must have been started. */
export function serveWorker(): (request: WorkerRequest) => Promise<WorkerAnswer> {
  const sessions = new Map<number, Session>()
  const answer = async (request: WorkerRequest): Promise<WorkerAnswer> => {
    const { network } = request
    if (request.kind === 'open') {
      sessions.set(network, createSession(new Graph(request.parts), { fuse: true }))
      return { kind: 'done' }
    }
    const session = sessions.get(network)
    if (request.kind === 'close') {
      session?.dispose()
      sessions.delete(network)
      return { kind: 'done' }
    }
    if (!session) throw new Error(`Network ${network} is not open in this worker.`)
    return { kind: 'outputs', outputs: await session.run(request.feed) }
  }
  return (request) => answer(request).catch((error) => ({ kind: 'failed', report: toErrorReport(error) }))
}

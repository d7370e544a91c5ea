/** Work over all cores for backends that use one: named pieces of it on workers, their answers merged in order. */
export { Crew } from './crew'
export { beginExchange, Exchange, type ExchangeMemory, exchangeMemory, leaveExchange } from './exchange'
export { inOrder } from './in-order'
export { createNetwork, type Network, networkPiece } from './network'
export { plainGraph } from './plain'
export { batchesAhead, readyWorkers, useWorkers, workersFor } from './pool'
export {
  type AnyPiece,
  type OpenPiece,
  type Piece,
  type WorkerAnswer,
  WorkerEnded,
  type WorkerPool,
  type WorkerRequest,
} from './protocol'
export { serveWorker } from './serve'
export { isIndependent } from './shards'

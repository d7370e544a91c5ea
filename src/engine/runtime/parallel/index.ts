/** Networks over all cores for backends that use one. */
export { batchesAhead, createNetwork, type Network, useWorkers } from './network'
export { type WorkerAnswer, WorkerEnded, type WorkerPool, type WorkerRequest } from './protocol'
export { serveWorker } from './serve'

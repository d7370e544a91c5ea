/** The entry of a worker thread: starts WASM and does the pieces of work it is sent, one after the other. */
import { parentPort, workerData } from 'node:worker_threads'
import { planRefitPiece } from '../../engine/recovery/refit-elsewhere'
import { resultTrialPiece } from '../../engine/recovery/refit-trials'
import { resultGradientsPiece } from '../../engine/recovery/result-gradients'
import { initBackend, networkPiece, serveWorker, trainingPiece, type WorkerRequest } from '../../engine/runtime'
import { observationPiece } from '../../engine/statistics'

const port = parentPort
if (!port) throw new Error('A worker is started by Espalier and does nothing on its own.')
const { wasmPath } = workerData as { wasmPath: string }
let last: Promise<unknown> = initBackend({ backend: 'wasm', wasmPath })
const answer = serveWorker([
  networkPiece,
  trainingPiece,
  resultGradientsPiece,
  observationPiece,
  planRefitPiece,
  resultTrialPiece,
])
port.on('message', (request: WorkerRequest) => {
  last = last.then(async () => port.postMessage(await answer(request)))
})

/** The runtime's public face: backend, sessions, training, and the tensor arithmetic under `tensors`. */

export { samplesAtOnce } from './at-once'
export {
  type BackendChoice,
  type BackendOptions,
  type BackendReport,
  type BackendResult,
  initBackend,
  memoryUse,
} from './backend'
export { reestimateBatchNorm } from './batch-norm'
export { buildProgram } from './build'
export { hasOpenExtents, openExtents, withExtents } from './extents'
export type { NativeOffer } from './native'
export type { OnnxProgram, OnnxRuntime, OnnxRuntimeOffer, OnnxValue } from './onnxruntime'
export {
  type AnyPiece,
  batchesAhead,
  createNetwork,
  inOrder,
  isIndependent,
  type Network,
  networkPiece,
  serveWorker,
  type WorkerAnswer,
  WorkerEnded,
  type WorkerPool,
  type WorkerRequest,
  workersFor,
} from './parallel'
export type { PatchWindow } from './patches'
export { layoutOf, type Program, registerOf, slice as sliceProgram } from './program'
export { createSession, disposeValues, logitsValue, toPlain } from './session'
export { createDataParallelTrainer, trainingPiece } from './shared-trainer'
export * as tensors from './tensors'
export { createTrainer } from './trainer'
export type {
  BackwardRequest,
  BackwardResult,
  Feed,
  HostTensor,
  LiveValue,
  LiveValues,
  Loss,
  Session,
  SessionOptions,
  SharedTrainer,
  Target,
  Tensor,
  Trainer,
  TrainerOptions,
} from './types'

/** TensorFlow.js graph models. */
export { type TfjsWriteOptions, type WritableProgram, writeTfjs } from './write'

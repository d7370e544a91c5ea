/** Every operation the runtime knows, registered by import. */
import './activation'
import './convolution'
import './elementwise'
import './linear'
import './normalisation'
import './ordering'
import './pooling'
import './regions'
import './shape'

export { type GradientContext, hasOperation, type Operation, operationOf, type RunContext } from './operation'

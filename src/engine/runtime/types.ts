/** What the rest of the engine sees of the runtime: sessions, live values, gradients and training. */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Graph } from '../graph/graph'
import type { TensorData } from '../graph/tensor'
import type { Layout } from '../ops/lowering'
import type { Program } from './program'

export type { Tensor } from '@tensorflow/tfjs-core'

/** An array on the host side, row-major, in ONNX layout (NCHW for images). */
export interface HostTensor {
  readonly dims: readonly number[]
  readonly data: Float32Array | Int32Array
}

/** One array an input of the network; `''` stands for the only input (the same map a data `Batch` carries). */
export type Feed = ReadonlyMap<string, HostTensor>

/**
 * A value that lives on the backend. Layout `nhwc`: the ONNX value [N, C, *spatial] is held as [N, *spatial, C];
 * `plain`: axes as in ONNX. Values of rank 2 and lower are always `plain`. Whoever receives one disposes its tensor.
 */
export interface LiveValue {
  readonly tensor: Tensor
  readonly layout: Layout
}

export type LiveValues = Map<string, LiveValue>

export interface SessionOptions {
  /** Convolution, BatchNorm and activation become one operation. Faster, but values inside a fused chain are gone. */
  readonly fuse: boolean
  /** Graph values that must stay reachable even when fusing. */
  readonly taps?: readonly string[]
}

export interface BackwardRequest {
  /** The value whose change is differentiated: an output, or `logitsValue(graph)`. */
  readonly of: string
  /**
   * The vector v in the gradient of sum(value * v), in the value's own layout. It may use the forward values; it runs
   * inside a tidy scope.
   */
  seed(value: LiveValue): Tensor
  /** Values whose gradient is wanted. */
  readonly taps: readonly string[]
  /** Values whose activation is wanted from the same forward pass. */
  readonly values?: readonly string[]
}

export interface BackwardResult {
  /** The value that was differentiated. */
  readonly of: LiveValue
  readonly values: LiveValues
  /** Keyed by tap; each in the layout of the value itself. A tap that `of` does not depend on is all zeros. */
  readonly gradients: LiveValues
}

/** A network ready to run on the backend. Holds its constants until `dispose`. */
export interface Session {
  readonly graph: Graph
  readonly program: Program
  /** All outputs of the network on the host, in ONNX layout. @throws SHAPE_MISMATCH, DATA_INVALID */
  run(feed: Feed): Promise<Map<string, HostTensor>>
  /** Live tensors of the named graph values (inputs, intermediate values, outputs). The caller disposes them. */
  forward(feed: Feed, wanted: readonly string[]): LiveValues
  /** One forward and one backward pass. The caller disposes everything in the result. */
  backward(feed: Feed, request: BackwardRequest): BackwardResult
  /**
   * Runs only what lies between the given values and the wanted ones. The given tensors are left alone; the caller
   * disposes what it gets. @throws GRAPH_INVALID when a wanted value needs something that was not given.
   */
  runFrom(given: ReadonlyMap<string, LiveValue>, wanted: readonly string[]): LiveValues
  /** Puts new numbers into a constant of the graph, in ONNX layout and of the same shape (unfused sessions only). */
  setConstant(name: string, value: TensorData): void
  dispose(): void
}

export type Loss =
  | { readonly kind: 'cross-entropy' }
  /** KL from the teacher's softened distribution, scaled by temperature squared (Hinton et al., 2015). */
  | { readonly kind: 'distillation'; readonly temperature: number }
  /** Of every class apart: the classes' sigmoids against the labels, as torch's BCEWithLogitsLoss. */
  | { readonly kind: 'binary-cross-entropy' }
  /** The same distance as of `distillation`, of every class apart. */
  | { readonly kind: 'binary-distillation'; readonly temperature: number }
  | { readonly kind: 'mse' }

export interface TrainerOptions {
  readonly learningRate: number
  /** Default 0.9. */
  readonly momentum?: number
  /** `adam` is AdamW (Loshchilov and Hutter 2019): its weight decay is decoupled. Default `sgd`. */
  readonly optimizer?: 'sgd' | 'adam'
  /** L2, added to the gradient as in torch. Default 0. */
  readonly weightDecay?: number
  /** `train`: batch statistics and updated running statistics; `frozen`: the running statistics are constants. */
  readonly batchNorm: 'train' | 'frozen'
  readonly loss: Loss
  /** The classes of a result a position are the last axis; else they follow the samples. */
  readonly classesLast?: boolean
  /** Constants that do not train. */
  readonly frozen?: ReadonlySet<string>
  /** Another network, whose logits are the target of a step that is given none. */
  readonly teacher?: Graph
}

/** Class indices for the cross-entropies; the teacher's logits (or the targets of mse) [N, K] for the others. */
export type Target = Int32Array | Float32Array | HostTensor | Tensor

export interface Trainer {
  learningRate: number
  /**
   * One step of SGD. Reads the loss back only when asked; otherwise null.
   * @param target null: what the teacher of the options answers
   */
  step(feed: Feed, target: Target | null, options?: { readonly readLoss?: boolean }): number | null
  /** Weights, running statistics and momentum, so that training goes on exactly where it stopped. */
  exportState(): Uint8Array
  /** @throws FILE_UNREADABLE when the bytes belong to another network. */
  importState(bytes: Uint8Array): void
  /** The trained network in ONNX layout; the trainer stays usable. */
  toGraph(): Graph
  dispose(): void
}

/** A trainer whose steps are shared by the cores; the next step may begin when the last one has ended. */
export interface SharedTrainer extends Omit<Trainer, 'step'> {
  step(feed: Feed, target: Target | null, options?: { readonly readLoss?: boolean }): Promise<number | null>
}

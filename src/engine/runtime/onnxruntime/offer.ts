/** ONNX Runtime as its caller offers it: the engine loads nothing itself and sees no more than this of it. */

import type { Said } from '../../../contract/sentences'

/** The name under which TF.js knows the backend. */
export const onnxRuntimeName = 'onnxruntime'

/** A dense tensor in memory that ONNX Runtime reads or writes where it lies. */
export interface OnnxValue {
  readonly data: Float32Array | Int32Array | BigInt64Array
  readonly dims: readonly number[]
}

export interface OnnxProgram {
  /**
   * Runs at once, on the calling thread and its helpers, and writes into `outputs`, whose shapes must be those computed.
   * @throws what ONNX Runtime says
   */
  run(inputs: Readonly<Record<string, OnnxValue>>, outputs: Readonly<Record<string, OnnxValue>>): void
  dispose(): void
}

export interface OnnxRuntime {
  /** Threads of a program that computes. */
  readonly threads: number
  /** Multiplications that WASM does in the time that a call takes: what is smaller stays there. */
  readonly callCost: number
  /** @throws where the model is refused */
  compile(model: Uint8Array, threads: number): OnnxProgram
}

/** How to load it, or, in a sentence, why it cannot be used; `wished` where somebody switched it off, `said` for the reader's language. */
export type OnnxRuntimeOffer =
  | { readonly available: true; load(): OnnxRuntime }
  | { readonly available: false; readonly reason: string; readonly said?: Said; readonly wished?: boolean }

/** TensorFlow's native backend as tfjs-node's binding offers it, and how operations are run on it by their own name. */

import type * as core from '@tensorflow/tfjs-core'
import type { KernelBackend, Tensor, TensorInfo } from '@tensorflow/tfjs-core'
import type { Said } from '../../../contract/sentences'

/** The name under which tfjs-node registers itself and its kernels. */
export const nativeName = 'tensorflow'

export interface OperationAttribute {
  readonly name: string
  readonly type: number
  readonly value: unknown
}

/** The part of tfjs-node's backend that is used here. */
export interface NativeBackend extends KernelBackend {
  readonly binding: Readonly<
    Record<'TF_ATTR_INT' | 'TF_ATTR_STRING' | 'TF_ATTR_BOOL' | 'TF_ATTR_FLOAT' | 'TF_ATTR_TYPE' | 'TF_FLOAT', number>
  >
  executeSingleOutput(name: string, attributes: readonly OperationAttribute[], inputs: readonly TensorInfo[]): Tensor
  executeMultipleOutputs(
    name: string,
    attributes: readonly OperationAttribute[],
    inputs: readonly TensorInfo[],
    outputs: number,
  ): Tensor[]
}

/**
 * What the caller knows of the native backend: how to load it, or, in a sentence, why it cannot be used. The engine
 * touches no files; `load` is given TF.js, registers tfjs-node's kernels with it and returns tfjs-node's backend.
 */
export type NativeOffer =
  | { readonly available: true; load(tensorflow: typeof core): KernelBackend }
  | { readonly available: false; readonly reason: string; readonly said?: Said }

/** Attributes as TensorFlow wants them, from plain values: whole numbers, texts, flags; `T` is always float32. */
export function attributesFor(
  { binding }: NativeBackend,
  values: Readonly<Record<string, number | string | boolean | readonly number[] | { readonly float: number }>>,
): OperationAttribute[] {
  const typed = Object.entries(values).map(([name, value]): OperationAttribute => {
    if (typeof value === 'string') return { name, type: binding.TF_ATTR_STRING, value }
    if (typeof value === 'boolean') return { name, type: binding.TF_ATTR_BOOL, value }
    if (typeof value === 'object' && 'float' in value) return { name, type: binding.TF_ATTR_FLOAT, value: value.float }
    return { name, type: binding.TF_ATTR_INT, value }
  })
  return [{ name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT }, ...typed]
}

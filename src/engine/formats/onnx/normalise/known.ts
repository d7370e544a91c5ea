/** What rules may know of a network while it is rewritten. */
import type { Dim, Shape } from '../../../graph/graph'
import type { DataType } from '../../../graph/tensor'
import type { Inference } from '../../../ops/infer'

/** What the rules see of inference: everything in front of the node at hand, and what that node computes. */
export interface Known {
  shape(value: string | undefined): Shape | undefined
  dtype(value: string | undefined): DataType | undefined
  /** Elements of small integer values that nodes compute (shape arithmetic), symbols included. */
  elements(value: string | undefined): readonly Dim[] | undefined
}

export const knownOf = (inference: Inference): Known => ({
  shape: (value) => (value ? inference.of(value)?.shape : undefined),
  dtype: (value) => (value ? inference.of(value)?.dtype : undefined),
  elements: (value) => (value && !inference.constants.has(value) ? inference.of(value)?.elements : undefined),
})

/** What the services answer about runs on the test split. */
import type { Confusion, Differences, PreviewSample } from '../../../contract'

export interface Disagreements {
  readonly classes: readonly string[]
  readonly original: readonly (number | null)[]
  readonly perClass: readonly { readonly runId: string; readonly accuracy: readonly (number | null)[] }[]
  readonly confusion: Confusion
  readonly samples: readonly DisagreeingSample[]
  /** In place of samples, for networks that do not name one class a sample. */
  readonly differences: Differences | null
}

export interface DisagreeingSample {
  readonly sample: PreviewSample
  readonly original: number
  readonly predictions: readonly { readonly runId: string; readonly label: number }[]
}

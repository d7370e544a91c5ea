/** What the form offers, in its own order; a test holds it against the contract. Values here, so that zod stays out of the page. */
import type { RunConfig } from '../../../contract'

export const allocations = ['global', 'uniform', 'sensitivity'] as const satisfies readonly RunConfig['allocation'][]
export const refits = ['sequential', 'layerwise', 'bn', 'none'] as const satisfies readonly RunConfig['refit'][]
export const backends = [
  'auto',
  'cuda',
  'webgpu',
  'native',
  'onnxruntime',
  'wasm',
] as const satisfies readonly RunConfig['backend'][]
export const rateSchedules = ['linear', 'cosine', 'step', 'constant'] as const satisfies readonly NonNullable<
  RunConfig['finetune']['schedule']
>[]
export const augmentations = ['flip', 'shift'] as const satisfies readonly NonNullable<
  RunConfig['finetune']['augment']
>[number][]

/** One rule an operator: the Keras layer that computes it, or why there is none. */
import { convolutionRules } from './convolution'
import { denseRules } from './dense'
import { elementwiseRules } from './elementwise'
import { movementRules } from './movement'
import { normalisationRules } from './normalisation'
import { pickRules } from './picks'
import { recurrentRules } from './recurrent'
import type { Rule } from './shared'

export { gelu } from './elementwise'

export const rules: ReadonlyMap<string, Rule> = new Map(
  Object.entries({
    ...convolutionRules,
    ...denseRules,
    ...normalisationRules,
    ...elementwiseRules,
    ...movementRules,
    ...pickRules,
    ...recurrentRules,
  }),
)

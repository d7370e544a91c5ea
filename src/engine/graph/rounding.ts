/** Networks that compute in whole numbers: what a last digit decides there. */
import type { Graph } from './graph'

/** Whether feature maps, and not weights alone, are rounded to whole numbers on their way. */
export const roundsItsMaps = (graph: Graph): boolean =>
  graph.nodes.some(({ op, inputs }) => op === 'QuantizeLinear' && !graph.constants.has(inputs[0] ?? ''))

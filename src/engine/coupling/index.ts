/** The coupling layer's public face. */
export { analyseCoupling } from './analyse'
export type { Binding, Coupling, Group, Layer, PruningPlan } from './types'

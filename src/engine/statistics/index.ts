/** Statistics of feature maps and of the result's sensitivity, shared by every data-driven strategy. */
export * from './types'

/** The contract layer's public face. */
export * from './api'
export * from './arrangement'
export * from './entities'
export * from './errors'
export * from './feature-maps'
export * from './run'
export * from './shell'
export * from './trash'

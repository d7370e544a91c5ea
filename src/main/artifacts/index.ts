/** The artifact layer's public face. */
export * from './artifacts'
export * from './atomic'
export * from './home'
export * from './keeps-place'
export * from './watch'
export * from './writable'
export * from './zip-reader'
export * from './zip-writer'

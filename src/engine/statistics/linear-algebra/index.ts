/** Dense linear algebra in double precision, written for V8: contiguous rows and products held in registers. */
export * from './cholesky'
export * from './eigenvalues'
export * from './product'
export * from './rank'
export * from './small'
export * from './update'

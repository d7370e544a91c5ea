import { describe, expect, it } from 'vitest'
import { registeredOps, registerOp } from '../../../src/engine/ops/index'

/** Operators that import folds away or that can be coupled and cut, but not run here: a network with them is pruned by structure. */
const structureOnly = new Set(
  `Einsum Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Shrink BitwiseNot BitwiseAnd BitwiseOr BitwiseXor If Loop Scan
  RandomNormal RandomNormalLike RandomUniform RandomUniformLike Bernoulli NonZero Compress Unique ReverseSequence
  DynamicQuantizeLinear`.split(/\s+/),
)

describe('the operator registry', () => {
  it.each(
    registeredOps()
      .filter((op) => !op.imported)
      .map((op) => [op.op, op] as const),
  )('%s has a shape rule and a channel rule', (_, op) => {
    expect(typeof op.infer).toBe('function')
    expect(typeof op.couple).toBe('function')
  })

  it('gives every operator with weights a cost', () => {
    const costed = registeredOps()
      .filter((op) => op.macs)
      .map((op) => op.op)
    expect(costed.sort()).toEqual(['Conv', 'ConvTranspose', 'Einsum', 'GRU', 'Gemm', 'LSTM', 'MatMul', 'RNN'].sort())
  })

  it('can run every operator but those named here', () => {
    const unrunnable = registeredOps()
      .filter((op) => !op.lower && !op.imported)
      .map((op) => op.op)
    expect(unrunnable.filter((op) => !structureOnly.has(op))).toEqual([])
  })

  it('refuses to register an operator twice', () => {
    const [first] = registeredOps()
    expect(() => registerOp(first as NonNullable<typeof first>)).toThrow(/registered twice/)
  })
})

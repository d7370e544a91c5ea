/** Arithmetic on the elements of shapes: numbers, and names of extents that are known to be positive. */
import type { Dim } from '../graph/graph'
import { addDims, floorDivide, isFed, multiplyDims } from './extents'

type Element = Dim | undefined
/** @returns undefined where the result is not known */
type Rule = (...operands: Element[]) => Element

const numeric =
  (both: (a: number, b: number) => number, symbolic: (a: Dim, b: Dim) => Element = () => undefined): Rule =>
  (a, b) => {
    if (a === undefined || b === undefined) return undefined
    return typeof a === 'number' && typeof b === 'number' ? both(a, b) : symbolic(a, b)
  }

/** A name stands for a positive extent, so it lies above every number below 1. */
const comparison = (both: (a: number, b: number) => boolean): Rule =>
  numeric(
    (a, b) => Number(both(a, b)),
    (a, b) => {
      if (a === b) return Number(both(1, 1))
      if (isFed(a) || isFed(b)) return undefined
      const [left, right] = [a, b].map((each) => (typeof each === 'number' ? each : 1)) as [number, number]
      const decided = typeof a === 'number' ? a < 1 : typeof b === 'number' && b < 1
      return decided ? Number(both(left, right)) : undefined
    },
  )

/** What one operand decides alone, or both. */
const logical =
  (deciding: number): Rule =>
  (a, b) => {
    if (Number(a) === deciding || Number(b) === deciding) return deciding
    return a === undefined || b === undefined ? undefined : 1 - deciding
  }

/** By operator; operands that are not known are undefined. */
export const elementRules: Readonly<Record<string, Rule>> = {
  Add: numeric((a, b) => a + b, addDims),
  Sub: numeric(
    (a, b) => a - b,
    (a, b) => addDims(a, b, -1),
  ),
  Mul: numeric(
    (a, b) => a * b,
    (a, b) => multiplyDims([a, b]),
  ),
  Div: numeric(
    (a, b) => Math.trunc(a / b),
    (a, b) => (typeof b === 'number' && b > 0 ? floorDivide(a, b) : undefined),
  ),
  Mod: numeric((a, b) => ((a % b) + b) % b),
  Max: numeric(Math.max, (a, b) => {
    if (a === b) return a
    const [number, name] = typeof a === 'number' ? [a, b] : [b, a]
    return typeof number === 'number' && number <= (isFed(name) ? 0 : 1) ? name : undefined
  }),
  Min: numeric(Math.min, (a, b) => (a === b ? a : undefined)),
  Equal: comparison((a, b) => a === b),
  Greater: comparison((a, b) => a > b),
  GreaterOrEqual: comparison((a, b) => a >= b),
  Less: comparison((a, b) => a < b),
  LessOrEqual: comparison((a, b) => a <= b),
  And: logical(0),
  Or: logical(1),
  Where: (condition, a, b) => (condition === undefined ? (a === b ? a : undefined) : condition ? a : b),
}

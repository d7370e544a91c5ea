/**
 * Arithmetic of extents, symbols included. A symbolic extent is a product (`batch*49`) whose factors are names, numbers
 * and, in brackets, sums `(length+1)` and quotients rounded down `(length/2)`. Equal extents have equal texts.
 */
import type { Dim } from '../graph/graph'

/** Parts of a text at a separator that stands outside brackets. */
function partsOf(text: string, separator: string): string[] {
  const parts: string[] = []
  let depth = 0
  let from = 0
  for (let i = 0; i < text.length; i++) {
    const letter = text[i]
    if (letter === '(') depth++
    else if (letter === ')') depth--
    else if (letter === separator && depth === 0) {
      parts.push(text.slice(from, i))
      from = i + 1
    }
  }
  parts.push(text.slice(from))
  return parts
}

interface Factors {
  readonly number: number
  readonly symbols: readonly string[]
}

export function factorsOf(dim: Dim): Factors {
  if (typeof dim === 'number') return { number: dim, symbols: [] }
  let number = 1
  const symbols: string[] = []
  for (const factor of partsOf(dim, '*')) {
    if (/^-?\d+$/.test(factor)) number *= Number(factor)
    else symbols.push(factor)
  }
  return { number, symbols }
}

/** Product of extents; symbols are kept as a factor text (`batch*49`). */
export function multiplyDims(dims: readonly Dim[]): Dim {
  let number = 1
  const symbols: string[] = []
  for (const dim of dims) {
    const factors = factorsOf(dim)
    number *= factors.number
    symbols.push(...factors.symbols)
  }
  if (symbols.length === 0 || number === 0) return number
  return (number === 1 ? symbols : [...symbols, String(number)]).join('*')
}

/** a / b for extents, cancelling symbols; undefined where it does not divide. */
export function divideDims(a: Dim, b: Dim): Dim | undefined {
  const left = factorsOf(a)
  const right = factorsOf(b)
  if (right.number === 0 || left.number % right.number !== 0) return undefined
  const symbols = [...left.symbols]
  for (const symbol of right.symbols) {
    const at = symbols.indexOf(symbol)
    if (at < 0) return undefined
    symbols.splice(at, 1)
  }
  return multiplyDims([...symbols, left.number / right.number])
}

/** A sum as its constant and the multiples of its terms. */
function termsOf(dim: Dim): { constant: number; terms: Map<string, number> } {
  const { number, symbols } = factorsOf(dim)
  if (symbols.length === 0) return { constant: number, terms: new Map() }
  const [only = ''] = symbols
  const inner = symbols.length === 1 && only.startsWith('(') ? partsOf(only.slice(1, -1), '+') : []
  if (inner.length < 2) return { constant: 0, terms: new Map([[[...symbols].sort().join('*'), number]]) }
  let constant = 0
  const terms = new Map<string, number>()
  for (const part of inner) {
    const { number: times, symbols: names } = factorsOf(part)
    if (names.length === 0) constant += times * number
    else terms.set(names.join('*'), times * number)
  }
  return { constant, terms }
}

/** a + factor * b. */
export function addDims(a: Dim, b: Dim, factor = 1): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a + factor * b
  const left = termsOf(a)
  const right = termsOf(b)
  const terms = new Map(left.terms)
  for (const [name, times] of right.terms) terms.set(name, (terms.get(name) ?? 0) + factor * times)
  const constant = left.constant + factor * right.constant
  const kept = [...terms].filter(([, times]) => times !== 0).sort(([x], [y]) => (x < y ? -1 : 1))
  if (kept.length === 0) return constant
  const texts = kept.map(([name, times]) => (times === 1 ? name : `${name}*${times}`))
  if (kept.length === 1 && constant === 0) return texts[0] as string
  return `(${[...texts, ...(constant === 0 ? [] : [String(constant)])].join('+')})`
}

/** floor(a / b) for a positive number b. */
export function floorDivide(a: Dim, b: number): Dim {
  if (b === 1) return a
  if (typeof a === 'number') return Math.floor(a / b)
  return divideDims(a, b) ?? `(${a}/${b})`
}

/** The extent where every name stands for 1: one sample of a batch. Never below 1 for a symbolic extent. */
export function extentOfOne(dim: Dim): number {
  if (typeof dim === 'number') return dim
  const { number, symbols } = factorsOf(dim)
  return Math.max(
    1,
    symbols.reduce((product, symbol) => product * bracketOfOne(symbol), number),
  )
}

function bracketOfOne(symbol: string): number {
  if (!symbol.startsWith('(') || !symbol.endsWith(')')) return 1
  const text = symbol.slice(1, -1)
  const sum = partsOf(text, '+')
  if (sum.length > 1) return sum.reduce((total, part) => total + productOfOne(part), 0)
  const [over = '', by] = partsOf(text, '/')
  return by === undefined ? productOfOne(over) : Math.floor(productOfOne(over) / Number(by))
}

function productOfOne(text: string): number {
  const { number, symbols } = factorsOf(text)
  return symbols.reduce((product, symbol) => product * bracketOfOne(symbol), number)
}

const FED = '?'

/** The name of an extent that only what is fed decides (how many boxes are left). Unlike others it may be 0. */
export const fedExtent = (of: string, axis = 0): string => `${FED}${of.replace(/\W/g, '_')}_${axis}`

/** Whether an extent, or what it is made of, depends on what is fed. */
export const isFed = (dim: Dim | undefined): boolean => typeof dim === 'string' && dim.includes(FED)

/** Parsers of option values: what does not fit is refused as bad usage, with what would. */
import { InvalidArgumentError } from 'commander'

const toNumber = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text))

/** A share, greater than 0 and at most 1. */
export function share(text: string): number {
  const value = toNumber(text)
  if (value > 0 && value <= 1) return value
  throw new InvalidArgumentError('It must be a share greater than 0 and at most 1, such as 0.5.')
}

export function positive(text: string): number {
  const value = toNumber(text)
  if (value > 0 && Number.isFinite(value)) return value
  throw new InvalidArgumentError('It must be a number greater than 0.')
}

/** A parser of whole numbers from `least` on. */
export const wholeFrom =
  (least: number) =>
  (text: string): number => {
    const value = toNumber(text)
    if (Number.isSafeInteger(value) && value >= least) return value
    throw new InvalidArgumentError(`It must be a whole number, ${least} or more.`)
  }

/** A parser of one of some words. */
export const oneOf =
  <W extends string>(words: readonly W[]) =>
  (text: string): W => {
    if ((words as readonly string[]).includes(text)) return text as W
    throw new InvalidArgumentError(`It must be one of ${words.join(', ')}.`)
  }

/** A parser of values separated by commas, each read by `parse`, none of them twice. */
export const listOf =
  <T>(parse: (text: string) => T) =>
  (text: string): T[] => {
    const values = text.split(',').map((part) => parse(part.trim()))
    if (new Set(values).size === values.length) return values
    throw new InvalidArgumentError('A value is given twice.')
  }

export function word(text: string): string {
  if (text !== '') return text
  throw new InvalidArgumentError('A name is empty.')
}

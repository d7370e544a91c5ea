/** Reading of configurations in JSON: every access says what was expected where. */
import { EspalierError } from '../../contract/errors'

export type Json = Readonly<Record<string, unknown>>

export const invalidJson = (what: string, wanted: string): never => {
  throw new EspalierError(
    'MODEL_INVALID',
    `${what} should be ${wanted}. The file is damaged or was written by a faulty exporter; save the network again.`,
  )
}

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const objectOf = (value: unknown, what: string): Json =>
  isObject(value) ? value : invalidJson(what, 'an object')

export const listOf = (value: unknown, what: string): readonly unknown[] =>
  Array.isArray(value) ? value : invalidJson(what, 'a list')

export const textOf = (value: unknown, what: string): string =>
  typeof value === 'string' ? value : invalidJson(what, 'a text')

export const numberOf = (value: unknown, what: string): number =>
  typeof value === 'number' && Number.isFinite(value) ? value : invalidJson(what, 'a number')

/** Extents: whole numbers that are not negative. */
export const extentsOf = (value: unknown, what: string): number[] =>
  listOf(value, what).map((dim) =>
    typeof dim === 'number' && Number.isSafeInteger(dim) && dim >= 0
      ? dim
      : invalidJson(what, 'a list of whole numbers'),
  )

/** @throws FILE_UNREADABLE */
export function parseJson(bytes: Uint8Array | string, name: string): unknown {
  try {
    return JSON.parse(typeof bytes === 'string' ? bytes : new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw new EspalierError(
      'FILE_UNREADABLE',
      `"${name}" is not valid JSON: it was cut off or changed. Copy or download it again.`,
      error,
    )
  }
}

/** The beginning of every text, to be shown: packed as bytes, because a hundred thousand strings would hold their file. */
import type { TextRecord } from './records'

/** Characters that a person is shown of one text. */
const mostShown = 500

const shownOf = (text: string): string => {
  // Cut between characters: half of a surrogate pair would be shown as a mark of damage.
  const begin = text.length > mostShown ? `${text.slice(0, mostShown).replace(/[\uD800-\uDBFF]$/, '')}…` : text
  return begin.replace(/\s+/g, ' ').trim()
}

/** @returns what sample `index` says */
export function keepTexts(records: readonly TextRecord[]): (index: number) => string {
  const encoder = new TextEncoder()
  const parts = records.map(({ text }) => encoder.encode(shownOf(text)))
  const ends = new Float64Array(parts.length + 1)
  parts.forEach((part, i) => {
    ends[i + 1] = (ends[i] as number) + part.length
  })
  const bytes = new Uint8Array(ends.at(-1) as number)
  parts.forEach((part, i) => {
    bytes.set(part, ends[i] as number)
  })
  return (index) => new TextDecoder().decode(bytes.subarray(ends[index] as number, ends[index + 1] as number))
}

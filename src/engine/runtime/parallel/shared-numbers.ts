/** Named arrays of float32 in shared memory, where all threads read and write them in place. */

export interface NumbersLayout {
  readonly names: readonly string[]
  readonly lengths: readonly number[]
  /** Of all of them together. */
  readonly total: number
}

export function layoutOfNumbers(arrays: readonly { readonly name: string; readonly length: number }[]): NumbersLayout {
  return {
    names: arrays.map(({ name }) => name),
    lengths: arrays.map(({ length }) => length),
    total: arrays.reduce((sum, { length }) => sum + length, 0),
  }
}

/** @param copies how many times the arrays are held */
export const numbersMemory = ({ total }: NumbersLayout, copies = 1): SharedArrayBuffer =>
  new SharedArrayBuffer(4 * total * copies)

/** The arrays of one copy, by name, in the layout's order. */
export function numbersIn(
  { names, lengths, total }: NumbersLayout,
  memory: SharedArrayBuffer,
  copy = 0,
): Map<string, Float32Array<SharedArrayBuffer>> {
  let at = copy * total
  return new Map(
    names.map((name, i) => {
      const length = lengths[i] as number
      const numbers = new Float32Array(memory, 4 * at, length)
      at += length
      return [name, numbers] as const
    }),
  )
}

/** Sums over the first copies, in their order, as arrays of their own. */
export function sumOfCopies(
  layout: NumbersLayout,
  memory: SharedArrayBuffer,
  copies: number,
): Map<string, Float32Array> {
  const parts = Array.from({ length: copies }, (_, copy) => numbersIn(layout, memory, copy))
  const [first, ...others] = parts as [Map<string, Float32Array>, ...Map<string, Float32Array>[]]
  return new Map(
    [...first].map(([name, numbers]) => {
      const sum = Float32Array.from(numbers)
      for (const other of others) {
        const more = other.get(name) as Float32Array
        for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (more[i] as number)
      }
      return [name, sum] as const
    }),
  )
}

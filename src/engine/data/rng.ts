/** Seeded random numbers: every stage draws from its own named stream, so that none shifts when another draws more. */

export interface RandomStream {
  /** Uniform in [0, 1), with 32 bits. */
  (): number
  /** Uniform integer in [0, below). */
  integer(below: number): number
  /** Standard normal (Box and Muller 1958). */
  normal(): number
  /** Shuffles in place (Fisher and Yates; Durstenfeld 1964) and returns the same array. */
  shuffle<T extends Int32Array | unknown[]>(items: T): T
}

const rotate = (value: number, by: number) => (value << by) | (value >>> (32 - by))

/** A well-mixed 32-bit state from text (FNV-1a, then the finaliser of MurmurHash3). */
function hashText(text: string, salt: number): number {
  let hash = 0x811c9dc5 ^ salt
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/**
 * The stream of a stage: the same seed and name always give the same numbers, other names independent ones.
 * xoshiro128** 1.1 (Blackman and Vigna 2018), period 2^128 - 1.
 */
export function stream(seed: number | string, name: string): RandomStream {
  const text = `${seed}/${name}`
  // The constant salts make an all-zero state impossible in practice; the last word makes it impossible outright.
  let [a, b, c, d] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x6a09e667].map((salt) => hashText(text, salt)) as [
    number,
    number,
    number,
    number,
  ]
  d |= 1
  const next = (): number => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = rotate(d, 11)
    return result / 2 ** 32
  }
  const integer = (below: number) => Math.floor(next() * below)
  return Object.assign(next, {
    integer,
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    shuffle<T extends Int32Array | unknown[]>(items: T): T {
      for (let i = items.length - 1; i > 0; i--) {
        const j = integer(i + 1)
        const held = items[i]
        items[i] = items[j] as never
        items[j] = held as never
      }
      return items
    },
  })
}

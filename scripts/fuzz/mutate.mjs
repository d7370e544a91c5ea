/** Damages files in the ways that disks, networks and enemies do; the same seed gives the same damage. */

/** xorshift32: small, seeded, good enough to choose damage. */
export function randomOf(seed) {
  let state = seed * 2654435761 || 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

const join = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]))

/** Numbers that break what trusts them: none, all bits, the largest of each width. */
const hostile = [
  [0, 0, 0, 0],
  [0xff, 0xff, 0xff, 0xff],
  [0xff, 0xff, 0xff, 0x7f],
  [0, 0, 0, 0x80],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
]

const kinds = [
  (bytes, random) => bytes.slice(0, random(bytes.length)),
  (bytes, random) => {
    const copy = bytes.slice()
    for (let i = 0; i <= random(12); i++) copy[random(copy.length)] = random(256)
    return copy
  },
  (bytes, random) => {
    const copy = bytes.slice()
    const what = hostile[random(hostile.length)]
    copy.set(what, random(Math.max(1, copy.length - what.length)))
    return copy
  },
  (bytes, random) => {
    const [at, from, length] = [random(bytes.length), random(bytes.length), random(400)]
    return join(bytes.subarray(0, at), bytes.subarray(from, from + length), bytes.subarray(at))
  },
  (bytes, random) => {
    const at = random(bytes.length)
    return join(bytes.subarray(0, at), bytes.subarray(at + 1 + random(200)))
  },
]

/** In texts: numbers become huge, negative or none, words become others. */
function mutateText(bytes, random) {
  const text = Buffer.from(bytes).toString('latin1')
  const pieces = [...text.matchAll(/-?\d+|"[^"]{1,40}"|null|true|false/g)]
  if (pieces.length === 0) return kinds[1](bytes, random)
  const { index, 0: piece } = pieces[random(pieces.length)]
  const others = ['1e308', '-1', '4294967296', '9007199254740993', 'null', '[]', '{}', '""', '"x"', '[[[[]]]]']
  const replaced = text.slice(0, index) + others[random(others.length)] + text.slice(index + piece.length)
  return new Uint8Array(Buffer.from(replaced, 'latin1'))
}

/** One damaged copy. */
export function mutate(bytes, isText, random) {
  if (isText && random(3) > 0) return mutateText(bytes, random)
  return kinds[random(kinds.length)](bytes, random)
}

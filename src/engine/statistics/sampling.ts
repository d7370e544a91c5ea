/** Seeded draws of an observing pass: positions, and the vectors v whose gradients carry the result's sensitivity. */

type Random = () => number

/** `count` of the numbers below `total` in rising order, without repetition; all of them where there are no more. */
export function samplePositions(total: number, count: number, random: Random): Int32Array {
  const all = Int32Array.from({ length: total }, (_, i) => i)
  if (count >= total) return all
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(random() * (total - i))
    const swap = all[i] as number
    all[i] = all[j] as number
    all[j] = swap
  }
  return all.slice(0, count).sort()
}

/** Standard normal numbers (Box and Muller, 1958). */
export function normals(length: number, random: Random): Float32Array {
  const result = new Float32Array(length)
  for (let i = 0; i < length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - random()))
    const angle = 2 * Math.PI * random()
    result[i] = radius * Math.cos(angle)
    if (i + 1 < length) result[i + 1] = radius * Math.sin(angle)
  }
  return result
}

/** How an array of outputs lies in memory: `outer` x `classes` x `inner`. */
export interface ClassLayout {
  readonly outer: number
  readonly classes: number
  readonly inner: number
}

/** @param last the classes are the last axis as in ONNX; else they follow the samples. */
export function classLayout(shape: readonly number[], layout: 'nhwc' | 'plain', last = false): ClassLayout {
  const rank = shape.length
  const second = rank === 1 ? 0 : layout === 'nhwc' ? rank - 1 : 1
  const axis = !last || rank < 3 ? second : layout === 'nhwc' ? rank - 2 : rank - 1
  const product = (dims: readonly number[]) => dims.reduce((a, b) => a * b, 1)
  return {
    outer: product(shape.slice(0, axis)),
    classes: shape[axis] as number,
    inner: product(shape.slice(axis + 1)),
  }
}

/** Visits the classes of every result: calls `visit` with the index of class 0 and the step to the next. */
export function eachResult({ outer, classes, inner }: ClassLayout, visit: (at: number, step: number) => void): void {
  for (let o = 0; o < outer; o++) for (let i = 0; i < inner; i++) visit(o * classes * inner + i, inner)
}

/** Subtracts the mean over classes: a softmax does not see it. */
export function centre(values: Float32Array, layout: ClassLayout): void {
  eachResult(layout, (at, step) => {
    let mean = 0
    for (let k = 0; k < layout.classes; k++) mean += values[at + k * step] as number
    mean /= layout.classes
    for (let k = 0; k < layout.classes; k++) values[at + k * step] = (values[at + k * step] as number) - mean
  })
}

/** Probabilities of the classes, in place. */
export function softmax(values: Float32Array, layout: ClassLayout): void {
  eachResult(layout, (at, step) => {
    let largest = Number.NEGATIVE_INFINITY
    for (let k = 0; k < layout.classes; k++) largest = Math.max(largest, values[at + k * step] as number)
    let total = 0
    for (let k = 0; k < layout.classes; k++) {
      const e = Math.exp((values[at + k * step] as number) - largest)
      values[at + k * step] = e
      total += e
    }
    for (let k = 0; k < layout.classes; k++) values[at + k * step] = (values[at + k * step] as number) / total
  })
}

/** The prototype's numbers on a random chain: see the note in chain.json. */
import { readFileSync } from 'node:fs'

interface Encoded {
  readonly dims: number[]
  readonly dtype: 'float32' | 'float64'
  readonly data: string
}

const raw = JSON.parse(readFileSync(new URL('./chain.json', import.meta.url), 'utf8'))

export function decode(encoded: Encoded): { dims: number[]; data: Float32Array | Float64Array } {
  const bytes = Uint8Array.from(Buffer.from(encoded.data, 'base64'))
  const data = encoded.dtype === 'float32' ? new Float32Array(bytes.buffer) : new Float64Array(bytes.buffer)
  return { dims: encoded.dims, data }
}

export const chain = {
  weights: (raw.w as Encoded[]).map(decode),
  biases: (raw.b as Encoded[]).map(decode),
  dense: decode(raw.wf),
  denseBias: decode(raw.bf),
  samples: decode(raw.x),
  moments: (raw.A as Encoded[]).map((a) => decode(a).data as Float64Array),
  sensitivity: (raw.G as Encoded[]).map((g) => decode(g).data as Float64Array),
  firstPrices: (raw.first as Encoded[]).map((e) => decode(e).data as Float64Array),
  kept: raw.keep as number[][],
  goal: raw.goal as number,
  refit: {
    weights: (raw.refit.w as Encoded[]).map(decode),
    biases: (raw.refit.b as Encoded[]).map(decode),
    dense: decode(raw.refit.wf),
    denseBias: decode(raw.refit.bf),
  },
  logits: { before: decode(raw.logits.before), after: decode(raw.logits.after) },
}

/** Multiply-accumulates of a chain of 3 x 3 convolutions at 8 x 8, pooled after the first, and a Gemm of 5. */
export const chainMacs = ([a, b, c]: readonly number[]): number =>
  9 * 3 * (a as number) * 64 +
  9 * (a as number) * (b as number) * 16 +
  9 * (b as number) * (c as number) * 16 +
  5 * (c as number)

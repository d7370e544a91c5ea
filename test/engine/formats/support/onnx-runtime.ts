/** Runs ONNX bytes in ONNX Runtime: the judge of what a file means. */
import { InferenceSession, Tensor } from 'onnxruntime-node'

/** Numbers that repeat nowhere and cover both signs. */
export const probe = (count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(i * 0.37) * 2 + Math.cos(i * 0.011))

export async function openSession(bytes: Uint8Array): Promise<InferenceSession> {
  return InferenceSession.create(bytes, {
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
  })
}

/** All outputs, in order, for the same probe at every input. Symbolic extents become `batch`. */
export async function runOnnx(
  bytes: Uint8Array,
  batch = 2,
  repeats = 1,
): Promise<{ dims: number[]; data: number[] }[]> {
  const session = await openSession(bytes)
  const feeds: Record<string, Tensor> = {}
  for (const input of session.inputMetadata) {
    if (!input.isTensor) throw new Error(`${input.name} is no tensor`)
    const shape = input.shape.map((dim) => (typeof dim === 'number' ? dim : batch * repeats))
    const count = shape.reduce((a, b) => a * b, 1)
    const once = probe(count / repeats)
    const data = new Float32Array(count)
    for (let r = 0; r < repeats; r++) data.set(once, r * once.length)
    feeds[input.name] = new Tensor('float32', data, shape)
  }
  const results = await session.run(feeds)
  return session.outputNames.map((name) => {
    const { dims, data } = results[name] as Tensor
    return { dims: [...dims], data: Array.from(data as Float32Array, Number) }
  })
}

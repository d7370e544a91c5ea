/** What a network that has been read answers, computed by ONNX Runtime from the file it is written as. */
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { expect } from 'vitest'
import { writeModel } from '../../../../src/engine/formats'
import type { Graph } from '../../../../src/engine/graph/graph'

export interface Answer {
  readonly dims: readonly number[]
  readonly data: ArrayLike<number>
}

export async function answersOf(graph: Graph, feeds: readonly Answer[]): Promise<Map<string, Answer>> {
  const [file] = await writeModel(graph, 'onnx', 'model')
  const session = await InferenceSession.create(file?.bytes as Uint8Array, {
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
  })
  const inputs = graph.inputs.map((input, i): [string, Tensor] => {
    const { dims, data } = feeds[i] as Answer
    return input.dtype === 'float32'
      ? [input.name, new Tensor('float32', Float32Array.from(data), [...dims])]
      : [input.name, new Tensor('int32', Int32Array.from(data), [...dims])]
  })
  const results = await session.run(Object.fromEntries(inputs))
  return new Map(
    graph.outputs.map(({ name }) => {
      const { dims, data } = results[name] as Tensor
      // Places come as BigInt.
      return [name, { dims: [...dims], data: Array.from(data as Float32Array | BigInt64Array, Number) }]
    }),
  )
}

/** [N, ..., C] to [N, C, ...]: how an image that the source reads with channels last is fed. */
export function channelsFirst({ dims, data }: Answer): Answer {
  const [batch = 1, ...rest] = dims
  const channels = rest.at(-1) as number
  const plane = rest.slice(0, -1).reduce((a, b) => a * b, 1)
  const result = new Float32Array(data.length)
  for (let n = 0; n < batch; n++)
    for (let p = 0; p < plane; p++)
      for (let c = 0; c < channels; c++)
        result[(n * channels + c) * plane + p] = data[(n * plane + p) * channels + c] as number
  return { dims: [batch, channels, ...rest.slice(0, -1)], data: result }
}

export function expectClose(got: Answer | undefined, wanted: Answer, tolerance = 1e-5): void {
  expect(got?.dims).toEqual([...wanted.dims])
  const scale = Math.max(1e-3, ...Array.from(wanted.data, Math.abs))
  const worst = Array.from(wanted.data).reduce(
    (most, value, i) => Math.max(most, Math.abs((got?.data[i] ?? Number.NaN) - value) / scale),
    0,
  )
  expect(worst).toBeLessThan(tolerance)
}

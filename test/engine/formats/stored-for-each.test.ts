/** Stored values that are stretched over the samples, for formats that cannot say so: the answers stay the same. */
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { readModel, writeModel } from '../../../src/engine/formats'
import { withoutStretching } from '../../../src/engine/formats/stored-for-each'
import type { Graph } from '../../../src/engine/graph/graph'
import { encodeModel, floats, integers, node, smallModel, value } from './support/onnx-proto'
import { probe } from './support/onnx-runtime'
import { weight } from './support/pruned'

/** A token before the steps of each sample, stretched by a shape that is computed. */
const tokens = (input: (number | string)[], steps: string) =>
  encodeModel(
    smallModel({
      inputs: [value('x', input)],
      outputs: [value('y', null)],
      weights: [
        floats('token', [1, 1, 4], [1, -2, 3, 0.5]),
        weight('w', 4, 4),
        integers('one', [1]),
        integers('four', [4]),
        integers('apart', [0, -1, 4]),
        integers('first', [0]),
      ],
      nodes: [
        node('Shape', ['x'], ['shape']),
        node('Gather', ['shape', 'first'], ['samples']),
        node('Concat', ['samples', 'one', 'four'], ['target'], { axis: { i: 0 } }),
        node('Expand', ['token', 'target'], ['tokens']),
        node('Reshape', ['x', 'apart'], ['steps']),
        node('Concat', ['tokens', steps], ['all'], { axis: { i: 1 } }),
        node('MatMul', ['all', 'w'], ['y']),
      ],
    }),
  )

async function answers(graph: Graph, dims: number[]): Promise<number[]> {
  const [file] = await writeModel(graph, 'onnx', 'm')
  const session = await InferenceSession.create(file?.bytes as Uint8Array, { logSeverityLevel: 4 })
  const data = probe(dims.reduce((a, b) => a * b, 1))
  const { y } = await session.run({ x: new Tensor('float32', data, dims) })
  return Array.from(y?.data as Float32Array)
}

describe('a stored value that is stretched over the samples', () => {
  it.each([
    ['beside the steps of sequences', ['n', 3, 4], 'x', [5, 3, 4]],
    ['beside what pictures become', ['n', 2, 3, 2], 'steps', [5, 2, 3, 2]],
    ['beside rows of a table', ['n', 8], 'steps', [5, 8]],
  ] as [string, (number | string)[], string, number[]][])('%s', async (_, input, steps, dims) => {
    const { graph } = await readModel({ name: 'm.onnx', bytes: tokens(input, steps) })
    expect(graph.nodes.map(({ op }) => op)).toContain('Expand')
    const plain = withoutStretching(graph)
    expect(plain.nodes.map(({ op }) => op)).not.toContain('Expand')
    const [wanted, found] = [await answers(graph, dims), await answers(plain, dims)]
    expect(found.length).toBe(wanted.length)
    found.forEach((number, i) => {
      expect(number).toBeCloseTo(wanted[i] as number, 5)
    })
  })

  it('stays where no numbers are read', async () => {
    const bytes = encodeModel(
      smallModel({
        inputs: [value('ids', ['n', 3], 7)],
        outputs: [value('y', null)],
        weights: [floats('token', [1, 4], [1, 2, 3, 4]), integers('first', [0]), integers('four', [4])],
        nodes: [
          node('Shape', ['ids'], ['shape']),
          node('Gather', ['shape', 'first'], ['samples']),
          node('Concat', ['samples', 'four'], ['target'], { axis: { i: 0 } }),
          node('Expand', ['token', 'target'], ['y']),
        ],
      }),
    )
    const { graph } = await readModel({ name: 'm.onnx', bytes })
    expect(withoutStretching(graph)).toBe(graph)
  })
})

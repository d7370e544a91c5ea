/** Upsample as PyTorch's exporter wrote it for opset 9: bilinear, the scales computed in the graph from sizes. */
import { describe, expect, it } from 'vitest'
import { readModel, writeModel } from '../../../../src/engine/formats'
import { encodeModel, floats, integers, node, smallModel, value } from '../support/onnx-proto'
import { runOnnx } from '../support/onnx-runtime'

const model = (mode: string, dims: (string | number)[]) =>
  encodeModel(
    smallModel({
      opset: 9,
      inputs: [value('x', dims)],
      outputs: [value('y', ['n', 3, 'h', 'w'])],
      nodes: [
        node('Shape', ['x'], ['shape']),
        node('Slice', ['shape'], ['extents'], { axes: { ints: [0] }, starts: { ints: [2] }, ends: { ints: [4] } }),
        node('Cast', ['extents'], ['before'], { to: { i: 1 } }),
        node('Cast', ['target'], ['after'], { to: { i: 1 } }),
        node('Div', ['after', 'before'], ['factors']),
        node('Concat', ['ones', 'factors'], ['scales'], { axis: { i: 0 } }),
        node('Upsample', ['x', 'scales'], ['y'], { mode: { s: mode } }),
      ],
      weights: [floats('ones', [2], [1, 1]), integers('target', [12, 10])],
    }),
  )

describe('Upsample with computed scales', () => {
  it.each(['linear', 'nearest'])('%s answers as ONNX Runtime does', async (mode) => {
    const bytes = model(mode, [2, 3, 6, 5])
    const { graph, notes } = await readModel({ name: 'm.onnx', bytes })
    expect(notes.filter(({ code }) => code === 'model.operator-unknown')).toEqual([])
    expect(graph.outputs[0]?.shape?.slice(1)).toEqual([3, 12, 10])
    const [file] = await writeModel(graph, 'onnx', 'm')
    const [wanted] = await runOnnx(bytes)
    const [got] = await runOnnx(file?.bytes as Uint8Array)
    expect(got?.dims).toEqual(wanted?.dims)
    wanted?.data.forEach((each, i) => {
      expect(got?.data[i]).toBeCloseTo(each, 5)
    })
  })
})

/** Patches times weights as matrices are what a convolution computes, whatever way its window goes. */
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { analyseCoupling } from '../../../src/engine/coupling'
import type { Graph } from '../../../src/engine/graph/graph'
import { int, ints } from '../../../src/engine/graph/graph'
import { createSession, disposeValues, initBackend, memoryUse } from '../../../src/engine/runtime'
import { matMul, slice, tensor2d, tidy } from '../../../src/engine/runtime/tensors'
import type { LiveValue } from '../../../src/engine/runtime/types'
import { blockOf } from '../../../src/engine/statistics/layer-observer'
import {
  isObservable,
  readWeights,
  shapeOfLayer,
  windowOfLayer,
  writeWeights,
} from '../../../src/engine/statistics/linear-layer'
import { channelMajor, extentsOf, outputRows, patchRows } from '../../../src/engine/statistics/rows'
import { TestNetwork } from '../support/network'

beforeAll(async () => {
  await initBackend({ backend: 'wasm' })
})

interface Form {
  readonly op: 'Conv' | 'ConvTranspose'
  readonly rank: 1 | 2
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  readonly pads: readonly [number, number]
  readonly extra: number
  readonly groups: number
  readonly biased: boolean
}

const forms: fc.Arbitrary<Form> = fc.record({
  op: fc.constantFrom('Conv', 'ConvTranspose'),
  rank: fc.constantFrom(1, 2),
  kernel: fc.integer({ min: 1, max: 4 }),
  stride: fc.integer({ min: 1, max: 3 }),
  dilation: fc.integer({ min: 1, max: 2 }),
  pads: fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 1 })),
  extra: fc.integer({ min: 0, max: 1 }),
  groups: fc.integer({ min: 1, max: 2 }),
  biased: fc.boolean(),
})

const [side, channels, outputs] = [8, 4, 6]

function networkOf(seed: number, { op, rank, kernel, stride, dilation, pads, extra, groups, biased }: Form): Graph {
  const each = <T>(value: T) => Array.from({ length: rank }, () => value)
  const net = new TestNetwork(seed, ['batch', channels, ...each(side)])
  const dims = op === 'Conv' ? [outputs, channels / groups] : [channels, outputs / groups]
  const weight = net.weight([...dims, ...each(kernel)])
  const at = {
    strides: ints(each(stride)),
    dilations: ints(each(dilation)),
    pads: ints([...each(pads[0]), ...each(pads[1])]),
    group: int(groups),
    // As in every framework, it fills up what the stride leaves open.
    ...(op === 'ConvTranspose' && extra < stride ? { output_padding: ints(each(extra)) } : {}),
  }
  const y = net.one(op, ['x', weight, ...(biased ? [net.weight([outputs], 0.5)] : [])], at)
  return net.graph([y])
}

describe('rows of a convolution', () => {
  it('times its weights are its outputs, block by block and at any positions', () => {
    const before = memoryUse().tensors
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1000 }), forms, (seed, form) => {
        const graph = networkOf(seed, form)
        const layer = analyseCoupling(graph, []).layers[0] as Parameters<typeof readWeights>[1]
        expect(isObservable(layer)).toBe(true)
        const shape = shapeOfLayer(graph, layer)
        const { blocks, columns, taps } = shape
        expect(blocks).toBe(form.groups)
        const weights = readWeights(graph, layer)
        const session = createSession(graph, { fuse: false, taps: ['x', layer.output] })
        const x = { dims: [2, channels, ...Array<number>(form.rank).fill(side)], data: new Float32Array(0) }
        const data = Float32Array.from({ length: x.dims.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(7 * i + seed))
        const values = session.forward(new Map([['x', { ...x, data }]]), ['x', layer.output])
        tidy(() => {
          const input = values.get('x') as LiveValue
          const output = values.get(layer.output) as LiveValue
          const { spatial } = extentsOf(output, 1)
          const total = spatial.reduce((a, b) => a * b, 1)
          const positions = Int32Array.from({ length: total }, (_, i) => i).filter((i) => i % 3 !== seed % 3)
          const window = windowOfLayer(graph, layer, extentsOf(input, 1).spatial)
          const rows = patchRows(input, window, spatial, positions)
          const wanted = outputRows(output, 1, positions)
          const order = channelMajor(shape.channels, taps)
          for (let b = 0; b < blocks; b++) {
            const matrix = new Float32Array(columns * shape.outputs)
            const block = weights[b] as Float64Array
            for (let o = 0; o < shape.outputs; o++) {
              for (let j = 0; j < columns; j++) {
                matrix[(order[j] as number) * shape.outputs + o] = block[o * (columns + 1) + j] as number
              }
            }
            const found = matMul(blockOf(rows, b, blocks, taps), tensor2d(matrix, [columns, shape.outputs])).dataSync()
            const target = slice(wanted, [0, b * shape.outputs], [-1, shape.outputs]).dataSync()
            target.forEach((value, i) => {
              const bias = block[(i % shape.outputs) * (columns + 1) + columns] as number
              expect((found[i] as number) + bias).toBeCloseTo(value, 4)
            })
          }
        })
        disposeValues(values)
        session.dispose()
        const again = writeWeights(graph, layer, weights)
        expect(again.constants.get(layer.weightName)).toEqual(graph.constants.get(layer.weightName))
      }),
      { numRuns: 60 },
    )
    expect(memoryUse().tensors).toBe(before)
  })
})

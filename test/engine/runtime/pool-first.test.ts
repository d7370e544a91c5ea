/** Biases and rectifiers are moved behind a maximum that alone reads them, and nothing changes by it. */
import { beforeAll, describe, expect, it } from 'vitest'
import type { Instruction } from '../../../src/engine/ops/lowering'
import { NetworkBuilder } from '../../../src/engine/reference-networks/builder'
import { createSession, disposeValues, initBackend } from '../../../src/engine/runtime/index'
import { apartBeforePools, poolFirst } from '../../../src/engine/runtime/pool-first'
import { tensor } from '../../../src/engine/runtime/tensors'
import { backendTargets } from '../../support/native'

const step = (
  op: string,
  inputs: number[],
  output: number,
  attributes: Instruction['attributes'] = {},
): Instruction => ({
  op,
  inputs,
  outputs: [output],
  attributes,
  node: op,
})

const chain = [
  step('Conv2D', [0, 100], 1),
  step('BiasAdd', [1, 101], 2),
  step('Relu', [2], 3),
  step('MaxPool', [3], 4),
  step('Conv2D', [4, 102], 5),
]
const shown = (instructions: readonly Instruction[]) =>
  instructions.map(({ op, inputs, outputs }) => `${op} ${inputs} -> ${outputs}`)

describe('poolFirst', () => {
  it('moves bias and rectifier behind the maximum', () => {
    expect(shown(poolFirst(chain, new Set([5])))).toEqual([
      'Conv2D 0,100 -> 1',
      'MaxPool 1 -> 2',
      'BiasAdd 2,101 -> 3',
      'Relu 3 -> 4',
      'Conv2D 4,102 -> 5',
    ])
  })

  it('leaves what is looked at, or read by others too, where it is', () => {
    expect(poolFirst(chain, new Set([3, 5]))).toEqual(chain)
    const branching = [...chain, step('Identity', [3], 6)]
    expect(poolFirst(branching, new Set([5, 6]))).toEqual(branching)
    expect(shown(poolFirst(chain, new Set([2, 5]))).slice(1, 4)).toEqual([
      'BiasAdd 1,101 -> 2',
      'MaxPool 2 -> 3',
      'Relu 3 -> 4',
    ])
  })
})

describe('apartBeforePools', () => {
  const attributes = { fused_ops: 'BiasAdd,Relu', num_args: 1, strides: [1, 1, 1, 1] }
  const fused = [step('_FusedConv2D', [0, 100, 101], 1, attributes), step('MaxPool', [1], 2)]

  it('takes a convolution apart that a maximum alone reads', () => {
    const apart = apartBeforePools(fused, new Set([2]), 200)
    expect(shown(apart)).toEqual(['Conv2D 0,100 -> 200', 'BiasAdd 200,101 -> 201', 'Relu 201 -> 1', 'MaxPool 1 -> 2'])
    expect(apart[0]?.attributes).toEqual({ strides: [1, 1, 1, 1] })
    expect(apartBeforePools(fused, new Set([1, 2]), 200)).toEqual(fused)
    const leaky = [
      step('_FusedConv2D', [0, 100, 101], 1, { ...attributes, fused_ops: 'BiasAdd,LeakyRelu' }),
      fused[1] as Instruction,
    ]
    expect(apartBeforePools(leaky, new Set([2]), 200)).toEqual(leaky)
  })
})

describe.each(backendTargets)('a network with pooling on $backend', ({ backend, there, offers }) => {
  beforeAll(async () => {
    if (there) await initBackend({ backend, ...offers })
  })

  it.skipIf(!there)(
    'answers the same, and has the same gradients, with the rectifier before the maximum and behind it',
    () => {
      const net = new NetworkBuilder('pools', [2, 9, 9], 0)
      const rectified = net.relu('relu', net.convolution('conv', net.input, 5, 3, { padding: 1 }))
      const first = rectified.name
      const second = net.convolution('next', net.maxPool('pool', rectified, 2), 3, 3, { padding: 1 })
      const graph = net.build(net.dense('dense', net.flatten('flat', second), 4))
      const output = graph.outputs[0]?.name as string
      const feed = new Map([
        ['', { dims: [3, 2, 9, 9], data: Float32Array.from({ length: 486 }, (_, i) => Math.sin(7 * i)) }],
      ])
      const conv = graph.nodes.find(({ name }) => name === 'conv')?.outputs[0] as string
      const results = [[conv], [conv, first]].map((taps) => {
        const session = createSession(graph, { fuse: false })
        const found = session.backward(feed, {
          of: output,
          seed: ({ tensor: y }) =>
            tensor(
              Float32Array.from({ length: y.size }, (_, i) => Math.cos(i)),
              y.shape,
            ),
          taps,
        })
        const numbers = [found.of.tensor, found.gradients.get(conv)?.tensor].map((value) =>
          Array.from(value?.dataSync() ?? []),
        )
        found.of.tensor.dispose()
        disposeValues(found.gradients)
        session.dispose()
        return numbers
      })
      const fused = createSession(graph, { fuse: true })
      const live = fused.forward(feed, [output])
      results.push([Array.from(live.get(output)?.tensor.dataSync() ?? [])])
      disposeValues(live)
      fused.dispose()
      for (const [k, values] of results.slice(1).flatMap((list) => list.map((entry, i) => [i, entry] as const))) {
        const wanted = results[0]?.[k] as number[]
        expect(values).toHaveLength(wanted.length)
        values.forEach((value, i) => {
          expect(value).toBeCloseTo(wanted[i] as number, 4)
        })
      }
    },
  )
})

/** Parameters that are moved from outside: the same ones, whatever the number of samples. */
import { beforeAll, describe, expect, it } from 'vitest'
import { Graph } from '../../../src/engine/graph/graph'
import { float32 } from '../../../src/engine/graph/tensor'
import { inferShapes } from '../../../src/engine/ops/infer'
import { initBackend } from '../../../src/engine/runtime'
import { createParameterSession } from '../../../src/engine/runtime/parameter-session'
import { tensor as tensorOf } from '../../../src/engine/runtime/tensors'

/** A stack of matrices for each of two parts, repeated for every sample: capsules are voted for like this. */
const graph = inferShapes(
  new Graph({
    name: 'votes',
    inputs: [{ name: 'x', dtype: 'float32', shape: ['batch', 2, 3, 1] }],
    outputs: [{ name: 'y', dtype: 'float32', shape: null }],
    nodes: [{ name: 'votes', op: 'MatMul', domain: '', inputs: ['w', 'x'], outputs: ['y'], attributes: new Map() }],
    constants: new Map([
      [
        'w',
        float32(
          [1, 2, 2, 3],
          Float32Array.from({ length: 12 }, (_, i) => i),
        ),
      ],
    ]),
    opsets: new Map([['', 17]]),
  }),
)

const feedOf = (samples: number) =>
  new Map([['x', { dims: [samples, 2, 3, 1], data: Float32Array.from({ length: 6 * samples }, (_, i) => i + 1) }]])

describe('a parameter session', () => {
  beforeAll(() => initBackend({ backend: 'wasm' }))

  it('goes on from one sample to several with a weight that is repeated for each of them', () => {
    const session = createParameterSession(graph, feedOf(1))
    expect(session.names).toEqual(['w'])
    const gradients = session.gradients(feedOf(2), ({ tensor }) =>
      tensorOf(new Float32Array(tensor.size).fill(1), tensor.shape),
    )
    // Each row of a part's matrix meets that part of both samples: 1 + 7, 2 + 8, 3 + 9, then 4 + 10 and so on.
    expect([...(gradients.get('w')?.dataSync() ?? [])]).toEqual([8, 10, 12, 8, 10, 12, 14, 16, 18, 14, 16, 18])
    for (const gradient of gradients.values()) gradient.dispose()
    session.dispose()
  })
})

import { beforeAll, describe, expect, it } from 'vitest'
import { stream } from '../../../src/engine/data/rng'
import type { Graph } from '../../../src/engine/graph/graph'
import { type TensorData, toFloat32 } from '../../../src/engine/graph/tensor'
import { inferShapes } from '../../../src/engine/ops/infer'
import { foldBatchNorm } from '../../../src/engine/recovery/folded-batch-norm'
import { mobilenetSmall } from '../../../src/engine/reference-networks/mobilenet-small'
import { resnetSmall } from '../../../src/engine/reference-networks/resnet-small'
import { vggSmall } from '../../../src/engine/reference-networks/vgg-small'
import { createSession, initBackend } from '../../../src/engine/runtime/index'

beforeAll(async () => {
  await initBackend({ backend: 'wasm' })
})

const isBatchNorm = ({ op }: { readonly op: string }) => op === 'BatchNormalization'

/** All numbers drawn anew; variances positive, scales of either sign. */
function drawn(graph: Graph, seed: number): Graph {
  const random = stream(seed, 'numbers')
  const norms = graph.nodes.filter(isBatchNorm)
  const variances = new Set(norms.map(({ inputs }) => inputs[4]))
  const scales = new Set(norms.map(({ inputs }) => inputs[1]))
  const next = (name: string, value: number) =>
    variances.has(name)
      ? 0.5 + random()
      : scales.has(name)
        ? (random() < 0.5 ? -1 : 1) * (0.5 + random())
        : value + 0.1 * random.normal()
  const constants = [...graph.constants].map(([name, constant]): [string, TensorData] =>
    constant.dtype === 'float32'
      ? [name, { ...constant, data: toFloat32(constant).map((value) => next(name, value)) }]
      : [name, constant],
  )
  return inferShapes(graph.with({ constants: new Map(constants) }))
}

async function answers(graph: Graph): Promise<Float32Array> {
  const random = stream(9, 'samples')
  const session = createSession(inferShapes(graph), { fuse: false })
  try {
    const data = Float32Array.from({ length: 4 * 3 * 16 * 16 }, () => random.normal())
    const found = await session.run(new Map([['', { dims: [4, 3, 16, 16], data }]]))
    return [...found.values()][0]?.data as Float32Array
  } finally {
    session.dispose()
  }
}

function expectClose(found: Float32Array, wanted: Float32Array): void {
  const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  found.forEach((value, i) => {
    expect(Math.abs(value - (wanted[i] as number)) / scale).toBeLessThan(1e-4)
  })
}

describe('foldBatchNorm', () => {
  for (const architecture of [vggSmall, resnetSmall, mobilenetSmall]) {
    it(`keeps the function of ${architecture.name}, and takes moved numbers back`, async () => {
      const graph = drawn(architecture.build({ sampleShape: [3, 16, 16], classes: 5, seed: 1 }), 2)
      const folded = foldBatchNorm(graph)
      expect(graph.nodes.filter(isBatchNorm).length).toBeGreaterThan(2)
      expect(folded.graph.nodes.filter(isBatchNorm)).toEqual([])
      expectClose(await answers(folded.graph), await answers(graph))

      const moved = drawn(folded.graph, 3)
      const back = folded.unfold(moved)
      expect(back.nodes).toEqual(graph.nodes)
      expect([...back.constants.keys()]).toEqual([...graph.constants.keys()])
      expectClose(await answers(back), await answers(moved))
    })
  }

  it('leaves the running statistics and scales as they are', () => {
    const graph = drawn(vggSmall.build({ sampleShape: [3, 16, 16], classes: 5, seed: 1 }), 4)
    const { graph: folded, unfold } = foldBatchNorm(graph)
    const back = unfold(drawn(folded, 5))
    for (const { inputs } of graph.nodes.filter(isBatchNorm)) {
      for (const at of [1, 3, 4]) {
        expect(back.constants.get(inputs[at] as string)).toEqual(graph.constants.get(inputs[at] as string))
      }
    }
  })

  it('leaves a BatchNorm alone that switches a channel off, or whose input somebody else reads', () => {
    const graph = drawn(vggSmall.build({ sampleShape: [3, 16, 16], classes: 5, seed: 1 }), 6)
    const [first, second] = graph.nodes.filter(isBatchNorm)
    const scale = first?.inputs[1] as string
    const off = toFloat32(graph.constants.get(scale) as TensorData).map((value, i) => (i === 3 ? 0 : value))
    const dims = [off.length]
    const changed = graph.with({
      constants: new Map(graph.constants).set(scale, { dtype: 'float32', dims, data: off }),
      outputs: [...graph.outputs, { name: second?.inputs[0] as string, dtype: 'float32', shape: null }],
    })
    const left = foldBatchNorm(changed).graph.nodes.filter(isBatchNorm)
    expect(left.map(({ name }) => name)).toEqual([first?.name, second?.name])
  })
})

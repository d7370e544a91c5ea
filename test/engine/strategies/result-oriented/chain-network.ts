/** The fixture's chain as a network of the product, and its samples as a table. */
import type { Coupling, PruningPlan } from '../../../../src/engine/coupling'
import type { SampleTable } from '../../../../src/engine/data/types'
import { float, Graph, type GraphNode, int, ints } from '../../../../src/engine/graph/graph'
import { float32, type TensorData, toFloat32 } from '../../../../src/engine/graph/tensor'
import { inferShapes } from '../../../../src/engine/ops/infer'
import { chain } from './chain'

const node = (
  name: string,
  op: string,
  inputs: string[],
  attributes: GraphNode['attributes'] = new Map(),
): GraphNode => ({ name, op, domain: '', inputs, outputs: [`${name}_out`], attributes })

export function chainNetwork(): Graph {
  const nodes: GraphNode[] = []
  const constants = new Map<string, TensorData>()
  let value = 'input'
  chain.weights.forEach((weight, i) => {
    const bias = chain.biases[i]
    if (!bias) throw new Error('the fixture is incomplete')
    constants.set(`w${i}`, float32(weight.dims, weight.data))
    constants.set(`b${i}`, float32(bias.dims, bias.data))
    nodes.push(node(`conv${i}`, 'Conv', [value, `w${i}`, `b${i}`], new Map([['pads', ints([1, 1, 1, 1])]])))
    nodes.push(node(`relu${i}`, 'Relu', [`conv${i}_out`]))
    value = `relu${i}_out`
    if (i === 0) {
      const attributes = new Map([
        ['kernel_shape', ints([2, 2])],
        ['strides', ints([2, 2])],
      ])
      nodes.push(node('pool', 'MaxPool', [value], attributes))
      value = 'pool_out'
    }
  })
  constants.set('wf', float32(chain.dense.dims, chain.dense.data))
  constants.set('bf', float32(chain.denseBias.dims, chain.denseBias.data))
  nodes.push(node('gap', 'GlobalAveragePool', [value]))
  nodes.push(node('flat', 'Flatten', ['gap_out'], new Map([['axis', int(1)]])))
  nodes.push(
    node(
      'fc',
      'Gemm',
      ['flat_out', 'wf', 'bf'],
      new Map([
        ['transB', int(1)],
        ['alpha', float(1)],
      ] as const),
    ),
  )
  return inferShapes(
    new Graph({
      name: 'chain',
      inputs: [{ name: 'input', dtype: 'float32', shape: ['batch', 3, 8, 8] }],
      outputs: [{ name: 'fc_out', dtype: 'float32', shape: ['batch', 5] }],
      nodes,
      constants,
    }),
  )
}

/** A table over any samples; labels are the sample's number modulo `classes`. */
export function tableOf(data: Float32Array, sampleDims: readonly number[], classes = 5): SampleTable {
  const size = sampleDims.reduce((a, b) => a * b, 1)
  const count = data.length / size
  const labels = Int32Array.from({ length: count }, (_, i) => i % classes)
  return {
    count,
    labels,
    read(indices) {
      const copy = new Float32Array(indices.length * size)
      indices.forEach((index, i) => {
        copy.set(data.subarray(index * size, (index + 1) * size), i * size)
      })
      return {
        count: indices.length,
        inputs: new Map([['', { dims: [indices.length, ...sampleDims], data: copy }]]),
        labels: indices.map((index) => labels[index] as number),
      }
    },
  }
}

export const chainTable = (): SampleTable => tableOf(chain.samples.data as Float32Array, [3, 8, 8])

export const range = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i)

/** Half of one group goes. */
export function halfOf(name: string, { groups, units }: Coupling): PruningPlan {
  const removed = new Uint8Array(units + 1)
  groups
    .find((group) => group.name === name)
    ?.units.forEach((unit, i) => {
      if (i % 2 === 1) removed[unit] = 1
    })
  return { removed }
}

export const weightsOf = (graph: Graph) => [...graph.constants].map(([name, data]) => [name, toFloat32(data)] as const)

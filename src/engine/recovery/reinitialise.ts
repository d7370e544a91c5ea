/** Draws a network's weights anew, for training its architecture from scratch. */
import { analyseCoupling } from '../coupling'
import type { Graph } from '../graph/graph'
import type { TensorData } from '../graph/tensor'

/** Two standard normal numbers from two uniform ones (Box and Muller, 1958). */
function normalPair(random: () => number): [number, number] {
  const radius = Math.sqrt(-2 * Math.log(1 - random()))
  const angle = 2 * Math.PI * random()
  return [radius * Math.cos(angle), radius * Math.sin(angle)]
}

const filled = (like: TensorData, value: number): TensorData => ({
  dtype: 'float32',
  dims: like.dims,
  data: new Float32Array(like.data.length).fill(value),
})

/**
 * Weights of linear operators from N(0, 2 / fan-in) (He et al., 2015), biases zero, BatchNorm as the identity. What else
 * there is (positional tables, other normalisations) keeps its numbers.
 * @param graph with inferred shapes; left alone
 */
export function reinitialise(graph: Graph, random: () => number): Graph {
  const constants = new Map(graph.constants)
  for (const layer of analyseCoupling(graph).layers) {
    const weight = constants.get(layer.weightName)
    if (!weight) continue
    const fanIn = weight.data.length / (weight.dims[layer.outputAxis] as number)
    const deviation = Math.sqrt(2 / fanIn)
    const data = new Float32Array(weight.data.length)
    for (let i = 0; i < data.length; i += 2) {
      const [a, b] = normalPair(random)
      data[i] = deviation * a
      if (i + 1 < data.length) data[i + 1] = deviation * b
    }
    constants.set(layer.weightName, { dtype: 'float32', dims: weight.dims, data })
    const bias = layer.biasName === null ? undefined : constants.get(layer.biasName)
    if (bias) constants.set(layer.biasName as string, filled(bias, 0))
  }
  for (const node of graph.nodes) {
    if (node.op !== 'BatchNormalization') continue
    ;[1, 0, 0, 1].forEach((value, i) => {
      const name = node.inputs[i + 1] ?? ''
      const constant = constants.get(name)
      if (constant) constants.set(name, filled(constant, value))
    })
  }
  return graph.with({ constants })
}

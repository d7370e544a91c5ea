/** Running statistics of every BatchNorm measured anew: the cumulative mean over batches (torch's momentum=None). */
import * as tf from '@tensorflow/tfjs-core'
import type { Graph } from '../graph/graph'
import { buildProgram } from './build'
import { execute, type Tensors } from './executor'
import { upload } from './feed'
import { parametersOf, withNumbers } from './parameters'
import { type ProgramConstant, slice } from './program'
import { uploadConstant } from './session'
import type { Feed } from './types'

/**
 * Runs the batches with BatchNorm on batch statistics and puts the mean of what they measured (variance unbiased) into
 * the network. Without a BatchNorm, or without batches, the graph comes back as it is.
 */
export async function reestimateBatchNorm(graph: Graph, batches: Iterable<Feed> | AsyncIterable<Feed>): Promise<Graph> {
  const program = buildProgram(graph, { fuse: false })
  const { statistics } = parametersOf(program, new Set(graph.constants.keys()))
  if (statistics.size === 0) return graph
  const constants: Tensors = new Map(program.constants.map((c) => [c.register, uploadConstant(c.data)]))
  const sums = new Map<ProgramConstant, Float64Array>()
  const measured: [ProgramConstant, tf.Tensor][] = []
  const instructions = slice(
    program,
    new Set(program.inputs.map((input) => input.register)),
    program.outputs.map((output) => output.register),
  )
  let count = 0
  try {
    for await (const feed of batches) {
      const inputs = upload(program, feed)
      try {
        execute(instructions, new Map([...constants, ...inputs]), new Set(), {
          training: true,
          reportBatchStatistics: (instruction, mean, variance) => {
            const found = statistics.get(instruction.outputs[0] as number)
            if (!found) return
            measured.push([found.mean, tf.keep(mean.clone())], [found.variance, tf.keep(variance.clone())])
          },
        })
        for (const [constant, value] of measured) {
          const data = value.dataSync()
          const sum = sums.get(constant) ?? new Float64Array(data.length)
          for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (data[i] as number)
          sums.set(constant, sum)
        }
        count++
      } finally {
        for (const [, value] of measured) value.dispose()
        measured.length = 0
        for (const made of inputs.values()) made.dispose()
      }
    }
  } finally {
    for (const constant of constants.values()) constant.dispose()
  }
  if (count === 0) return graph
  return withNumbers(
    graph,
    [...sums].map(([constant, sum]) => [constant, Float32Array.from(sum, (value) => value / count)]),
  )
}

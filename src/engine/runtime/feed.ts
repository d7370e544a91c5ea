/** Puts a caller's arrays on the backend as the inputs of a program. */
import { tensor } from '@tensorflow/tfjs-core'
import { EspalierError } from '../../contract/errors'
import { sizeOf } from '../graph/tensor'
import type { Tensors } from './executor'
import type { Program, ProgramInput } from './program'
import type { Feed, HostTensor } from './types'

const fits = (input: ProgramInput, dims: readonly number[]): boolean =>
  dims.length === input.shape.length && input.shape.every((dim, i) => typeof dim !== 'number' || dim === dims[i])

function arrayFor(program: Program, input: ProgramInput, feed: Feed): HostTensor {
  const array = feed.get(input.name) ?? (program.inputs.length === 1 ? feed.get('') : undefined)
  if (!array) {
    throw new EspalierError(
      'SHAPE_MISMATCH',
      `The network's input "${input.name}" was given no data. It needs an array of shape [${input.shape.join(', ')}].`,
    )
  }
  return array
}

/** Samples come in batches of whatever size suits the work, which a network that binds their number cannot take. */
function checkBatch({ shape: [own, ...rest] }: ProgramInput, [given, ...dims]: readonly number[]): void {
  if (typeof own !== 'number' || own === given || rest.join() !== dims.join()) return
  throw new EspalierError(
    'MODEL_UNSUPPORTED_FEATURE',
    `The network answers for ${own} samples at once and its samples could not be told apart, so it cannot be run on data. Export it with a free batch (dynamic_axes or dynamic_shapes in PyTorch); "espalier prune" takes it as it is.`,
  )
}

/** One tensor an input; the caller disposes them. @throws SHAPE_MISMATCH, MODEL_UNSUPPORTED_FEATURE */
export function upload(program: Program, feed: Feed): Tensors {
  const tensors: Tensors = new Map()
  for (const input of program.inputs) {
    const array = arrayFor(program, input, feed)
    if (!fits(input, array.dims) || array.data.length !== sizeOf(array.dims)) {
      for (const made of tensors.values()) made.dispose()
      checkBatch(input, array.dims)
      throw new EspalierError(
        'SHAPE_MISMATCH',
        `The network's input "${input.name}" has shape [${input.shape.join(', ')}], but the data has [${array.dims.join(', ')}]. Choose data that fits the network.`,
      )
    }
    const isFloat = /^(float|bfloat)/.test(input.dtype)
    const data =
      isFloat === array.data instanceof Float32Array
        ? array.data
        : isFloat
          ? Float32Array.from(array.data)
          : Int32Array.from(array.data)
    tensors.set(input.register, tensor(data, [...array.dims], isFloat ? 'float32' : 'int32'))
  }
  return tensors
}

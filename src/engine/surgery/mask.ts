/** The masked form of a plan: same shapes, but the consumers' columns of the removed units are zero. */
import type { Coupling, PruningPlan } from '../coupling/index'
import type { Graph } from '../graph/graph'
import { sizeOf, type TensorData } from '../graph/tensor'

/** Zeroes slices along one axis of a float tensor. */
function zeroAlong(source: TensorData, axis: number, gone: (index: number) => boolean): TensorData {
  const inner = sizeOf(source.dims.slice(axis + 1))
  const extent = source.dims[axis] as number
  const data = source.data.slice() as Float32Array
  for (let i = 0; i < data.length; i++) if (gone(Math.floor(i / inner) % extent)) data[i] = 0
  return { ...source, data }
}

/**
 * The masked network, against which surgery is proven: pruned and masked compute the same result. (Zeroing producers
 * would not do: what a BatchNorm adds to a zero channel survives it.)
 */
export function maskPlan(graph: Graph, coupling: Coupling, plan: PruningPlan): Graph {
  const constants = new Map(graph.constants)
  for (const binding of coupling.bindings) {
    if (binding.role !== 'consumer') continue
    const weight = constants.get(binding.constant) as TensorData
    constants.set(
      binding.constant,
      zeroAlong(weight, binding.axis, (index) => plan.removed[binding.units[index] as number] === 1),
    )
  }
  return graph.with({ constants })
}

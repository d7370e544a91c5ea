/** Graphs as kept steps: everything a graph holds, bit for bit. */
import { Graph, type GraphParts } from '../../graph/graph'
import { type Packable, pack, unpack } from './archive'

/** Bytes of a graph; the same graph gives the same bytes. */
export function packGraph(graph: Graph): Uint8Array {
  const { name, inputs, outputs, nodes, constants, values, opsets, metadata } = graph
  return pack({ name, inputs, outputs, nodes, constants, values, opsets, metadata } as unknown as Packable)
}

/** @throws STORE_CORRUPT */
export const unpackGraph = (bytes: Uint8Array): Graph => new Graph(unpack<GraphParts>(bytes))

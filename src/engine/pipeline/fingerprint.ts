/** A short identity of everything that decides a run's outcome, so that kept steps of another run are never taken. */
import type { RunConfig } from '../../contract/run'
import type { DataSource } from '../data/types'
import type { Graph } from '../graph/graph'

/** 32-bit FNV-1a over bytes, going on from `hash`. */
function fnv(bytes: Uint8Array, hash: number): number {
  let h = hash
  for (let i = 0; i < bytes.length; i++) h = Math.imul(h ^ (bytes[i] as number), 0x01000193)
  return h >>> 0
}

/** Two independent 32-bit hashes of a network's structure and numbers, hex. */
export function graphFingerprint(graph: Graph): string {
  const text = new TextEncoder()
  const structure = graph.nodes.map(({ name, op, inputs, outputs }) => [name, op, inputs, outputs])
  let a = fnv(text.encode(JSON.stringify(structure)), 0x811c9dc5)
  let b = 0x9747b28c
  for (const [name, { dtype, dims, data }] of graph.constants) {
    a = fnv(text.encode(`${name} ${dtype} ${dims.join()}`), a)
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    a = fnv(bytes, a)
    b = Math.imul(b ^ a, 0x85ebca6b) >>> 0
  }
  return [a, b].map((hash) => hash.toString(16).padStart(8, '0')).join('')
}

/** The backend counts, because results agree between backends only to rounding. */
export function runFingerprint(graph: Graph, data: DataSource, config: RunConfig, backend: string): string {
  return JSON.stringify({ version: 1, graph: graphFingerprint(graph), data: data.hash, config, backend })
}

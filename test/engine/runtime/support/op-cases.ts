/** Reads test/op-cases: one operator a case, with shapes, attributes and the seeds of its numbers. */
import { readdirSync, readFileSync } from 'node:fs'
import { type Attribute, Graph, type GraphNode, type ValueInfo } from '../../../../src/engine/graph/graph'
import { float32, int64, sizeOf, type TensorData } from '../../../../src/engine/graph/tensor'
import { inferShapes } from '../../../../src/engine/ops/infer'
import '../../../../src/engine/ops'

interface CaseInput {
  readonly dims: number[]
  readonly constant?: boolean
  readonly dtype?: 'int64'
  readonly values?: number[]
  readonly range?: [number, number]
  /** The first axis is not the batch. */
  readonly fixed?: boolean
}

export interface OpCase {
  readonly name: string
  readonly op: string
  /** null: the optional input is left out. */
  readonly inputs: (CaseInput | null)[]
  readonly ints?: Record<string, number | number[]>
  readonly floats?: Record<string, number | number[]>
  readonly strings?: Record<string, string | string[]>
  readonly outputs?: number
  /** `numeric`: TF.js itself cannot differentiate it, so differences are the oracle. false: not differentiable. */
  readonly gradient?: boolean | 'numeric'
}

const folder = new URL('../../../op-cases/', import.meta.url)

export const opCases: readonly OpCase[] = readdirSync(folder)
  .sort()
  .flatMap((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as OpCase[])

/** Reproducible numbers in [-1, 1), or in a range. */
export function numbers(seed: number, count: number, range: readonly [number, number] = [-1, 1]): Float32Array {
  let state = (seed * 2654435761) >>> 0 || 1
  return Float32Array.from({ length: count }, () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return range[0] + ((state >>> 0) / 2 ** 32) * (range[1] - range[0])
  })
}

export interface BuiltCase {
  readonly graph: Graph
  readonly feed: Map<string, { dims: number[]; data: Float32Array }>
}

export function buildCase(opCase: OpCase): BuiltCase {
  const inputs: ValueInfo[] = []
  const constants = new Map<string, TensorData>()
  const feed = new Map<string, { dims: number[]; data: Float32Array }>()
  const names = opCase.inputs.map((input, i) => {
    if (!input) return ''
    const name = `in${i}`
    const data = input.values ?? numbers(i + 7, sizeOf(input.dims), input.range)
    if (input.constant) {
      constants.set(name, input.dtype === 'int64' ? int64(input.dims, data as number[]) : float32(input.dims, data))
    } else {
      const shape = input.fixed || input.dims.length < 2 ? input.dims : ['batch', ...input.dims.slice(1)]
      inputs.push({ name, dtype: 'float32', shape })
      feed.set(name, { dims: input.dims, data: Float32Array.from(data) })
    }
    return name
  })
  const attributes = new Map<string, Attribute>()
  for (const [name, value] of Object.entries(opCase.ints ?? {})) {
    attributes.set(name, Array.isArray(value) ? { kind: 'ints', value } : { kind: 'int', value })
  }
  for (const [name, value] of Object.entries(opCase.floats ?? {})) {
    attributes.set(name, Array.isArray(value) ? { kind: 'floats', value } : { kind: 'float', value })
  }
  for (const [name, value] of Object.entries(opCase.strings ?? {})) {
    attributes.set(name, Array.isArray(value) ? { kind: 'strings', value } : { kind: 'string', value })
  }
  const outputs = Array.from({ length: opCase.outputs ?? 1 }, (_, o) => `out${o}`)
  const node: GraphNode = { name: opCase.op, op: opCase.op, domain: '', inputs: names, outputs, attributes }
  const graph = inferShapes(
    new Graph({
      name: opCase.name,
      inputs,
      outputs: outputs.map((name) => ({ name, dtype: 'float32', shape: null })),
      nodes: [node],
      constants,
      opsets: new Map([['', 17]]),
    }),
  )
  return { graph, feed }
}

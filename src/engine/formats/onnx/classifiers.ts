/**
 * What converters of classical learners (skl2onnx and its like) put around a network's results: maps from classes to
 * numbers become the numbers, in the order of the classes; names of classes, which are texts, are left out; and labels,
 * which such files answer first, come after the scores that they were picked by.
 */
import { EspalierError } from '../../../contract/errors'
import { type Sentence, say } from '../../../contract/sentences'
import type { ValueInfo } from '../../graph/graph'
import { setOutputOrder } from './metadata'
import type { GraphProto, ModelProto, NodeProto } from './schema'

/** Numbers of ONNX' types. */
const FLOAT = 1
const STRING = 8

const isZipMap = (node: NodeProto): boolean => node.op_type === 'ZipMap' && node.domain === 'ai.onnx.ml'

/** Maps that the network answers with, as their numbers: [samples, classes]. */
function withoutMaps(graph: GraphProto, notes: Sentence[]): GraphProto {
  const names = new Set((graph.output ?? []).filter(({ type }) => type && !type.tensor_type).map(({ name }) => name))
  const maps = (graph.node ?? []).filter((node) => isZipMap(node) && names.has(node.output?.[0] ?? ''))
  if (maps.length === 0) return graph
  const mapped = new Set(maps.map(({ output }) => output?.[0] ?? ''))
  for (const output of mapped) notes.push(say('model.map-as-numbers', { output }))
  return {
    ...graph,
    node: (graph.node ?? []).map((node) =>
      maps.includes(node) ? { ...node, op_type: 'Identity', domain: '', attribute: [] } : node,
    ),
    output: (graph.output ?? []).map((output) =>
      mapped.has(output.name ?? '') ? { ...output, type: { tensor_type: { elem_type: FLOAT } } } : output,
    ),
  }
}

/** Nodes that some answer needs; networks inside nodes read more than these say, so with such all stay. */
function needed(nodes: readonly NodeProto[], answers: readonly string[]): readonly NodeProto[] {
  if (nodes.some(({ attribute = [] }) => attribute.some(({ g }) => g))) return nodes
  const producers = new Map(nodes.flatMap((node) => (node.output ?? []).map((name) => [name, node] as const)))
  const kept = new Set<NodeProto>()
  const open = [...answers]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = producers.get(name)
    if (!node || kept.has(node)) continue
    kept.add(node)
    open.push(...(node.input ?? []))
  }
  return nodes.filter((node) => kept.has(node))
}

/**
 * Answers that are texts, and what only they need.
 * @throws MODEL_UNSUPPORTED_FEATURE where nothing else is answered
 */
function withoutTexts(graph: GraphProto, notes: Sentence[]): GraphProto {
  const texts = (graph.output ?? []).filter(({ type }) => type?.tensor_type?.elem_type === STRING)
  if (texts.length === 0) return graph
  const output = (graph.output ?? []).filter((one) => !texts.includes(one))
  if (output.length === 0) {
    throw new EspalierError(
      'MODEL_UNSUPPORTED_FEATURE',
      `The network answers with texts only ("${texts[0]?.name ?? ''}"), which cannot be compared. Export it with the scores of its classes among its outputs.`,
    )
  }
  for (const { name = '' } of texts) notes.push(say('model.texts-left-out', { output: name }))
  const node = [
    ...needed(
      graph.node ?? [],
      output.map(({ name = '' }) => name),
    ),
  ]
  const read = new Set(node.flatMap(({ input = [] }) => input))
  const initializer = (graph.initializer ?? []).filter(
    ({ name = '', data_type }) => data_type !== STRING || read.has(name),
  )
  return { ...graph, node, output, initializer }
}

/**
 * Real numbers before whole ones: the first answer is what a network is measured by, and labels that were picked show
 * little. The writer brings the answers back into the order of the file.
 */
export function scoresFirst(outputs: readonly ValueInfo[], metadata: Map<string, string>): readonly ValueInfo[] {
  const real = outputs.filter(({ dtype }) => /float/.test(dtype))
  if (real.length === 0 || real[0] === outputs[0]) return outputs
  setOutputOrder(
    metadata,
    outputs.map(({ name }) => name),
  )
  return [...real, ...outputs.filter((output) => !real.includes(output))]
}

/**
 * @param notes receives a sentence for every answer that is read otherwise
 * @throws MODEL_UNSUPPORTED_FEATURE
 */
export function numbersOnly(model: ModelProto, notes: Sentence[]): ModelProto {
  if (!model.graph) return model
  return { ...model, graph: withoutTexts(withoutMaps(model.graph, notes), notes) }
}

/** Import -> canonical graph: opset 17 forms, constants folded, batch free where the network allows it, shapes known. */
import { EspalierError } from '../../../../contract/errors'
import { type Sentence, say } from '../../../../contract/sentences'
import type { Graph, Shape } from '../../../graph/graph'
import { topologicalOrder, verify } from '../../../graph/topology'
import { Inference, type InferenceResult, infer } from '../../../ops/infer'
import { setDeclaredShape } from '../metadata'
import { withBags } from './bags'
import { keepsSamplesApart } from './carried-batch'
import { absorbOutputNames } from './clean'
import { emitFolded } from './emit-folded'
import { upgradeAndFold } from './fold'
import { knownOf } from './known'
import { moveBatch } from './move-batch'
import { inOwnOrder } from './own-order'
import { pickOwnRows } from './own-rows'
import { Rewriter, withAttributes, withInput } from './rewriter'
import { settleNode } from './settle'

/** A round settles all that depends on what lies before it; rules that look ahead need few more. */
const mostRounds = 24

/** Sentences of one kind that the user is shown. */
const mostNotes = 10

/** Infers and rewrites node by node, until a round changes nothing. @throws SHAPE_MISMATCH, MODEL_INVALID */
function settle(graph: Graph, notes: Sentence[]): InferenceResult {
  let current = graph
  for (let round = 0; round < mostRounds; round++) {
    const rewriter = new Rewriter(current, notes)
    const inference = new Inference(current.inputs, rewriter.constants, current.declared)
    const known = knownOf(inference)
    let changed = false
    for (const original of current.nodes) {
      if (rewriter.isSkipped(original)) continue
      const node = rewriter.current(original)
      inference.step(node)
      const settled = settleNode(node, known, rewriter)
      if (settled !== node) changed = true
      const before = rewriter.nodes.length
      if (settled) emitFolded(settled, rewriter)
      if (settled && rewriter.nodes.length === before) changed = true
      // What took the node's place, or joined it: the nodes that follow read it in this round already.
      for (const output of node.outputs) if (rewriter.constants.has(output)) inference.replaced(output)
      for (const emitted of rewriter.emitted()) if (emitted !== node) inference.step(emitted)
    }
    if (!changed) return inference.result(current)
    const next = rewriter.finish()
    current = next.with({ nodes: topologicalOrder(next.nodes), outputs: graph.outputs })
  }
  throw new EspalierError(
    'MODEL_UNSUPPORTED_FEATURE',
    `The network "${graph.name}" computes its shapes in a way that cannot be followed to the end. Export it with fixed sizes.`,
  )
}

/** A batch written down as a number, the same for every input; undefined where there is none. */
function fixedBatch(graph: Graph): number | undefined {
  const first = new Set(graph.inputs.map((input) => input.shape?.[0]))
  const [batch] = first
  return first.size === 1 && typeof batch === 'number' ? batch : undefined
}

const SYMBOL = 'batch'

const freed = (shape: Shape): Shape => [SYMBOL, ...shape.slice(1)]

/**
 * Reshape targets that name the batch (`[1, 768]`, `[1, -1]`) copy it from the input instead: the same for the declared
 * batch, and right for every other.
 */
function copyBatchInReshapes(graph: Graph, shapes: Graph, batch: number): Graph {
  const rewriter = new Rewriter(graph, [])
  const settled = new Map(shapes.nodes.map((node) => [node.name, node]))
  for (const node of graph.nodes) {
    // What it reads may have another name once settled.
    const before = shapes.info(settled.get(node.name)?.inputs[0] ?? node.inputs[0] ?? '')?.shape
    const after = shapes.info(node.outputs[0] ?? '')?.shape
    const named = rewriter.constant(node.inputs[1])
    const candidate = node.op === 'Reshape' && named && before?.[0] === batch && after?.[0] === batch
    if (!candidate || Number(named.data[0]) !== batch || !after.slice(1).every((dim) => Number(dim) > 0)) {
      rewriter.emit(node)
      continue
    }
    const target = [0, ...after.slice(1).map(Number)]
    const plain = withAttributes(node, { allowzero: undefined })
    rewriter.emit(withInput(plain, 1, rewriter.addInts(node, 'shape', target)))
  }
  return rewriter.finish()
}

/** The graph for any batch, or undefined where the network does not allow it. */
function freeBatch(graph: Graph, fixed: InferenceResult): InferenceResult | undefined {
  const inputs = graph.inputs.map((input) => ({ ...input, shape: freed(input.shape as Shape) }))
  try {
    const result = settle(graph.with({ inputs }), [])
    const { graph: free } = result
    // Others than the result may have their samples elsewhere (the states of a recurrent layer), or none.
    const carried = free.outputs[0]?.shape?.[0] === SYMBOL
    // A Resize to constant sizes names the batch among them.
    const named = free.nodes.some((node) => node.op === 'Resize' && free.constants.has(node.inputs[3] ?? ''))
    // Nor may single samples be cut out of it, or shapes get lost.
    const cut = [...free.values.values()].some(({ shape }) =>
      shape?.some((dim) => typeof dim === 'string' && /\(.*batch/.test(dim)),
    )
    return carried && !named && !cut && keepsSamplesApart(free) && result.undecided.length <= fixed.undecided.length
      ? result
      : undefined
  } catch (error) {
    // Shapes that only work out for the declared batch are the very answer to the question.
    if (error instanceof EspalierError) return undefined
    throw error
  }
}

function freeMoved(fixed: InferenceResult, batch: number): InferenceResult | undefined {
  if (fixed.unknown.length + fixed.undecided.length > 0) return undefined
  const picked = pickOwnRows(fixed.graph, batch)
  const moved = moveBatch(picked === fixed.graph ? picked : infer(picked).graph, batch)
  return moved && freeBatch(rememberShapes(moved), fixed)
}

function rememberShapes(graph: Graph): Graph {
  const metadata = new Map(graph.metadata)
  for (const value of [...graph.inputs, ...graph.outputs]) {
    if (value.shape) setDeclaredShape(metadata, value.name, value.shape)
  }
  return graph.with({ metadata })
}

/** The network for any batch where it allows that, else as it is. */
function withFreeBatch(
  upgraded: Graph,
  fixed: InferenceResult,
  batch: number | undefined,
): InferenceResult | undefined {
  // Shapes that the file declares hold for its own batch.
  if (batch === undefined || fixed.unknown.some(({ outputs }) => outputs.some((name) => upgraded.declared.has(name))))
    return undefined
  const copied = rememberShapes(copyBatchInReshapes(upgraded, fixed.graph, batch))
  return freeBatch(copied, fixed) ?? freeMoved(fixed, batch)
}

/** Without orders that samples are put into and brought back from; undefined where there are none, or samples see each other. */
function unsorted(fixed: InferenceResult, batch: number | undefined): InferenceResult | undefined {
  const graph = inOwnOrder(fixed.graph)
  if (!graph) return undefined
  const settled = settle(graph, [])
  if (batch !== undefined) return withFreeBatch(graph, settled, batch)
  return keepsSamplesApart(settled.graph) ? settled : undefined
}

/**
 * @param graph as imported, in its own opset
 * @param notes receives sentences on what was left out or could not be understood
 * @throws SHAPE_MISMATCH, MODEL_INVALID, MODEL_UNSUPPORTED_FEATURE
 */
export function normalise(graph: Graph, notes: Sentence[]): Graph {
  const upgraded = absorbOutputNames(withBags(upgradeAndFold(graph, notes)))
  const batch = fixedBatch(upgraded)
  const fixed = settle(upgraded, notes)
  const free = unsorted(fixed, batch) ?? withFreeBatch(upgraded, fixed, batch)
  const result = free ?? fixed
  if (batch !== undefined && !free) {
    notes.push(say('model.batch-as-exported', { batch }))
  }
  for (const { op, name, domain } of result.unknown.slice(0, mostNotes)) {
    notes.push(say('model.operator-unknown', { operator: domain === '' ? op : `${domain}.${op}`, node: name }))
  }
  for (const { node, why } of result.undecided.slice(0, mostNotes)) {
    notes.push(say('model.shape-fed', { op: node.op, node: node.name, why }))
  }
  const settled = absorbOutputNames(result.graph)
  return verify(settled === result.graph ? settled : infer(settled).graph)
}

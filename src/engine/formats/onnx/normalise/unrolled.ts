/** Loop and Scan whose steps are few and known are those steps, one behind the other. */
import { type GraphNode, graphReads, int, numberAttribute, numbersAttribute } from '../../../graph/graph'
import { int64, tensor, toNumbers } from '../../../graph/tensor'
import { type Branch, readBranch } from '../branch'
import type { Known } from './known'
import { Rewriter } from './rewriter'
import { type Names, outerNames, writeOut } from './write-out'

/** Steps beyond these stay a loop. */
const mostSteps = 256
/** Nodes that all steps together may have. */
const mostNodes = 8192

function bodyOf(node: GraphNode): Branch | undefined {
  const attribute = node.attributes.get('body')
  return attribute?.kind === 'graph' ? readBranch(attribute.value, `${node.op} "${node.name}"`) : undefined
}

const isFew = (steps: number, body: Branch): boolean =>
  steps >= 1 && steps <= mostSteps && steps * body.nodes.length <= mostNodes

const ownInputs = (node: GraphNode): readonly string[] =>
  node.inputs.slice(0, node.inputs.length - graphReads(node.attributes.values()).length)

function emit(node: GraphNode, rewriter: Rewriter, what: Pick<GraphNode, 'op' | 'inputs' | 'attributes'>): string {
  const output = rewriter.fresh(`${node.name}/${what.op}`)
  rewriter.emit({ ...what, name: output, domain: '', outputs: [output] })
  return output
}

/** What every step gave along an axis of its own. */
function stacked(node: GraphNode, output: string, parts: readonly string[], axis: number, rewriter: Rewriter): void {
  const wide = parts.map((part) =>
    emit(node, rewriter, {
      op: 'Unsqueeze',
      inputs: [part, rewriter.addInts(node, 'axis', [axis])],
      attributes: new Map(),
    }),
  )
  const joined = emit(node, rewriter, { op: 'Concat', inputs: wide, attributes: new Map([['axis', int(axis)]]) })
  rewriter.alias({ ...node, name: rewriter.fresh(`${node.name}/${output}`) }, output, joined)
}

/** Whether the body goes on whatever happens: it answers with the condition that it was given, or with true. */
function goesOn(body: Branch): boolean {
  let name = body.outputs[0] as string
  for (let i = 0; i <= body.nodes.length; i++) {
    if (name === body.inputs[1]) return true
    const stored = body.constants.get(name)
    if (stored) return Number(stored.data[0]) !== 0
    const producer = body.nodes.find(({ outputs }) => outputs.includes(name))
    const value = producer?.attributes.get('value')
    if (producer?.op === 'Constant' && value?.kind === 'tensor') return Number(value.value.data[0]) !== 0
    if (producer?.op !== 'Identity' && producer?.op !== 'Cast') return false
    name = producer.inputs[0] as string
  }
  return false
}

const finish = (node: GraphNode, output: string | undefined, by: string, rewriter: Rewriter): void => {
  if (output) rewriter.alias({ ...node, name: rewriter.fresh(`${node.name}/${output}`) }, output, by)
}

type Step = (rewriter: Rewriter, step: number, carried: readonly string[]) => readonly string[]

/** How many steps a loop takes that asks its body whether to go on; undefined where what it is fed decides that. */
function stepsTaken(take: Step, initial: readonly string[], most: number, rewriter: Rewriter): number | undefined {
  // Written out on the side, for the answers that are constants.
  const trial = new Rewriter(rewriter.source, [])
  for (const [name, data] of rewriter.constants) trial.constants.set(name, data)
  let carried = initial
  for (let step = 0; step < Math.min(most, mostSteps + 1); step++) {
    const [goOn = '', ...answers] = take(trial, step, carried)
    const stored = trial.constant(goOn)
    if (!stored) return undefined
    if (Number(stored.data[0]) === 0) return step + 1
    carried = answers.slice(0, initial.length)
  }
  return most
}

/** @returns undefined where it was written out, the node where its steps are not known or too many */
export function unrollLoop(node: GraphNode, known: Known, rewriter: Rewriter): GraphNode | undefined {
  const [most = '', condition = '', ...initial] = ownInputs(node)
  const stored = rewriter.constant(most)
  const bound = most === '' ? Number.POSITIVE_INFINITY : stored ? toNumbers(stored)[0] : known.elements(most)?.[0]
  const body = bodyOf(node)
  if (!body || typeof bound !== 'number' || body.inputs.length !== initial.length + 2) return node
  if (body.outputs.length <= initial.length) return node
  const first = rewriter.constant(condition)
  if (condition !== '' && (!first || Number(first.data[0]) === 0)) return node

  const [count = '', go = '', ...states] = body.inputs
  const outer = new Map<Rewriter, Names>()
  const take: Step = (into, step, carried) => {
    if (!outer.has(into)) outer.set(into, outerNames(node, body, into))
    const names: Names = new Map([
      ...(outer.get(into) as Names),
      [count, into.addConstant(`${node.name}/step`, int64([], [step]))],
      [go, into.addConstant(`${node.name}/go`, tensor('bool', [], Uint8Array.of(1)))],
      ...states.map((name, k): [string, string] => [name, carried[k] as string]),
    ])
    return writeOut(node, body, names, into)
  }
  const steps = condition === '' || goesOn(body) ? bound : stepsTaken(take, initial, bound, rewriter)
  if (steps === undefined || !isFew(steps, body)) return node

  let carried: readonly string[] = initial
  const seen: string[][] = []
  for (let step = 0; step < steps; step++) {
    const [, ...answers] = take(rewriter, step, carried)
    carried = answers.slice(0, initial.length)
    seen.push(answers.slice(initial.length))
  }
  node.outputs.forEach((output, i) => {
    const at = i - initial.length
    if (at < 0) finish(node, output, carried[i] as string, rewriter)
    else if (output)
      stacked(
        node,
        output,
        seen.map((answers) => answers[at] as string),
        0,
        rewriter,
      )
  })
  return undefined
}

/** @returns undefined where it was written out, the node where its steps are not known or too many */
export function unrollScan(node: GraphNode, known: Known, rewriter: Rewriter): GraphNode | undefined {
  const inputs = ownInputs(node)
  const scanned = numberAttribute(node, 'num_scan_inputs', 0)
  const stateCount = inputs.length - scanned
  const axisOf = (attribute: string, i: number, rank: number): number => {
    const given = numbersAttribute(node, attribute, [])[i] ?? 0
    return given < 0 ? given + rank : given
  }
  const along = inputs.slice(stateCount).map((name, i) => axisOf('scan_input_axes', i, known.shape(name)?.length ?? 1))
  const steps = known.shape(inputs[stateCount])?.[along[0] as number]
  const body = scanned > 0 ? bodyOf(node) : undefined
  if (!body || typeof steps !== 'number' || !isFew(steps, body)) return node
  if (body.inputs.length !== inputs.length || body.outputs.length < node.outputs.length) return node

  const outer = outerNames(node, body, rewriter)
  const backwards = (attribute: string, i: number) => numbersAttribute(node, attribute, [])[i] === 1
  let carried: readonly string[] = inputs.slice(0, stateCount)
  const seen: string[][] = []
  for (let step = 0; step < steps; step++) {
    const elements = inputs.slice(stateCount).map((name, i) => {
      const place = backwards('scan_input_directions', i) ? steps - 1 - step : step
      const at = rewriter.addConstant(`${node.name}/step`, int64([], [place]))
      const attributes = new Map([['axis', int(along[i] as number)]])
      return emit(node, rewriter, { op: 'Gather', inputs: [name, at], attributes })
    })
    const given = [...carried, ...elements]
    const names: Names = new Map([
      ...outer,
      ...body.inputs.map((name, k): [string, string] => [name, given[k] as string]),
    ])
    const answers = writeOut(node, body, names, rewriter)
    carried = answers.slice(0, stateCount)
    seen.push(answers.slice(stateCount))
  }
  node.outputs.forEach((output, i) => {
    const at = i - stateCount
    if (at < 0) finish(node, output, carried[i] as string, rewriter)
    if (at < 0 || !output) return
    const parts = seen.map((answers) => answers[at] as string)
    if (backwards('scan_output_directions', at)) parts.reverse()
    const rank = known.shape(output)?.length ?? 1
    stacked(node, output, parts, axisOf('scan_output_axes', at, rank), rewriter)
  })
  return undefined
}

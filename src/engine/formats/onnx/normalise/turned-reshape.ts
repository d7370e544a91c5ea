/** Reshapes that fold axes around one of free extent (heads into the batch), with targets that are numbers. */
import { type Dim, type GraphNode, ints, type Shape } from '../../../graph/graph'
import { divideDims, multiplyDims } from '../../../ops/extents'
import type { Rewriter } from './rewriter'

/** Axes of the input and of the result that hold the same elements, counted as [from, to). */
interface Segment {
  readonly input: readonly [number, number]
  readonly output: readonly [number, number]
}

const product = (shape: Shape, from: number, to: number): Dim => multiplyDims(shape.slice(from, to))

/** The shortest runs of axes with equal products; undefined where the shapes do not come out even. */
function segmentsOf(before: Shape, after: Shape): Segment[] | undefined {
  const segments: Segment[] = []
  let i = 0
  let j = 0
  while (i < before.length || j < after.length) {
    const next = shortest(before, after, i, j)
    if (!next) return undefined
    segments.push(next)
    i = next.input[1]
    j = next.output[1]
  }
  return segments
}

function shortest(before: Shape, after: Shape, i: number, j: number): Segment | undefined {
  const most = before.length - i + after.length - j
  for (let size = 1; size <= most; size++) {
    for (let m = Math.min(size, before.length - i); m >= 0; m--) {
      const n = size - m
      if (n > after.length - j) continue
      if (divideDims(product(before, i, i + m), product(after, j, j + n)) !== 1) continue
      return { input: [i, i + m], output: [j, j + n] }
    }
  }
  return undefined
}

const axes = ([from, to]: readonly [number, number]): number[] => Array.from({ length: to - from }, (_, k) => from + k)

/**
 * Free extents that stay as they are move to the front, where a target copies them; one more may be left over.
 * @returns whether the node was replaced
 */
export function turnReshape(node: GraphNode, before: Shape, after: Shape, rewriter: Rewriter): boolean {
  const segments = segmentsOf(before, after)
  if (!segments) return false
  const stays = ({ input: [i, end], output: [j, last] }: Segment) =>
    end - i === 1 && last - j === 1 && typeof before[i] === 'string'
  const front = segments.filter(stays)
  const rest = segments.filter((segment) => !stays(segment))
  const restOut = rest.flatMap(({ output }) => axes(output))
  if (front.length === 0 || restOut.filter((axis) => typeof after[axis] === 'string').length > 1) return false
  const order = [...front, ...rest].flatMap(({ input }) => axes(input))
  const made = [...front, ...rest].flatMap(({ output }) => axes(output))
  const target = [
    ...front.map(() => 0),
    ...restOut.map((axis) => (typeof after[axis] === 'string' ? -1 : Number(after[axis]))),
  ]
  if (restOut.some((axis) => after[axis] === 0)) return false
  const transpose = (role: string, input: string, perm: readonly number[], output: string) =>
    rewriter.emit({
      name: rewriter.fresh(`${node.name}/${role}`),
      op: 'Transpose',
      domain: '',
      inputs: [input],
      outputs: [output],
      attributes: new Map([['perm', ints(perm)]]),
    })
  const turned = rewriter.fresh(`${node.name}/turned`)
  const folded = rewriter.fresh(`${node.name}/folded`)
  transpose('turn', node.inputs[0] as string, order, turned)
  const inputs = [turned, rewriter.addInts(node, 'shape', target)]
  rewriter.emit({ ...node, inputs, outputs: [folded], attributes: new Map() })
  const back = made.map((_, axis) => made.indexOf(axis))
  transpose('back', folded, back, node.outputs[0] as string)
  return true
}

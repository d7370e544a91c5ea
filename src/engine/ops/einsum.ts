/** Einsum: a product written with an index a letter; letters that meet are removed together. */
import { type Dim, type GraphNode, type Shape, stringAttribute } from '../graph/graph'
import { type CouplingContext, type InferContext, type Inferred, registerOp } from './definition'
import { coveringAxis, idsAlong, onAxis } from './labels'

export interface Equation {
  readonly inputs: readonly string[]
  readonly output: string
}

/** Stand for the axes of an ellipsis, counted from the last; equations are written in ASCII letters. */
const ellipsisLetter = (fromLast: number): string => String.fromCharCode(0x3b1 + fromLast)

/**
 * Letters of each operand and of the result; an ellipsis becomes letters of its own.
 * @returns null where a letter is repeated within an operand (a diagonal) or the ranks do not fit
 */
export function parseEquation(node: GraphNode, ranks: readonly number[]): Equation | null {
  const text = stringAttribute(node, 'equation', '').replaceAll(' ', '')
  const [left = '', right] = text.split('->') as [string, string | undefined]
  const terms = left.split(',')
  if (terms.length !== ranks.length) return null
  let widest = 0
  const spread = (count: number) => Array.from({ length: count }, (_, i) => ellipsisLetter(count - 1 - i)).join('')
  const inputs = terms.map((term, i) => {
    const covered = (ranks[i] as number) - term.replace('...', '').length
    widest = term.includes('...') ? Math.max(widest, covered) : widest
    return term.replace('...', spread(Math.max(0, covered)))
  })
  const fits = inputs.every((letters, i) => letters.length === ranks[i] && new Set(letters).size === letters.length)
  if (!fits) return null
  const count = (letter: string) => inputs.filter((letters) => letters.includes(letter)).length
  const implicit = [...new Set(inputs.join(''))].filter((letter) => count(letter) === 1 && letter < 'α').sort()
  return { inputs, output: right?.replace('...', spread(widest)) ?? `${spread(widest)}${implicit.join('')}` }
}

const ranksOf = (node: GraphNode, shape: (i: number) => Shape): number[] => node.inputs.map((_, i) => shape(i).length)

function extents(
  node: GraphNode,
  equation: Equation,
  shape: (i: number) => Shape,
  fail: (s: string) => never,
): Map<string, Dim> {
  const result = new Map<string, Dim>()
  equation.inputs.forEach((letters, i) => {
    const dims = shape(i)
    if (dims.length !== letters.length) fail(`operand ${i} of rank ${dims.length} does not fit "${letters}"`)
    letters.split('').forEach((letter, axis) => {
      const known = result.get(letter)
      const dim = dims[axis] as Dim
      if (typeof known === 'number' && typeof dim === 'number' && known !== dim && known !== 1 && dim !== 1) {
        fail(`the index "${letter}" is ${known} in one operand and ${dim} in another of ${node.inputs.length}`)
      }
      if (known === undefined || known === 1 || typeof known === 'string') result.set(letter, dim)
    })
  })
  return result
}

registerOp({
  op: 'Einsum',
  mixes: ({ node, constant }) => !node.inputs.some((_, i) => constant(i)),
  since: 12,
  infer(context: InferContext): Inferred[] {
    const equation = parseEquation(
      context.node,
      ranksOf(context.node, (i) => context.shape(i)),
    )
    if (!equation) return context.fail('its equation repeats an index or does not fit its operands')
    const sizes = extents(
      context.node,
      equation,
      (i) => context.shape(i),
      (s) => context.fail(s),
    )
    return [{ dtype: context.input(0).dtype, shape: [...equation.output].map((letter) => sizes.get(letter) as Dim) }]
  },
  macs(context) {
    const equation = parseEquation(
      context.node,
      context.node.inputs.map((_, i) => context.inputShape(i).length),
    )
    if (!equation || equation.inputs.length < 2) return 0
    const sizes = extents(
      context.node,
      equation,
      (i) => context.inputShape(i),
      (s) => {
        throw new RangeError(s)
      },
    )
    return [...sizes.values()].reduce<number>((product, dim) => product * (dim as number), 1)
  },
  couple(context: CouplingContext) {
    const { node } = context
    const equation = parseEquation(
      node,
      ranksOf(node, (i) => context.shape(i)),
    )
    if (!equation) return
    const byLetter = new Map<string, Int32Array>()
    const settle = (letter: string, ids: Int32Array) => {
      const other = byLetter.get(letter)
      if (other && other.length === ids.length) context.union(other, ids)
      else byLetter.set(letter, ids)
    }
    equation.inputs.forEach((letters, i) => {
      if (context.constant(i)) return
      const labels = context.labels(i).map((entry) => {
        if (entry.axes.length === 1) return entry
        // Folded axes: whole slices of the one that stays in the result go, heads for example.
        const stays = entry.axes.filter((axis) => equation.output.includes(letters[axis] as string))
        const merged = context.merge(entry, [stays[0] ?? (entry.axes[0] as number)])
        if (merged.axes.length > 1) context.fix([merged], 'held.folded-axes')
        return merged
      })
      letters.split('').forEach((letter, axis) => {
        const ids = idsAlong(labels, axis)
        const extent = context.shape(i)[axis]
        if (ids) settle(letter, ids)
        else if (!coveringAxis(labels, axis) && typeof extent === 'number' && extent > 1) {
          settle(letter, new Int32Array(extent))
        }
      })
    })
    // Letters that only constants have are units of their own: the output features of a dense layer.
    equation.inputs.forEach((letters, i) => {
      if (!context.constant(i)) return
      letters.split('').forEach((letter, axis) => {
        const extent = context.shape(i)[axis] as number
        const produced = !byLetter.has(letter)
        const ids = byLetter.get(letter) ?? context.fresh(extent)
        byLetter.set(letter, ids)
        if (ids.length === extent)
          context.bind(
            i,
            axis,
            ids,
            produced ? 'producer' : equation.output.includes(letter) ? 'passthrough' : 'consumer',
          )
      })
    })
    context.set(
      0,
      [...equation.output].flatMap((letter, axis) => {
        const ids = byLetter.get(letter)
        return ids?.some((id) => id !== 0) ? [onAxis(axis, ids)] : []
      }),
    )
  },
})

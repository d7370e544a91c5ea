/** Einsum: a product written with an index a letter; letters that meet are removed together. */
import { type Dim, type GraphNode, type Shape, stringAttribute } from '../graph/graph'
import { type CouplingContext, type InferContext, type Inferred, registerOp } from './definition'
import { coveringAxis, idsAlong, onAxis } from './labels'

interface Equation {
  readonly inputs: readonly string[]
  readonly output: string
}

/** Letters of each operand and of the result; null where an ellipsis or a repeated letter makes axes implicit. */
function parse(node: GraphNode): Equation | null {
  const text = stringAttribute(node, 'equation', '').replaceAll(' ', '')
  if (text.includes('.')) return null
  const [left, right] = text.split('->') as [string, string | undefined]
  const inputs = left.split(',')
  if (inputs.some((letters) => new Set(letters).size !== letters.length)) return null
  const count = (letter: string) => inputs.filter((letters) => letters.includes(letter)).length
  const implicit = [...new Set(inputs.join(''))].filter((letter) => count(letter) === 1).sort()
  return { inputs, output: right ?? implicit.join('') }
}

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
    const equation = parse(context.node)
    if (!equation) return context.fail('its equation uses an ellipsis or repeats an index, which is not supported')
    const sizes = extents(
      context.node,
      equation,
      (i) => context.shape(i),
      (s) => context.fail(s),
    )
    return [{ dtype: context.input(0).dtype, shape: [...equation.output].map((letter) => sizes.get(letter) as Dim) }]
  },
  macs(context) {
    const equation = parse(context.node)
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
    const name = `"${node.name}" (Einsum)`
    const equation = parse(node)
    if (!equation) return
    const byLetter = new Map<string, Int32Array>()
    const settle = (letter: string, ids: Int32Array) => {
      const other = byLetter.get(letter)
      if (other && other.length === ids.length) context.union(other, ids)
      else byLetter.set(letter, ids)
    }
    equation.inputs.forEach((letters, i) => {
      if (context.constant(i)) return
      for (const entry of context.labels(i))
        if (entry.axes.length > 1) context.fix([entry], `${name} reads axes folded together`)
      letters.split('').forEach((letter, axis) => {
        const ids = idsAlong(context.labels(i), axis)
        const extent = context.shape(i)[axis]
        if (ids) settle(letter, ids)
        else if (!coveringAxis(context.labels(i), axis) && typeof extent === 'number' && extent > 1) {
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

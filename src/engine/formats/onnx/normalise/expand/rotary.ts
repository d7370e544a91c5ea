/** Rotary position embeddings: pairs of features turned by an angle of their position. */
import { int, numberAttribute } from '../../../../graph/graph'
import type { Expansion } from './expansion'
import { featuresOf, parts, type ShapedRule, shapeOf } from './parts'

export interface Rotation {
  /** Tables of the positions, broadcast against [.., .., .., pairs]. */
  readonly cos: string
  readonly sin: string
  /** Features of a head, and how many of them turn. */
  readonly features: number
  readonly turned: number
  /** Whether pairs lie side by side, or half the features apart. */
  readonly interleaved: boolean
}

/** @param x 4-D, its features last */
export function rotate(into: Expansion, x: string, { cos, sin, features, turned, interleaved }: Rotation): string {
  const [turning = '', rest] = turned === features ? [x] : parts(into, x, 3, [turned, features - turned])
  const half = turned / 2
  const [a, b] = (
    interleaved
      ? parts(into, into.reshape(turning, [0, 0, 0, half, 2]), 4, [1, 1]).map((part) =>
          into.one('Squeeze', [part, into.sizes([4])]),
        )
      : parts(into, turning, 3, [half, half])
  ) as [string, string]
  const real = into.one('Sub', [into.one('Mul', [a, cos]), into.one('Mul', [b, sin])])
  const imaginary = into.one('Add', [into.one('Mul', [b, cos]), into.one('Mul', [a, sin])])
  const joined = interleaved
    ? into.reshape(
        into.one(
          'Concat',
          [real, imaginary].map((part) => into.one('Unsqueeze', [part, into.sizes([4])])),
          { axis: int(4) },
        ),
        [0, 0, 0, turned],
      )
    : into.one('Concat', [real, imaginary], { axis: int(3) })
  return rest === undefined ? joined : into.one('Concat', [joined, rest], { axis: int(3) })
}

/** Rows of a table of positions at `positions` [length] or [batch, length], with an axis for the heads. */
export const rowsAt = (into: Expansion, table: string, positions: string, headAxis: number): string =>
  into.one('Unsqueeze', [positions === '' ? table : into.one('Gather', [table, positions]), into.sizes([headAxis])])

export const rotaryEmbedding: ShapedRule = (into, known) => {
  const { node } = into
  const shape = shapeOf(into, known, 0)
  const standard = node.domain === ''
  const [cosAt, sinAt, idsAt] = standard ? [1, 2, 3] : [2, 3, 1]
  if (numberAttribute(node, 'is_packed_batching', 0) === 1 || numberAttribute(node, 'scale', 1) !== 1) {
    into.rewriter.unsupported(node, 'scales or packs its sequences, which is not supported.')
  }
  const flat = shape.length === 3
  const pairs = featuresOf(into, shapeOf(into, known, cosAt as number), -1)
  const turned = numberAttribute(node, 'rotary_embedding_dim', 0) || 2 * pairs
  const width = featuresOf(into, shape, -1)
  const heads = flat ? numberAttribute(node, 'num_heads', 0) || width / turned : 1
  const features = flat ? width / heads : width
  const x = flat ? into.reshape(into.input(0), [0, 0, heads, features]) : into.input(0)
  let positions = into.input(idsAt as number)
  if (positions !== '' && known.shape(positions)?.length === 1) {
    // One number: where the first step stands.
    const length = into.one('Gather', [into.one('Shape', [into.input(0)]), into.integer(flat ? 1 : 2)])
    const steps = into.one('Range', [into.integer(0), length, into.integer(1)])
    positions = into.one('Unsqueeze', [into.one('Add', [steps, positions]), into.sizes([0])])
  }
  const [cos, sin] = [cosAt, sinAt].map((i) => rowsAt(into, into.input(i as number), positions, flat ? 2 : 1)) as [
    string,
    string,
  ]
  const interleaved = numberAttribute(node, 'interleaved', 0) === 1
  const y = rotate(into, x, { cos, sin, features, turned, interleaved })
  into.result(flat ? into.reshape(y, [0, 0, width]) : y)
}

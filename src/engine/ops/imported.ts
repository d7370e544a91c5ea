/** Fused operators that the ONNX importer takes apart; their shapes are all that it needs for that. */
import { type Dim, numberAttribute, numbersAttribute, type Shape } from '../graph/graph'
import { type InferContext, type Inferred, registerOp } from './definition'
import { divideDims, multiplyDims } from './shapes'

const withLast = (shape: Shape, extent: Dim): Dim[] => [...shape.slice(0, -1), extent]

/** A 4-D value as [batch, length, heads * features]. */
const flattened = (shape: Shape): Shape =>
  shape.length === 4 ? [shape[0] as Dim, shape[2] as Dim, multiplyDims([shape[1] as Dim, shape[3] as Dim])] : shape

function multiHeadAttention(context: InferContext): Inferred[] {
  const { dtype, shape } = context.input(0)
  if (shape.length !== 3 || !context.has(1) || !context.has(2)) return context.await('its operands are packed')
  const heads = numberAttribute(context.node, 'num_heads', 1)
  const split = (flat: Shape): Shape => [
    flat[0] as Dim,
    heads,
    flat[1] as Dim,
    divideDims(flat[2] as Dim, heads) ?? context.fail(`its ${flat[2]} features do not divide into ${heads} heads`),
  ]
  const [keys, values] = [flattened(context.shape(1)), flattened(context.shape(2))]
  const result = { dtype, shape: withLast(shape, values.at(-1) as Dim) }
  return [result, { dtype, shape: split(keys) }, { dtype, shape: split(values) }]
}

function attention(context: InferContext): Inferred[] {
  const { dtype, shape } = context.input(0)
  const total = context.shape(1).at(-1) as number
  const sizes = numbersAttribute(context.node, 'qkv_hidden_sizes', undefined)
  return [{ dtype, shape: withLast(shape, sizes?.[2] ?? total / 3) }]
}

/** 3-D in and out with head counts, or 4-D. */
function standardAttention(context: InferContext): Inferred[] {
  const { dtype, shape } = context.input(0)
  const values = context.shape(2)
  if (shape.length === 4) return [{ dtype, shape: withLast(shape, values.at(-1) as Dim) }]
  const heads = numberAttribute(context.node, 'q_num_heads', 1)
  const width = divideDims(values.at(-1) as Dim, numberAttribute(context.node, 'kv_num_heads', 1))
  return [
    {
      dtype,
      shape: withLast(shape, multiplyDims([heads, width ?? context.fail('its values do not divide into heads')])),
    },
  ]
}

const domain = 'com.microsoft'
registerOp({ op: 'MultiHeadAttention', domain, imported: true, infer: multiHeadAttention })
registerOp({ op: 'Attention', domain, imported: true, infer: attention })
registerOp({ op: 'Attention', imported: true, infer: standardAttention })
for (const of of [domain, '']) {
  registerOp({ op: 'RotaryEmbedding', domain: of, imported: true, infer: (context) => [context.input(0)] })
}

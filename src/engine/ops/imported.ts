/** Fused operators that the ONNX importer takes apart; their shapes are all that it needs for that. */
import { type Dim, numberAttribute, numbersAttribute, type Shape } from '../graph/graph'
import { type InferContext, type Inferred, registerOp } from './definition'
import { addDims, divideDims, multiplyDims } from './extents'
import { inferMatMul } from './matmul'

const withLast = (shape: Shape, extent: Dim): Dim[] => [...shape.slice(0, -1), extent]

/** [batch, heads, steps, features] of keys and values with those of earlier calls. */
function present(context: InferContext, past: number, own: Shape): Shape {
  if (!context.has(past)) return own
  return own.map((dim, axis) => (axis === 2 ? addDims(context.shape(past)[2] as Dim, dim) : dim))
}

/** Packed operands are [batch, steps, heads, count, features]. */
function multiHeadAttention(context: InferContext): Inferred[] {
  const { dtype, shape } = context.input(0)
  const heads = numberAttribute(context.node, 'num_heads', 1)
  const share = (extent: Dim): Dim =>
    divideDims(extent, heads) ?? context.fail(`its ${extent} features do not divide into ${heads} heads`)
  const split = (value: Shape): Shape => {
    if (value.length === 4) return value
    const features = value.length === 5 ? (value[4] as Dim) : share(value[2] as Dim)
    return [value[0] as Dim, heads, value[1] as Dim, features]
  }
  const keys = split(context.has(1) ? context.shape(1) : shape)
  const values = split(context.has(2) ? context.shape(2) : context.has(1) ? context.shape(1) : shape)
  const result = [shape[0] as Dim, shape[1] as Dim, multiplyDims([heads, values[3] as Dim])]
  return [
    { dtype, shape: result },
    { dtype, shape: present(context, 6, keys) },
    { dtype, shape: present(context, 7, values) },
  ]
}

function attention(context: InferContext): Inferred[] {
  const { dtype, shape } = context.input(0)
  const total = context.shape(1).at(-1) as number
  const sizes = numbersAttribute(context.node, 'qkv_hidden_sizes', undefined)
  const heads = numberAttribute(context.node, 'num_heads', 1)
  const width = sizes?.[2] ?? total / 3
  const length = context.has(4) ? addDims(context.shape(4)[3] as Dim, shape[1] as Dim) : (shape[1] as Dim)
  return [
    { dtype, shape: withLast(shape, width) },
    { dtype, shape: [2, shape[0] as Dim, heads, length, width / heads] },
  ]
}

function groupQueryAttention(context: InferContext): Inferred[] {
  const { dtype, shape } = context.input(0)
  const [heads, keyHeads] = ['num_heads', 'kv_num_heads'].map((name) => numberAttribute(context.node, name, 1)) as [
    number,
    number,
  ]
  const parts = context.has(1) ? heads : heads + 2 * keyHeads
  const features =
    divideDims(shape[2] as Dim, parts) ?? context.fail(`its ${shape[2]} features do not divide into ${parts} heads`)
  const kept: Shape = [shape[0] as Dim, keyHeads, shape[1] as Dim, features]
  return [
    { dtype, shape: withLast(shape, multiplyDims([heads, features])) },
    { dtype, shape: present(context, 3, kept) },
    { dtype, shape: present(context, 4, kept) },
  ]
}

/** 3-D in and out with head counts, or 4-D. */
function standardAttention(context: InferContext): Inferred[] {
  const { dtype, shape } = context.input(0)
  const [keys, values] = [context.shape(1), context.shape(2)]
  const keyHeads = numberAttribute(context.node, 'kv_num_heads', 1)
  const share = (extent: Dim): Dim =>
    divideDims(extent, keyHeads) ?? context.fail(`its ${extent} features do not divide into ${keyHeads} heads`)
  const split = (value: Shape): Shape =>
    value.length === 4 ? value : [value[0] as Dim, keyHeads, value[1] as Dim, share(value[2] as Dim)]
  const width = split(values)[3] as Dim
  const heads = numberAttribute(context.node, 'q_num_heads', 1)
  return [
    { dtype, shape: withLast(shape, shape.length === 4 ? width : multiplyDims([heads, width])) },
    { dtype, shape: present(context, 4, split(keys)) },
    { dtype, shape: present(context, 5, split(values)) },
  ]
}

function fusedMatMul(context: InferContext): Inferred[] {
  const turned = (i: number, name: string): Shape => {
    const shape = context.shape(i)
    const flips = numberAttribute(context.node, name, 0) === 1 && shape.length > 1
    return flips ? [...shape.slice(0, -2), shape.at(-1) as Dim, shape.at(-2) as Dim] : shape
  }
  return inferMatMul(context, context.input(0).dtype, turned(0, 'transA'), turned(1, 'transB'))
}

const domain = 'com.microsoft'
for (const op of ['FusedMatMul', 'TransposeMatMul']) registerOp({ op, domain, imported: true, infer: fusedMatMul })
registerOp({ op: 'MultiHeadAttention', domain, imported: true, infer: multiHeadAttention })
registerOp({ op: 'Attention', domain, imported: true, infer: attention })
registerOp({ op: 'GroupQueryAttention', domain, imported: true, infer: groupQueryAttention })
registerOp({ op: 'Attention', imported: true, infer: standardAttention })
registerOp({ op: 'RMSNormalization', imported: true, infer: (context) => [context.input(0)] })
for (const of of [domain, '']) {
  registerOp({ op: 'RotaryEmbedding', domain: of, imported: true, infer: (context) => [context.input(0)] })
}

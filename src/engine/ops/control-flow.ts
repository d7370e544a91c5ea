/**
 * If, Loop and Scan: kept whole, with the networks that they hold. Their shape rules go by what these say of their
 * answers; nothing goes of what they read, and nothing follows what they compute.
 */
import { type Dim, numberAttribute, numbersAttribute, type Shape, type ValueInfo } from '../graph/graph'
import { type InferContext, type Inferred, registerOp } from './definition'
import { fedExtent } from './extents'
import { holdWhole } from './labels'

/** @param own answers that the operator keeps to itself */
function answers(context: InferContext, attribute: string, own = 0): readonly (ValueInfo | null)[] {
  const body = context.node.attributes.get(attribute)
  if (body?.kind !== 'graph') return context.fail(`it lacks its network "${attribute}"`)
  if (body.outputs.length - own < context.node.outputs.length) {
    return context.fail(`its network "${attribute}" computes fewer values than are read`)
  }
  return body.outputs
}

/** Type and shape of an answer, which must be said completely. */
function known(context: InferContext, answer: ValueInfo | null | undefined): Inferred & { readonly shape: Shape } {
  if (!answer?.shape) return context.await('the network it holds does not say what it computes')
  return { dtype: answer.dtype, shape: answer.shape }
}

registerOp({
  op: 'If',
  since: 13,
  couple: holdWhole,
  infer(context) {
    const otherwise = answers(context, 'else_branch')
    return answers(context, 'then_branch').map((answer, i) => {
      const [a, b] = [known(context, answer), known(context, otherwise[i])]
      if (a.shape.length !== b.shape.length) return context.await('its branches compute different shapes')
      const [output = ''] = [context.node.outputs[i]]
      return { ...a, shape: a.shape.map((dim, axis) => (dim === b.shape[axis] ? dim : fedExtent(output, axis))) }
    })
  },
})

registerOp({
  op: 'Loop',
  since: 13,
  couple: holdWhole,
  infer(context) {
    // The first answer says whether to go on; carried values have an initial one among the inputs, behind count and condition.
    const [, ...rest] = answers(context, 'body', 1)
    const { outputs, inputs } = context.node
    const body = context.node.attributes.get('body')
    const reads = body?.kind === 'graph' ? body.reads.length : 0
    const carried = inputs.length - reads - 2
    return rest.map((answer, i) => {
      const { dtype, shape } = known(context, answer)
      return { dtype, shape: i < carried ? shape : [outputs[i] || `${context.node.name}_${i}`, ...shape] }
    })
  },
})

registerOp({
  op: 'Scan',
  since: 11,
  couple: holdWhole,
  infer(context) {
    const body = answers(context, 'body')
    const attribute = context.node.attributes.get('body')
    const reads = attribute?.kind === 'graph' ? attribute.reads.length : 0
    const scanned = numberAttribute(context.node, 'num_scan_inputs', 0)
    const states = context.node.inputs.length - reads - scanned
    const along = numbersAttribute(context.node, 'scan_input_axes', [])[0] ?? 0
    const steps = context.shape(states).at(along) as Dim
    const axes = numbersAttribute(context.node, 'scan_output_axes', [])
    return body.map((answer, i) => {
      const { dtype, shape } = known(context, answer)
      if (i < states) return { dtype, shape }
      const given = axes[i - states] ?? 0
      const at = given < 0 ? given + shape.length + 1 : given
      return { dtype, shape: [...shape.slice(0, at), steps, ...shape.slice(at)] }
    })
  },
})

/** DepthToSpace and SpaceToDepth: blocks of channels become blocks of pixels and back. */
import { type Dim, numberAttribute, stringAttribute } from '../graph/graph'
import { registerOp } from './definition'
import { claimAxis, onAxis } from './labels'
import { lowerDepthSpace } from './lower/indexing'
import { divideDims, multiplyDims } from './shapes'

registerOp({
  op: 'DepthToSpace',
  lower: lowerDepthSpace,
  since: 13,
  infer(context) {
    const { dtype, shape } = context.input(0)
    const block = numberAttribute(context.node, 'blocksize', 1)
    const channels = divideDims(shape[1] as Dim, block * block)
    if (channels === undefined) return context.fail(`its ${shape[1]} channels do not divide into blocks of ${block}`)
    return [{ dtype, shape: [shape[0] as Dim, channels, ...shape.slice(2).map((dim) => multiplyDims([dim, block]))] }]
  },
  couple(context) {
    const block = numberAttribute(context.node, 'blocksize', 1) ** 2
    const ids = claimAxis(context, context.labels(0), 1)
    if (!ids) return
    // The pixels of a block are one output channel: their channels go together.
    const channels = ids.length / block
    const columns = stringAttribute(context.node, 'mode', 'DCR') === 'CRD'
    const at = (channel: number, pixel: number) => (columns ? channel * block + pixel : pixel * channels + channel)
    const own = (pixel: number) => Int32Array.from({ length: channels }, (_, c) => ids[at(c, pixel)] as number)
    const first = own(0)
    for (let pixel = 1; pixel < block; pixel++) context.union(first, own(pixel))
    context.set(0, [onAxis(1, first)])
  },
})

registerOp({
  op: 'SpaceToDepth',
  lower: lowerDepthSpace,
  infer(context) {
    const { dtype, shape } = context.input(0)
    const block = numberAttribute(context.node, 'blocksize', 1)
    const spatial = shape
      .slice(2)
      .map((dim): Dim => divideDims(dim, block) ?? context.fail(`it cannot cut ${dim} into ${block}`))
    return [{ dtype, shape: [shape[0] as Dim, multiplyDims([shape[1] as Dim, block * block]), ...spatial] }]
  },
  couple(context) {
    const block = numberAttribute(context.node, 'blocksize', 1) ** 2
    const ids = claimAxis(context, context.labels(0), 1)
    if (!ids) return
    context.set(0, [
      onAxis(
        1,
        Int32Array.from({ length: ids.length * block }, (_, i) => ids[i % ids.length] as number),
      ),
    ])
  },
})

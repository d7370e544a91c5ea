/** BatchNormalization in inference form: y = scale * (x - mean) / sqrt(var + epsilon) + bias, a channel on axis 1. */
import { type OpDefinition, registerOp } from './definition'
import { claimAxis, onAxis } from './labels'
import { lowerBatchNorm } from './lower/normalisation'

const batchNormalization: OpDefinition = {
  op: 'BatchNormalization',
  since: 15,
  infer(context) {
    const x = context.input(0)
    const channels = x.shape[1]
    for (let i = 1; i < 5; i++) {
      const extent = context.shape(i)[0]
      if (typeof channels === 'number' && extent !== channels) {
        context.fail(`it has ${extent} parameters a kind and its input has ${channels} channels`)
      }
    }
    return [{ dtype: x.dtype, shape: x.shape }]
  },
  couple(context) {
    const labels = context.labels(0)
    const ids = claimAxis(context, labels, 1)
    if (!ids) {
      context.set(0, labels)
      return
    }
    for (let i = 1; i < 5; i++) context.bind(i, 0, ids, 'passthrough')
    context.set(0, [...labels.filter((entry) => !entry.axes.includes(1)), onAxis(1, ids)])
  },
  lower: lowerBatchNorm,
}

registerOp(batchNormalization)

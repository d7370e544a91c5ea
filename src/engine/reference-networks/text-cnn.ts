/** TextCNN (Kim 2014): convolutions of three widths over word vectors, the largest answer over time of each filter. */
import { int, ints } from '../graph/graph'
import type { Architecture } from './architecture'
import { TextBuilder } from './text-builder'

const width = 64
const filters = 64

export const textCnn: Architecture = {
  name: 'text-cnn',
  summary: 'Word vectors, convolutions over 3, 4 and 5 words, the maximum over time of each filter.',
  text: true,
  build(options) {
    const net = new TextBuilder('text-cnn', options)
    const x = net.transpose('channels-first', net.embedding(width), [0, 2, 1])
    const pooled = [3, 4, 5].map((size) => {
      const weight = net.weight(`conv${size}.weight`, [filters, width, size], Math.sqrt(2 / (width * size)))
      const y = net.node('Conv', `conv${size}`, [x, weight, net.filled(`conv${size}.bias`, [filters], 0)], {
        kernel_shape: ints([size]),
      })
      return net.node('ReduceMax', `max${size}`, [net.node('Relu', `relu${size}`, [y])], {
        axes: ints([2]),
        keepdims: int(0),
      })
    })
    return net.classifier(net.node('Concat', 'features', pooled, { axis: int(1) }), 3 * filters)
  },
}

/** A bidirectional LSTM over word vectors (Graves and Schmidhuber 2005), pooled by the maximum over time. */
import { int, ints, text } from '../graph/graph'
import type { Architecture } from './architecture'
import { TextBuilder } from './text-builder'

const width = 64
const hidden = 64

export const bilstm: Architecture = {
  name: 'bilstm',
  summary: 'Word vectors, an LSTM in both directions, the maximum over time of each unit.',
  text: true,
  build(options) {
    const net = new TextBuilder('bilstm', options)
    const deviation = Math.sqrt(1 / hidden)
    const x = net.transpose('time-first', net.embedding(width), [1, 0, 2])
    const y = net.node(
      'LSTM',
      'lstm',
      [
        x,
        net.weight('lstm.input', [2, 4 * hidden, width], deviation),
        net.weight('lstm.state', [2, 4 * hidden, hidden], deviation),
        net.filled('lstm.bias', [2, 8 * hidden], 0),
      ],
      { direction: text('bidirectional'), hidden_size: int(hidden) },
    )
    // [length, 2, batch, hidden] -> [batch, length, 2 x hidden]
    const turned = net.transpose('batch-first', y, [2, 0, 1, 3])
    const states = net.reshape('states', turned, [0, net.length, 2 * hidden])
    const pooled = net.node('ReduceMax', 'features', [states], { axes: ints([1]), keepdims: int(0) })
    return net.classifier(pooled, 2 * hidden)
  },
}

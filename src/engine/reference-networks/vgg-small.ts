/** A plain chain of 3x3 convolutions with BatchNorm (after Simonyan and Zisserman 2015), small enough for a CPU. */
import type { Architecture } from './architecture'
import { NetworkBuilder } from './builder'

/** Widths of the convolutions; 'pool' halves the image. */
const plan = [32, 'pool', 32, 64, 'pool', 64, 128, 'pool', 128] as const

export const vggSmall: Architecture = {
  name: 'vgg-small',
  summary: 'A chain of six 3x3 convolutions with BatchNorm and a global average pool.',
  build({ sampleShape, classes, seed }) {
    const net = new NetworkBuilder('vgg-small', sampleShape, seed)
    let x = net.input
    let index = 0
    for (const step of plan) {
      if (step === 'pool') {
        x = net.maxPool(`pool${index}`, x, 2)
        continue
      }
      index++
      x = net.convolution(`conv${index}`, x, step, 3, { padding: 1, bias: false })
      x = net.relu(`relu${index}`, net.batchNorm(`bn${index}`, x))
    }
    x = net.flatten('flatten', net.globalAveragePool('average', x))
    return net.build(net.dense('classifier', x, classes))
  },
}

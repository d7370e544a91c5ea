/** A residual network of basic blocks (He et al. 2016): channels are coupled across the additions. */
import type { Architecture } from './architecture'
import { type Layer, NetworkBuilder } from './builder'

/** Two 3x3 convolutions beside a shortcut, which is a strided 1x1 convolution where width or extent change. */
function basicBlock(net: NetworkBuilder, name: string, from: Layer, channels: number, stride: number): Layer {
  let x = net.convolution(`${name}.conv1`, from, channels, 3, { stride, padding: 1, bias: false })
  x = net.relu(`${name}.relu1`, net.batchNorm(`${name}.bn1`, x))
  x = net.convolution(`${name}.conv2`, x, channels, 3, { padding: 1, bias: false })
  x = net.batchNorm(`${name}.bn2`, x)
  let shortcut = from
  if (stride !== 1 || from.shape[0] !== channels) {
    shortcut = net.convolution(`${name}.shortcut`, from, channels, 1, { stride, bias: false })
    shortcut = net.batchNorm(`${name}.shortcut.bn`, shortcut)
  }
  return net.relu(`${name}.relu2`, net.add(`${name}.add`, x, shortcut))
}

export const resnetSmall: Architecture = {
  name: 'resnet-small',
  summary: 'Three residual blocks, one of them strided with a projected shortcut; channels are coupled by additions.',
  build({ sampleShape, classes, seed }) {
    const net = new NetworkBuilder('resnet-small', sampleShape, seed)
    let x = net.convolution('stem', net.input, 24, 3, { padding: 1, bias: false })
    x = net.relu('stem.relu', net.batchNorm('stem.bn', x))
    x = net.maxPool('stem.pool', x, 2)
    x = basicBlock(net, 'block1', x, 24, 1)
    x = basicBlock(net, 'block2', x, 48, 2)
    x = basicBlock(net, 'block3', x, 48, 1)
    x = net.flatten('flatten', net.globalAveragePool('average', x))
    return net.build(net.dense('classifier', x, classes))
  },
}

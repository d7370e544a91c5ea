/** Inverted residuals with depthwise convolutions and ReLU6 (after Sandler et al. 2018). */
import type { Architecture } from './architecture'
import { type Layer, NetworkBuilder } from './builder'

/** Output channels, stride and expansion of each block. */
const blocks = [
  { channels: 16, stride: 1, expansion: 1 },
  { channels: 24, stride: 1, expansion: 4 },
  { channels: 24, stride: 1, expansion: 4 },
  { channels: 40, stride: 2, expansion: 4 },
  { channels: 40, stride: 1, expansion: 4 },
] as const

/** Widen by 1x1, filter each channel by 3x3, narrow by 1x1 without activation; a shortcut where shapes agree. */
function invertedResidual(
  net: NetworkBuilder,
  name: string,
  from: Layer,
  { channels, stride, expansion }: (typeof blocks)[number],
): Layer {
  const wide = (from.shape[0] as number) * expansion
  let x = from
  if (expansion !== 1) {
    x = net.convolution(`${name}.expand`, x, wide, 1, { bias: false })
    x = net.relu6(`${name}.expand.relu`, net.batchNorm(`${name}.expand.bn`, x))
  }
  x = net.convolution(`${name}.depthwise`, x, wide, 3, { stride, padding: 1, groups: wide, bias: false })
  x = net.relu6(`${name}.depthwise.relu`, net.batchNorm(`${name}.depthwise.bn`, x))
  x = net.convolution(`${name}.project`, x, channels, 1, { bias: false })
  x = net.batchNorm(`${name}.project.bn`, x)
  return x.shape.join() === from.shape.join() ? net.add(`${name}.add`, x, from) : x
}

export const mobilenetSmall: Architecture = {
  name: 'mobilenet-small',
  summary: 'Five inverted residual blocks: depthwise convolutions carry the units of the 1x1 convolutions around them.',
  build({ sampleShape, classes, seed }) {
    const net = new NetworkBuilder('mobilenet-small', sampleShape, seed)
    let x = net.convolution('stem', net.input, 16, 3, { stride: 2, padding: 1, bias: false })
    x = net.relu6('stem.relu', net.batchNorm('stem.bn', x))
    blocks.forEach((block, i) => {
      x = invertedResidual(net, `block${i + 1}`, x, block)
    })
    x = net.convolution('head', x, 96, 1, { bias: false })
    x = net.relu6('head.relu', net.batchNorm('head.bn', x))
    x = net.flatten('flatten', net.globalAveragePool('average', x))
    return net.build(net.dense('classifier', x, classes))
  },
}

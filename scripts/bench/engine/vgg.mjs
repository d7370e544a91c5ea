/** VGG networks with BatchNorm for 32x32 images (Simonyan and Zisserman, 2015), random weights, and noise to feed them. */
import { noiseTable } from '../lib/noise.mjs'

export const side = 32
export const classes = 10

export const plans = {
  tiny: [8, 'M', 16, 'M'],
  small: [32, 32, 'M', 64, 64, 'M', 128, 128, 'M'],
  vgg11: [64, 'M', 128, 'M', 256, 256, 'M', 512, 512, 'M', 512, 512, 'M'],
  vgg16: [64, 64, 'M', 128, 128, 'M', 256, 256, 256, 'M', 512, 512, 512, 'M', 512, 512, 512, 'M'],
}

export function vgg(NetworkBuilder, plan) {
  const net = new NetworkBuilder('vgg', [3, side, side], 0)
  let x = net.input
  plan.forEach((width, i) => {
    if (width === 'M') {
      x = net.maxPool(`pool${i}`, x, 2)
      return
    }
    x = net.convolution(`conv${i}`, x, width, 3, { padding: 1, bias: false })
    x = net.relu(`relu${i}`, net.batchNorm(`bn${i}`, x))
  })
  return net.build(net.dense('classifier', net.flatten('flatten', x), classes))
}

/** Noise with a pattern of its class. */
export const images = { side, classes, pattern: (label, column) => Math.sin((label + 1) * column * 0.2) }

export const table = (count, seed) => noiseTable(images, count, seed)

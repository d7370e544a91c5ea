/** LeNet-5 with ReLU and max pooling (after LeCun et al. 1998): two convolutions and three dense layers. */
import type { Architecture } from './architecture'
import { NetworkBuilder } from './builder'

export const lenet: Architecture = {
  name: 'lenet',
  summary: 'LeNet-5: two 5x5 convolutions and three dense layers; units cross a flatten.',
  build({ sampleShape, classes, seed }) {
    const net = new NetworkBuilder('lenet', sampleShape, seed)
    let x = net.relu('relu1', net.convolution('conv1', net.input, 6, 5, { padding: 2 }))
    x = net.maxPool('pool1', x, 2)
    x = net.relu('relu2', net.convolution('conv2', x, 16, 5))
    x = net.flatten('flatten', net.maxPool('pool2', x, 2))
    x = net.relu('relu3', net.dense('fc1', x, 120))
    x = net.relu('relu4', net.dense('fc2', x, 84))
    return net.build(net.dense('fc3', x, classes))
  },
}

/** VGG networks with BatchNorm for 32x32 images (Simonyan and Zisserman, 2015), random weights, and noise to feed them. */
export const side = 32
export const classes = 10

export const plans = {
  tiny: [8, 'M', 16, 'M'],
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

/** Images of `count` rows: a pattern of their class and noise, the same whenever they are read. */
export function table(count, seed) {
  const size = 3 * side * side
  const labels = Int32Array.from({ length: count }, (_, i) => (i * 7 + seed) % classes)
  return {
    count,
    labels,
    read(indices) {
      const data = new Float32Array(indices.length * size)
      indices.forEach((row, at) => {
        let state = (row + 1) * 2654435761 + seed
        for (let i = 0; i < size; i++) {
          state = (Math.imul(state, 1664525) + 1013904223) >>> 0
          const pattern = Math.sin((labels[row] + 1) * (i % side) * 0.2)
          data[at * size + i] = state / 2 ** 31 - 1 + pattern
        }
      })
      return {
        count: indices.length,
        inputs: new Map([['', { dims: [indices.length, 3, side, side], data }]]),
        labels: Int32Array.from(indices, (row) => labels[row]),
      }
    },
  }
}

/** Residual networks of any depth, for measurements. */

/**
 * Blocks of two convolutions with BatchNorm and a shortcut; every fourth one changes the width of the stream. */
export function residual(api, blocks) {
  const { attributes, float32, Graph, inferShapes, int, ints, verify } = api
  const nodes = []
  const constants = new Map()
  const weight = (dims) => {
    const name = `w${constants.size}`
    constants.set(name, float32(dims, new Float32Array(dims.reduce((a, b) => a * b, 1))))
    return name
  }
  const one = (op, inputs, at = {}) => {
    const name = `${op}${nodes.length}`
    nodes.push({ name, op, domain: '', inputs, outputs: [name], attributes: attributes(at) })
    return name
  }
  const conv = (x, from, to) =>
    one('Conv', [x, weight([to, from, 1, 1]), weight([to])], { kernel_shape: ints([1, 1]), group: int(1) })
  const norm = (x, c) => one('BatchNormalization', [x, weight([c]), weight([c]), weight([c]), weight([c])])
  let width = 16
  let x = conv('x', 3, width)
  for (let block = 0; block < blocks; block++) {
    const next = block % 4 === 3 ? (width === 16 ? 24 : 16) : width
    const a = one('Relu', [norm(conv(x, width, 16), 16)])
    const b = norm(conv(a, 16, next), next)
    const shortcut = next === width ? x : conv(x, width, next)
    x = one('Relu', [one('Add', [b, shortcut])])
    width = next
  }
  const pooled = one('Flatten', [one('GlobalAveragePool', [x])])
  const y = one('Gemm', [pooled, weight([10, width]), weight([10])], { transB: int(1) })
  const inputs = [{ name: 'x', dtype: 'float32', shape: ['batch', 3, 8, 8] }]
  return inferShapes(
    verify(
      new Graph({ name: 'growth', inputs, outputs: [{ name: y, dtype: 'float32', shape: null }], nodes, constants }),
    ),
  )
}

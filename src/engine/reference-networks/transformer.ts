/** A small Transformer encoder (Vaswani et al. 2017), normalised before each branch, pooled by the mean over tokens. */
import { int } from '../graph/graph'
import type { Architecture } from './architecture'
import { TextBuilder } from './text-builder'

const width = 64
const heads = 4
const inner = 128
const layers = 2

/** softmax(Q K^T / sqrt(d) + padding) V, its heads joined by a dense layer. */
function attention(net: TextBuilder, name: string, x: string, padding: string): string {
  const { length } = net
  const size = width / heads
  const split = (part: string, order: readonly number[]) => {
    const all = net.dense(`${name}.${part}`, x, width, width)
    return net.transpose(
      `${name}.${part}.heads`,
      net.reshape(`${name}.${part}.split`, all, [0, length, heads, size]),
      order,
    )
  }
  const [q, k, v] = [split('query', [0, 2, 1, 3]), split('key', [0, 2, 3, 1]), split('value', [0, 2, 1, 3])]
  const scores = net.node('Mul', `${name}.scaled`, [
    net.node('MatMul', `${name}.scores`, [q, k]),
    net.filled(`${name}.scale`, [], 1 / Math.sqrt(size)),
  ])
  const weights = net.node('Softmax', `${name}.weights`, [net.node('Add', `${name}.masked`, [scores, padding])], {
    axis: int(-1),
  })
  const mixed = net.transpose(`${name}.mixed.last`, net.node('MatMul', `${name}.mixed`, [weights, v]), [0, 2, 1, 3])
  return net.dense(`${name}.output`, net.reshape(`${name}.joined`, mixed, [0, length, width]), width, width)
}

export const transformer: Architecture = {
  name: 'transformer',
  summary: 'Word and position vectors, two encoder layers of four heads, the mean over tokens.',
  text: true,
  build(options) {
    const net = new TextBuilder('transformer', options)
    const { length } = net
    const presence = net.presence()
    const absence = net.node('Sub', 'absence', [presence, net.filled('one', [], 1)])
    const far = net.node('Mul', 'far', [absence, net.filled('distance', [], 1e4)])
    const padding = net.reshape('padding-bias', far, [0, 1, 1, length])
    const positions = net.weight('positions', [1, length, width], 0.1)
    let x = net.node('Add', 'tokens', [net.embedding(width), positions])
    for (let i = 1; i <= layers; i++) {
      const attended = attention(net, `attention${i}`, net.normalised(`norm${i}a`, x, width), padding)
      x = net.node('Add', `sum${i}a`, [x, attended])
      const wide = net.dense(`inner${i}`, net.normalised(`norm${i}b`, x, width), width, inner)
      const narrow = net.dense(`outer${i}`, net.node('Relu', `relu${i}`, [wide]), inner, width)
      x = net.node('Add', `sum${i}b`, [x, narrow])
    }
    const seen = net.reshape('seen', presence, [0, length, 1])
    const kept = net.node('Mul', 'kept', [net.normalised('norm', x, width), seen])
    const axes = net.whole('steps', [1])
    const sum = net.node('ReduceSum', 'sum', [kept, axes], { keepdims: int(0) })
    const count = net.node('ReduceSum', 'count', [seen, axes], { keepdims: int(0) })
    const mean = net.node('Div', 'features', [sum, net.node('Max', 'counted', [count, 'one'])])
    return net.classifier(mean, width)
  },
}

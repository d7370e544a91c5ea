import { describe, expect, it } from 'vitest'
import { analyseCoupling } from '../../../src/engine/coupling'
import { costOf } from '../../../src/engine/evaluation/cost'
import type { Graph } from '../../../src/engine/graph/graph'
import { toFloat32 } from '../../../src/engine/graph/tensor'
import { architectures, findArchitecture } from '../../../src/engine/reference-networks'

const build = (name: string, sampleShape = [1, 28, 28], seed = 0): Graph => {
  const architecture = findArchitecture(name)
  const texts = architecture.text ? { sampleShape: [12], vocabulary: 30 } : {}
  return architecture.build({ sampleShape, classes: 10, seed, ...texts })
}

/** The group whose units a BatchNorm carries: it is in exactly one, while a convolution is in two. */
const groupOf = (graph: Graph, batchNorm: string): string | undefined =>
  analyseCoupling(graph).groups.find((group) => group.members.includes(batchNorm))?.name

describe('reference networks', () => {
  // The peer's networks of the same plan, counted by Torch-Pruning: see its table in the comparison's data.
  it('lenet is the peer network, to the multiply-accumulate and the parameter', () => {
    const { macs, params } = costOf(build('lenet'))
    expect(macs).toBe(5 * 5 * 6 * 28 * 28 + 5 * 5 * 6 * 16 * 10 * 10 + 400 * 120 + 120 * 84 + 84 * 10)
    expect(params).toBe(61_706)
  })

  it('vgg-small has the size of the peer network', () => {
    const { macs, params } = costOf(build('vgg-small'))
    expect(macs / 1e6).toBeCloseTo(12.5, 0)
    expect(params / 1e3).toBeCloseTo(288.2, 0)
  })

  it('resnet-small couples the channels that its additions join', () => {
    const graph = build('resnet-small')
    expect(costOf(graph).macs).toBeLessThan(6e6)
    expect(groupOf(graph, 'block1.bn2')).toBe(groupOf(graph, 'stem.bn'))
    expect(groupOf(graph, 'block2.bn2')).toBe(groupOf(graph, 'block2.shortcut.bn'))
    expect(groupOf(graph, 'block3.bn2')).toBe(groupOf(graph, 'block2.bn2'))
    expect(groupOf(graph, 'block1.bn1')).not.toBe(groupOf(graph, 'block1.bn2'))
  })

  it('mobilenet-small carries the units of a 1x1 convolution through the depthwise one behind it', () => {
    const graph = build('mobilenet-small')
    expect(groupOf(graph, 'block2.depthwise.bn')).toBe(groupOf(graph, 'block2.expand.bn'))
    expect(groupOf(graph, 'block3.project.bn')).toBe(groupOf(graph, 'block2.project.bn'))
  })

  it.each(architectures.map(({ name }) => name))('%s can be pruned everywhere but at the classes', (name) => {
    const fixed = analyseCoupling(build(name)).groups.filter((group) => !group.prunable)
    expect(fixed.length).toBeLessThanOrEqual(1)
  })

  it.each(architectures.map(({ name }) => name))(
    '%s draws the same weights for a seed and others for another',
    (name) => {
      const weights = (seed: number) => [...build(name, [1, 28, 28], seed).constants.values()].map(toFloat32)
      expect(weights(3)).toEqual(weights(3))
      expect(weights(3)).not.toEqual(weights(4))
    },
  )

  it('draws weights whose variance is 2 / fan-in', () => {
    const weight = toFloat32(build('vgg-small').constants.get('conv6.weight') as never)
    const variance = weight.reduce((sum, value) => sum + value * value, 0) / weight.length
    expect(variance * 128 * 9).toBeCloseTo(2, 1)
  })

  it('refuses samples that are too small, naming the layer where nothing is left', () => {
    expect(() => build('lenet', [1, 6, 6])).toThrow(/too small for lenet.*"conv2"/)
  })

  it('refuses samples that are no images', () => {
    expect(() => build('resnet-small', [784])).toThrow(/reads images/)
  })

  it('refuses images where it reads texts', () => {
    expect(() => findArchitecture('bilstm').build({ sampleShape: [1, 28, 28], classes: 2, seed: 0 })).toThrow(
      /reads texts/,
    )
  })

  it('names the architectures there are when asked for another', () => {
    expect(() => findArchitecture('alexnet')).toThrow(/lenet, vgg-small, resnet-small, mobilenet-small/)
  })
})

import { describe, expect, it } from 'vitest'
import { computationVersion, stepFingerprints } from '../../../src/engine/pipeline/fingerprint'
import { TestNetwork } from '../support/network'
import { toyConfig, toyData } from '../support/toy'

const net = new TestNetwork('two', ['batch', 3])
const graph = net.graph([net.dense('x', 3, 2)])
const config = toyConfig({ goal: { kind: 'keep-macs', value: 0.5 } })
const keys = [
  'decision',
  'latency',
  'refit-0',
  'refit-result',
  'pruned',
  'verified',
  'trial-1',
  'finetune',
  'recovered',
]

describe('stepFingerprints', () => {
  it('tells the steps of another version of the computation, and of another backend, from its own', () => {
    const of = (backend: string, computation?: number) =>
      stepFingerprints(graph, toyData({ train: 8, test: 8 }), config, backend, computation)
    for (const key of keys) {
      expect(of('wasm')(key)).toBe(of('wasm', computationVersion)(key))
      expect(of('wasm')(key)).not.toBe(of('wasm', computationVersion - 1)(key))
      expect(of('wasm')(key)).not.toBe(of('cpu')(key))
    }
  })
})

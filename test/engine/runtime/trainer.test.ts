/** Training against PyTorch 2.13 (fixtures/training.py), and what a checkpoint and memory must do. */
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { toFloat32 } from '../../../src/engine/graph/tensor'
import {
  createTrainer,
  initBackend,
  type Loss,
  memoryUse,
  reestimateBatchNorm,
  type Target,
} from '../../../src/engine/runtime'
import { backendTargets } from '../../support/native'
import { numbers } from './support/op-cases'
import { batchOf, smallNetwork } from './support/small-network'

interface Reference {
  losses: number[]
  state: Record<string, number[]>
}
const reference = JSON.parse(readFileSync(new URL('fixtures/training.json', import.meta.url), 'utf8')) as Record<
  string,
  Reference
>

const losses: Record<string, Loss> = {
  'cross-entropy': { kind: 'cross-entropy' },
  distillation: { kind: 'distillation', temperature: 2 },
  mse: { kind: 'mse' },
}

const targetOf = (kind: string, step: number): Target =>
  kind === 'cross-entropy'
    ? Int32Array.from({ length: 6 }, (_, i) => (3 * i + step) % 5)
    : { dims: [6, 5], data: numbers(40 + step, 30, [-2, 2]) }

const options = { learningRate: 0.05, momentum: 0.9, weightDecay: 5e-3 } as const

describe.each(backendTargets.filter(({ there }) => there))('training on $backend', ({ backend, offers }) => {
  beforeAll(async () => {
    await initBackend({ backend, ...offers })
  })

  it.each(Object.keys(losses).flatMap((kind) => [[kind, 'train'] as const, [kind, 'frozen'] as const]))(
    'takes the steps PyTorch takes: %s, BatchNorm %s',
    (kind, batchNorm) => {
      const before = memoryUse()
      const expected = reference[`${kind} ${batchNorm}`] as Reference
      const trainer = createTrainer(smallNetwork(), { ...options, batchNorm, loss: losses[kind] as Loss })
      for (let step = 0; step < 3; step++) {
        const loss = trainer.step(batchOf(20 + step), targetOf(kind, step), { readLoss: true })
        expect(loss).toBeCloseTo(expected.losses[step] as number, 4)
      }
      const trained = trainer.toGraph()
      for (const [name, values] of Object.entries(expected.state)) {
        const got = toFloat32(trained.constants.get(name) as never)
        values.forEach((value, i) => {
          expect(Math.abs((got[i] as number) - value)).toBeLessThan(2e-5 * Math.max(1, Math.abs(value)))
        })
      }
      trainer.dispose()
      expect(memoryUse()).toEqual(before)
    },
  )

  it('trains on the logits of a network that ends in Softmax', () => {
    const plain = createTrainer(smallNetwork(), { ...options, batchNorm: 'train', loss: { kind: 'cross-entropy' } })
    const ending = createTrainer(smallNetwork('Softmax'), {
      ...options,
      batchNorm: 'train',
      loss: { kind: 'cross-entropy' },
    })
    const [a, b] = [plain, ending].map((trainer) =>
      trainer.step(batchOf(20), targetOf('cross-entropy', 0), { readLoss: true }),
    )
    expect(a).toBe(b)
    plain.dispose()
    ending.dispose()
  })

  it('goes on from a checkpoint exactly as if it had not stopped', () => {
    const make = () =>
      createTrainer(smallNetwork(), { ...options, batchNorm: 'train', loss: { kind: 'cross-entropy' } })
    const steps = (trainer: ReturnType<typeof make>, from: number, to: number) => {
      for (let step = from; step < to; step++) trainer.step(batchOf(20 + step), targetOf('cross-entropy', step))
    }
    const whole = make()
    steps(whole, 0, 4)
    const first = make()
    steps(first, 0, 2)
    const state = first.exportState()
    const second = make()
    second.importState(state)
    steps(second, 2, 4)
    expect(second.exportState()).toEqual(whole.exportState())
    for (const trainer of [whole, first, second]) trainer.dispose()
  })

  it('refuses a checkpoint that is cut short or of another network', () => {
    const trainer = createTrainer(smallNetwork(), { ...options, batchNorm: 'train', loss: { kind: 'mse' } })
    const state = trainer.exportState()
    expect(() => trainer.importState(state.subarray(0, state.length - 4))).toThrow('damaged')
    const frozen = createTrainer(smallNetwork(), {
      ...options,
      batchNorm: 'train',
      loss: { kind: 'mse' },
      frozen: new Set(['0.weight']),
    })
    expect(() => frozen.importState(state)).toThrow('another network')
    trainer.dispose()
    frozen.dispose()
  })

  it('holds no more memory after many steps than after one', () => {
    const trainer = createTrainer(smallNetwork(), { ...options, batchNorm: 'train', loss: { kind: 'cross-entropy' } })
    trainer.step(batchOf(20), targetOf('cross-entropy', 0))
    const after = memoryUse()
    for (let step = 0; step < 50; step++) trainer.step(batchOf(20), targetOf('cross-entropy', 0))
    expect(memoryUse()).toEqual(after)
    trainer.dispose()
  })

  it('names a label that is out of range and leaves nothing behind', () => {
    const trainer = createTrainer(smallNetwork(), { ...options, batchNorm: 'train', loss: { kind: 'cross-entropy' } })
    const before = memoryUse()
    expect(() => trainer.step(batchOf(20), Int32Array.of(0, 1, 2, 3, 4, 5))).toThrow('Label 5 is outside 0 to 4')
    expect(memoryUse()).toEqual(before)
    trainer.dispose()
  })

  it('re-estimates BatchNorm as PyTorch does without momentum', async () => {
    const before = memoryUse()
    const graph = await reestimateBatchNorm(
      smallNetwork(),
      [20, 21, 22].map((seed) => batchOf(seed)),
    )
    const expected = reference['re-estimated'] as unknown as Record<string, number[]>
    for (const [name, values] of Object.entries(expected)) {
      const got = toFloat32(graph.constants.get(name) as never)
      values.forEach((value, i) => {
        expect(got[i]).toBeCloseTo(value, 4)
      })
    }
    expect(memoryUse()).toEqual(before)
  })
})

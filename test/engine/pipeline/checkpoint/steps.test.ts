import { expect, it } from 'vitest'
import { Steps } from '../../../../src/engine/pipeline/checkpoint/steps'

const memory = () => {
  const kept = new Map<string, Uint8Array>()
  return {
    load: async (key: string) => kept.get(key) ?? null,
    save: async (key: string, bytes: Uint8Array) => void kept.set(key, bytes),
  }
}

it('computes a step once and reads it back afterwards', async () => {
  const store = memory()
  let computed = 0
  const compute = () => {
    computed++
    return { scores: Float64Array.of(1, 2) }
  }
  await new Steps(store, () => 'run').once('scores', compute)
  expect(await new Steps(store, () => 'run').once('scores', compute)).toEqual({ scores: Float64Array.of(1, 2) })
  expect(computed).toBe(1)
})

it('passes over what another run has kept', async () => {
  const store = memory()
  await new Steps(store, () => 'seed 0').save('scores', 1)
  expect(await new Steps(store, () => 'seed 1').load('scores')).toBeNull()
})

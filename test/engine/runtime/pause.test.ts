/** Long computations let timers through, but not at every batch. */
import { expect, it } from 'vitest'
import { pause } from '../../../src/engine/runtime/pause'

it('lets timers through where none were for a while, and else returns at once', async () => {
  let fired = false
  setTimeout(() => {
    fired = true
  }, 0)
  const deadline = performance.now() + 5000
  while (!fired && performance.now() < deadline) await pause()
  expect(fired).toBe(true)
  await pause()
  let early = false
  setTimeout(() => {
    early = true
  }, 0)
  await pause()
  expect(early).toBe(false)
})

/** What follows a change does so after the change itself could be seen, and not at all once nobody is there. */
import { expect, it, vi } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'
import { useLater } from '../../../src/renderer/ui/use-later'

it('follows after a frame, with the newest value only', async () => {
  const scope = effectScope()
  const source = ref(1)
  const later = scope.run(() => useLater(source))
  source.value = 2
  await nextTick()
  expect(later?.value).toBe(1)
  source.value = 3
  await vi.waitFor(() => expect(later?.value).toBe(3), 30_000)
  source.value = 4
  await nextTick()
  scope.stop()
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
  expect(later?.value).toBe(3)
})

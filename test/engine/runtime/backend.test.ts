/** Choice of the backend. */
import { describe, expect, it } from 'vitest'
import { initBackend } from '../../../src/engine/runtime'

describe('backends', () => {
  it('takes WASM, verified, and says why the others are not taken', async () => {
    const result = await initBackend({ backend: 'auto' })
    expect(result).toMatchObject({ name: 'wasm', verified: true })
    expect(result.gflops).toBeGreaterThan(0)
    expect(result.candidates.map((c) => [c.name, c.available, c.chosen])).toEqual([
      ['cuda', false, false],
      ['webgpu', false, false],
      ['native', false, false],
      ['wasm', true, true],
    ])
    for (const candidate of result.candidates) expect(candidate.reason).toMatch(/\.$/)
  })

  it.each(['cuda', 'webgpu', 'native'] as const)('refuses %s by code, and falls back to nothing', async (backend) => {
    await expect(initBackend({ backend })).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' })
  })
})

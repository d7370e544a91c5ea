/** Choice of the backend. */
import { describe, expect, it } from 'vitest'
import { inEnglish } from '../../../src/contract/sentences'
import { initBackend, type OnnxRuntimeOffer, tensors } from '../../../src/engine/runtime'
import { loadOnnxRuntime } from '../../../src/main/engine/onnxruntime/load'

/** Multiplies as ONNX Runtime does, and then changes one number. */
const liar: OnnxRuntimeOffer = {
  available: true,
  load: () => {
    const honest = loadOnnxRuntime({ threads: 1 })
    return {
      ...honest,
      compile: (model, threads) => {
        const program = honest.compile(model, threads)
        return {
          ...program,
          run: (inputs, outputs) => {
            program.run(inputs, outputs)
            const data = outputs.y?.data as Float32Array | undefined
            if (data) data[7] = (data[7] as number) + 1
          },
        }
      },
    }
  },
}

describe('backends', () => {
  it('takes WASM, verified, and says why the others are not taken', async () => {
    const result = await initBackend({ backend: 'auto' })
    expect(result).toMatchObject({ name: 'wasm', verified: true })
    expect(result.gflops).toBeGreaterThan(0)
    expect(result.candidates.map((c) => [c.name, c.available, c.chosen])).toEqual([
      ['cuda', false, false],
      ['webgpu', false, false],
      ['native', false, false],
      ['onnxruntime', false, false],
      ['wasm', true, true],
    ])
    for (const candidate of result.candidates) expect(candidate.reason).toMatch(/\.$/)
    expect(result.notice).toBeNull()
  })

  it('says aloud that ONNX Runtime should be there and is not, unless it was switched off', async () => {
    const reason = 'ONNX Runtime (onnxruntime-node) is not installed. Install Espalier anew.'
    const missing = { available: false, reason } as const
    const { notice } = await initBackend({ onnxRuntime: missing })
    expect(notice && inEnglish(notice)).toContain(reason)
    expect((await initBackend({ onnxRuntime: { ...missing, wished: true } })).notice).toBeNull()
  })

  it.each(['cuda', 'webgpu', 'native', 'onnxruntime'] as const)(
    'refuses %s by code, and falls back to nothing',
    async (backend) => {
      await expect(initBackend({ backend })).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' })
    },
  )

  it('names a backend that lies, passes it over, and computes on', async () => {
    const result = await initBackend({ backend: 'auto', onnxRuntime: liar })
    expect(result.name).toBe('wasm')
    const left = result.candidates.find(({ name }) => name === 'onnxruntime')
    expect(left).toMatchObject({ available: true, chosen: false, verified: false })
    expect(left?.reason).toMatch(/onnxruntime backend computes .* wrongly/)
    expect(result.notice && inEnglish(result.notice)).toContain(left?.reason)
    await expect(initBackend({ backend: 'onnxruntime', onnxRuntime: liar })).rejects.toMatchObject({
      code: 'BACKEND_FAILED',
    })
    await initBackend({ backend: 'wasm' })
    expect([...tensors.tidy(() => tensors.matMul(tensors.ones([2, 2]), tensors.ones([2, 2]))).dataSync()]).toEqual([
      2, 2, 2, 2,
    ])
  })
})

/** Latency before and after: the verdict, and that it is said plainly where nothing was gained. */
import { afterEach, describe, expect, it } from 'vitest'
import { speedOf } from '../../../src/renderer/features/exports/latency'
import { type Mounted, mountApp } from '../mount'

const side = (median: number) => ({ median, low: median, high: median })
let mounted: Mounted | undefined
afterEach(() => mounted?.wrapper.unmount())

describe('two latencies', () => {
  it('differ only where the difference is more than the machine’s own', () => {
    expect(speedOf({ before: side(2), after: side(1) })).toEqual({ factor: 2, verdict: 'faster' })
    expect(speedOf({ before: side(1), after: side(0.98) })?.verdict).toBe('same')
    expect(speedOf({ before: side(1), after: side(1.2) })?.verdict).toBe('slower')
    expect(speedOf({ before: null, after: side(1) })).toBeNull()
  })

  it('are shown with every export, with a warning where it is no faster, the code to run it and one archive', async () => {
    mounted = await mountApp('/p/p-sample/exports?run=r-22')
    await mounted.wrapper.get('form').trigger('submit')
    await mounted.settle()
    const [onnx] = mounted.wrapper.findAll('.proof')
    expect(onnx?.text()).toContain('2.33×')
    expect(onnx?.findAll('p.warn').map((line) => line.text())).toEqual([
      expect.stringContaining('No faster in Espalier, wasm: 3.31 ms before, 3.28 ms after.'),
    ])
    const details = onnx?.get('details')
    ;(details?.element as HTMLDetailsElement).open = true
    await details?.trigger('toggle')
    await mounted.settle()
    expect(onnx?.get('pre').text()).toContain('import onnxruntime')
    expect(mounted.fake.calls.filter(({ name }) => name === 'exports.kit')).toHaveLength(1)
    URL.createObjectURL ??= () => 'blob:x'
    URL.revokeObjectURL ??= () => {}
    const all = mounted.wrapper.findAll('button').find((button) => button.text().includes('Everything as one zip'))
    await all?.trigger('click')
    await mounted.settle()
    const ids = mounted.fake.world.exports.map((item) => item.id)
    expect(mounted.fake.calls.find(({ name }) => name === 'exports.bundle')?.input).toEqual({ ids })
  })
})

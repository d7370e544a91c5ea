/** The range of what a budget costs: the truth lies in it as long as smaller networks lose no less. */
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import type { Run } from '../../../src/contract'
import { expectation } from '../../../src/renderer/features/new-run/expectation'
import { makeWorld } from '../fake/world'
import { type Mounted, mountApp } from '../mount'

const template = makeWorld().runs.find((run) => run.id === 'r-22') as Run
const runAt = (kept: number, lost: number): Run => {
  const result = template.result as NonNullable<Run['result']>
  return {
    ...template,
    result: {
      ...result,
      model: { before: { macs: 1, params: 1, bytes: 1 }, after: { macs: kept, params: 1, bytes: 1 } },
      result: { ...result.result, before: 90, afterPruning: 90 - lost, afterRecovery: 90 - lost },
    },
  }
}
const question = { modelId: template.modelId, datasetId: template.datasetId, config: template.config }

describe('the expectation of a budget', () => {
  it('holds the truth wherever smaller networks lose no less', () => {
    const share = fc.integer({ min: 2, max: 100 }).map((value) => value / 100)
    fc.assert(
      fc.property(
        fc.array(share, { minLength: 1, maxLength: 8 }),
        share,
        fc.double({ min: 1, max: 4, noNaN: true }),
        (tried, asked, power) => {
          const lost = (kept: number) => 10 * (1 - kept) ** power
          const found = expectation(
            tried.map((kept) => runAt(kept, lost(kept))),
            question,
            asked,
          )
          if (!found) throw new Error('no answer')
          const slack = 10 * power * 0.02
          expect(lost(asked)).toBeGreaterThanOrEqual(found.low - slack)
          if (found.high === null) expect(asked).toBeLessThan(Math.min(...tried))
          else expect(lost(asked)).toBeLessThanOrEqual(found.high + slack)
        },
      ),
    )
  })

  it('says nothing where nothing is alike', () => {
    expect(expectation([], question, 0.3)).toBeNull()
    expect(expectation([{ ...runAt(0.3, 1), modelId: 'other' }], question, 0.3)).toBeNull()
    expect(expectation([{ ...runAt(0.3, 1), status: 'failed' }], question, 0.3)).toBeNull()
  })

  it('names what it rests on', () => {
    const runs = [runAt(0.5, 0.1), runAt(0.5, 0.3), runAt(0.3, 1.2)]
    const measured = expectation(runs, question, 0.5)
    expect(measured).toMatchObject({ kind: 'measured', runs: 2, at: [0.5] })
    expect(measured?.low).toBeCloseTo(0.1, 9)
    expect(measured?.high).toBeCloseTo(0.3, 9)
    const between = expectation(runs, question, 0.4)
    expect(between).toMatchObject({ kind: 'between', runs: 3, at: [0.5, 0.3] })
    expect(between?.low).toBeCloseTo(0.1, 9)
    expect(between?.high).toBeCloseTo(1.2, 9)
    expect(expectation(runs, question, 0.1)).toMatchObject({ kind: 'beyond', high: null })
  })
})

let mounted: Mounted | undefined
afterEach(() => mounted?.wrapper.unmount())

describe('the slider', () => {
  it('moves without asking anew, and adds its budget to the sweep', async () => {
    mounted = await mountApp('/p/p-sample/runs/new')
    await new Promise((resolve) => setTimeout(resolve, 200))
    await mounted.settle()
    const slider = mounted.wrapper.get('input[type=range]')
    const asked = () => mounted?.fake.calls.filter(({ name }) => name === 'runs.estimate').length
    const before = asked()
    await slider.setValue('40')
    await mounted.settle()
    expect(asked()).toBe(before)
    expect(mounted.wrapper.text()).toMatch(
      /Result-oriented\s*\d\.\d\d to \d\.\d\d points lost from \d runs at 49 %, 30 %/,
    )
    const add = mounted.wrapper.findAll('button').find((button) => button.text() === 'Add 40 % to the sweep')
    await add?.trigger('click')
    await mounted.settle()
    expect(mounted.wrapper.text()).toContain('2 runs')
  })
})

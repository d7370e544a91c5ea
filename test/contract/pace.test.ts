/** The time left that the services tell of runs and the page of everything else. */
import { describe, expect, test } from 'vitest'
import { Pace } from '../../src/contract/pace'

describe('the pace', () => {
  test('says nothing too early, then what is left at the present speed', () => {
    const pace = new Pace()
    expect(pace.etaSeconds(0, 0)).toBeNull()
    expect(pace.etaSeconds(1000, 0.1)).toBeNull()
    expect(pace.etaSeconds(10_000, 0.25)).toBeCloseTo(30)
  })

  test('of a resumed run does not count what was done before', () => {
    const pace = new Pace()
    pace.etaSeconds(0, 0.5)
    expect(pace.etaSeconds(10_000, 0.6)).toBeCloseTo(40)
  })
})

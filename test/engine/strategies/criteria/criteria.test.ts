import { describe, expect, it } from 'vitest'
import {
  type CriterionInput,
  findCriterion,
  rankAscending,
  registerCriterion,
  registeredCriteria,
} from '../../../../src/engine/strategies/criteria'
import cases from './feature-map-cases.json'

/**
 * A group of three units: filters W (3 x 2), columns V (2 x 3) read by unit, BatchNorm scales g.
 * Expected numbers are Torch-Pruning 1.6.1's formulas in numpy, reduction "mean", before normalisation:
 *   l1 = |W|.sum(1); l2 = sqrt((W^2).sum(1)); group = ((W^2).sum(1) + (V^2).sum(0) + g^2) / 3
 *   those of whole feature maps are torch's and numpy's (feature-map-cases.json)
 *   lamp = group over the sum of all at least as large; fpgm = scipy cdist(W, W).sum(0)
 */
const input: CriterionInput = {
  group: 'g',
  units: 3,
  slices: [
    {
      node: 'conv',
      role: 'producer',
      units: Int32Array.of(0, 1, 2),
      width: 2,
      rows: Float32Array.of(1, -2, 3, 4, 0, 1),
    },
    {
      node: 'next',
      role: 'consumer',
      units: Int32Array.of(0, 1, 2),
      width: 2,
      rows: Float32Array.of(1, -1, 0, 1, 2, 1),
    },
    { node: 'bn', role: 'scale', units: Int32Array.of(0, 1, 2), width: 1, rows: Float32Array.of(0.5, -2, 1) },
  ],
  statistics: {
    zeroShare: Float64Array.of(0.25, 0.5, 1),
    mean: Float64Array.of(0.5, -1, 0),
    gateAbsolute: Float64Array.of(1, 2, 3),
    gateSquared: Float64Array.of(4, 8, 18),
    maps: [
      {
        ...cases.maps,
        positions: 12,
        units: Int32Array.of(0, 1, 2),
        data: Float32Array.from(cases.maps.data),
      },
    ],
    contributions: Float64Array.from(cases.contributions),
    response: Float64Array.of(3, 1, 2),
  },
  random: () => 0.5,
}

const expected: Record<string, number[]> = {
  random: [0.5, 0.5, 0.5],
  l1: [3, 7, 1],
  l2: [2.2360679775, 5, 1],
  'group-norm': [2.4166666667, 10, 2.3333333333],
  'bn-scale': [0.5, 2, 1],
  lamp: [0.1946308725, 1, 0.1581920904],
  fpgm: [9.4868329805, 10.5671960124, 7.4049183472],
  apoz: [0.75, 0.5, 0],
  'activation-mean': [0.5, 1, 0],
  taylor: [1, 2, 3],
  fisher: [2, 4, 9],
  entropy: cases.entropy,
  hrank: cases.hrank,
  thinet: cases.thinet,
  chip: cases.chip,
  nisp: [3, 1, 2],
}

describe('criteria', () => {
  it('are exactly the ones with known numbers', () => {
    expect(registeredCriteria().map((criterion) => criterion.name)).toEqual(Object.keys(expected))
  })

  for (const [name, numbers] of Object.entries(expected)) {
    it(`${name} gives the published formula's numbers`, () => {
      const scores = findCriterion(name)?.score(input)
      expect(scores).toHaveLength(3)
      scores?.forEach((score, unit) => {
        expect(score).toBeCloseTo(numbers[unit] as number, 7)
      })
    })
  }

  it('say nothing where they do not apply', () => {
    const bare = { ...input, slices: [], statistics: {} }
    for (const criterion of registeredCriteria()) {
      expect(criterion.score(bare) === null).toBe(criterion.name !== 'random')
    }
  })

  it('count every row of a unit that owns several', () => {
    const slices = [
      {
        node: 'a',
        role: 'producer' as const,
        units: Int32Array.of(0, 1, 0, 1),
        width: 1,
        rows: Float32Array.of(1, 2, 3, 5),
      },
    ]
    expect(Array.from(findCriterion('l1')?.score({ ...input, units: 2, slices }) ?? [])).toEqual([4, 7])
    // Units as vectors: (1, 3) and (2, 5).
    expect(findCriterion('fpgm')?.score({ ...input, units: 2, slices })?.[0]).toBeCloseTo(Math.sqrt(5), 10)
  })

  it('measure channel independence where channels outnumber positions', () => {
    const { chip, data, ...wide } = cases.wide
    const maps = [{ ...wide, extents: [3], units: Int32Array.of(0, 1, 2, 3, 4), data: Float32Array.from(data) }]
    const scores = findCriterion('chip')?.score({ ...input, units: 5, statistics: { maps } })
    scores?.forEach((score, unit) => {
      expect(score).toBeCloseTo(chip[unit] as number, 6)
    })
  })

  it('average over several producers', () => {
    const producer = (values: number[]) => ({
      node: 'a',
      role: 'producer' as const,
      units: Int32Array.of(0, 1),
      width: 1,
      rows: Float32Array.from(values),
    })
    const slices = [producer([1, 2]), producer([3, 6])]
    expect(Array.from(findCriterion('l2')?.score({ ...input, units: 2, slices }) ?? [])).toEqual([2, 4])
  })

  it('register once only', () => {
    const criterion = registeredCriteria()[0] as NonNullable<ReturnType<typeof findCriterion>>
    expect(() => registerCriterion(criterion)).toThrow(expect.objectContaining({ code: 'INTERNAL' }))
  })

  it('cite a paper and say what they need', () => {
    for (const criterion of registeredCriteria()) {
      expect(criterion.paper).toMatch(/\d{4}/)
      expect(criterion.needsData).toBe(criterion.needs.length > 0)
      if (criterion.needsGradients) expect(criterion.needs.some((need) => need.startsWith('gate'))).toBe(true)
    }
  })
})

it('ranks ties by index', () => {
  expect(Array.from(rankAscending([2, 1, 2, 1]))).toEqual([1, 3, 0, 2])
})

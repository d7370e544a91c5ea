import { describe, expect, it } from 'vitest'
import {
  type Place,
  placesOf,
  placesToMeasure,
  toldPrices,
} from '../../../../src/engine/strategies/result-oriented/checkpoints'
import type { Removal } from '../../../../src/engine/strategies/trajectory'

/** A removal of this price; `complete` unless its block goes on. */
const removal = (price: number, unit: number, complete = true): Removal => ({
  unit,
  group: 'conv',
  index: unit,
  price,
  heirs: [],
  macs: 1000 - unit,
  params: 0,
  bytes: 0,
  complete,
})
const growing = (count: number, growth: number, first = 1e-7) =>
  Array.from({ length: count }, (_, i) => removal(first * growth ** i, i + 1))
const gapsOf = (places: readonly Place[]) =>
  places.slice(1).map(({ predicted }, i) => Math.log(predicted / (places[i] as Place).predicted))

describe('places to measure at', () => {
  it('never end inside a block', () => {
    const places = placesOf([removal(1, 1, false), removal(2, 2), removal(3, 3)])
    expect(places).toEqual([
      { step: 2, macs: 998, predicted: 3 },
      { step: 3, macs: 997, predicted: 6 },
    ])
  })

  it('are spread evenly over the orders of magnitude, with the end among them', () => {
    const all = placesOf(growing(400, 1.04))
    const taken = placesToMeasure(all)
    expect(taken.length).toBeGreaterThanOrEqual(20)
    expect(taken.at(-1)).toBe(all.at(-1))
    const gaps = gapsOf(taken)
    expect(Math.max(...gaps) / Math.min(...gaps)).toBeLessThan(3)
  })

  it('are all steps where there are few, and leave out what says the same', () => {
    expect(placesToMeasure(placesOf(growing(9, 3, 1e-5)))).toHaveLength(9)
    // Dead units cost nothing: nothing can be learnt between them.
    const dead = [removal(1e-3, 1), ...Array.from({ length: 50 }, (_, i) => removal(0, i + 2)), removal(1e-3, 52)]
    expect(placesToMeasure(placesOf(dead)).map(({ step }) => step)).toEqual([1, 52])
    expect(placesToMeasure([])).toEqual([])
    expect(placesToMeasure(placesOf([removal(0, 1)]))).toHaveLength(1)
  })

  it('stop where everything is ruined', () => {
    const all = placesOf(growing(200, 1.2))
    const taken = placesToMeasure(all)
    const beyond = taken.filter(({ predicted }) => predicted > 3)
    expect(beyond).toHaveLength(2)
    expect(beyond.at(-1)).toBe(all.at(-1))
  })
})

describe('told prices', () => {
  const measure = (removals: readonly Removal[], worth: (predicted: number) => number) =>
    placesToMeasure(placesOf(removals)).map(({ step, macs, predicted }) => ({ step, macs, measured: worth(predicted) }))

  it('stay as they are where nats are worth what they were priced at', () => {
    const removals = growing(60, 1.2)
    const { trajectory, checkpoints } = toldPrices(
      removals,
      measure(removals, (predicted) => predicted),
    )
    trajectory.forEach(({ price }, i) => {
      expect(price).toBeCloseTo((removals[i] as Removal).price, 12)
    })
    for (const { predicted, measured } of checkpoints) expect(predicted / measured).toBeCloseTo(1, 6)
  })

  it('come near what is measured where that grows faster than the prices', () => {
    const removals = growing(120, 1.12)
    const faster = measure(removals, (predicted) => predicted ** 1.3 * 10)
    const plain = placesOf(removals).at(-1) as Place
    const { checkpoints } = toldPrices(removals, faster)
    const last = checkpoints.at(-1) as (typeof checkpoints)[number]
    expect(plain.predicted / last.measured).toBeLessThan(0.5)
    expect(last.predicted / last.measured).toBeGreaterThan(0.7)
    expect(last.predicted / last.measured).toBeLessThan(1.3)
  })

  it('follow from what was measured before a removal alone', () => {
    const removals = growing(80, 1.15)
    const measured = measure(removals, (predicted) => 3 * predicted)
    const half = Math.floor(measured.length / 2)
    const otherwise = measured.map((point, i) => (i < half ? point : { ...point, measured: 50 * point.measured }))
    const end = (measured[half] as (typeof measured)[number]).step
    expect(toldPrices(removals, otherwise).trajectory.slice(0, end)).toEqual(
      toldPrices(removals, measured).trajectory.slice(0, end),
    )
    expect(toldPrices(removals, otherwise).trajectory.slice(end)).not.toEqual(
      toldPrices(removals, measured).trajectory.slice(end),
    )
  })
})

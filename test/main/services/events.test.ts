/** The event bus: latest states, clean ends, no growth without end. */
import { describe, expect, test } from 'vitest'
import type { Run, WorkbenchEvent } from '../../../src/contract/entities'
import { EventBus } from '../../../src/main/services/events'

const runChanged = (id: string, fraction: number): WorkbenchEvent => ({
  type: 'run-changed',
  run: { id, projectId: 'p', progress: { stage: 'observe', fraction, detail: '' } } as Run,
})

describe('a subscription', () => {
  test('gets the latest state of each run, and everything else in order', async () => {
    const bus = new EventBus()
    const events = bus.subscribe()
    for (const fraction of [0.1, 0.2, 0.3]) bus.emit(runChanged('a', fraction))
    bus.emit({ type: 'projects-changed' })
    bus.emit(runChanged('b', 0.5))
    const seen = [await events.next(), await events.next(), await events.next()].map(({ value }) => value)
    expect(seen).toEqual([runChanged('a', 0.3), { type: 'projects-changed' }, runChanged('b', 0.5)])
  })

  test('ends by its signal, by return and with the bus, and is forgotten', async () => {
    const bus = new EventBus()
    const controller = new AbortController()
    const [bySignal, byReturn, byBus] = [bus.subscribe(controller.signal), bus.subscribe(), bus.subscribe()]
    const waiting = bySignal.next()
    controller.abort()
    expect(await waiting).toEqual({ done: true, value: undefined })
    await byReturn.return?.()
    expect(bus.listeners).toBe(1)
    bus.close()
    expect(await byBus.next()).toEqual({ done: true, value: undefined })
    expect(bus.listeners).toBe(0)
  })

  test('that nobody reads is told to read everything anew instead of growing without end', async () => {
    const bus = new EventBus()
    const events = bus.subscribe()
    for (let i = 0; i < 5000; i++) bus.emit({ type: 'project-changed', projectId: `p${i % 3}` })
    const first = (await events.next()).value
    expect(first).toEqual({ type: 'projects-changed' })
  })
})

/** Building the native backend from the workbench: progress, cancel, failure, and the engine that starts anew. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { NativeStatus } from '../../../src/contract/entities'
import type { Services } from '../../../src/main/services/index'
import { bundle } from '../support/bundle'
import { open } from './support'

let entry: string
beforeAll(async () => {
  entry = await bundle('test/main/support/fake-engine.ts')
})
afterEach(() => {
  delete process.env.FAKE_NATIVE
})

function heard(services: Services) {
  const seen: NativeStatus[] = []
  void (async () => {
    for await (const event of services.events.subscribe()) if (event.type === 'native-changed') seen.push(event.status)
  })()
  return seen
}

describe('a build', () => {
  test('tells its steps, and the engine starts anew on it', async () => {
    const services = open(entry)
    const seen = heard(services)
    await services.app.doctor()
    const begun = await services.native.build()
    expect(begun.building).toEqual({ fraction: 0, step: 'tools' })
    await expect.poll(() => seen.at(-1)?.building, { timeout: 20_000 }).toBeNull()
    const steps = seen.flatMap(({ building }) => building?.step ?? [])
    expect([...new Set(steps)]).toEqual(['tools', 'library', 'compile', 'check'])
    expect(seen.at(-1)?.error).toBeNull()
    await services.app.doctor()
  })

  test('ends when it is cancelled, without an error, and can be begun again', async () => {
    process.env.FAKE_NATIVE = 'slow'
    const services = open(entry)
    const seen = heard(services)
    await services.native.build()
    await expect(services.native.build()).rejects.toMatchObject({ code: 'CONFLICT' })
    await expect.poll(() => seen.at(-1)?.building?.step, { timeout: 20_000 }).toBe('check')
    await services.native.cancel()
    await expect.poll(() => seen.at(-1)?.building, { timeout: 20_000 }).toBeNull()
    expect(await services.native.status()).toMatchObject({ building: null, error: null })
    await services.native.build()
    await services.native.cancel()
  })

  test('that fails says why until the next one', async () => {
    process.env.FAKE_NATIVE = 'fails'
    const services = open(entry)
    await services.native.build()
    await expect
      .poll(async () => (await services.native.status()).error, { timeout: 20_000 })
      .toMatchObject({ code: 'BACKEND_UNAVAILABLE', message: 'g++ ended with code 1.' })
  })
})

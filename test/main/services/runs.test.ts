/** Runs from the queue to their end, in whatever way they end, over a real engine process and a real store. */
import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { openStore } from '../../../src/main/store/index'
import { bundle } from '../support/bundle'
import { dataset, environment, result, trace } from '../support/values'
import { at, collect, open, over, prepared, until } from './support'

let entry: string
beforeAll(async () => {
  entry = await bundle('test/main/support/fake-engine.ts')
})

describe('a run that works', () => {
  test('ends with its result, trace, environment, metrics, log and the smaller model, and cleans up', async () => {
    const services = open(entry)
    const { project, model, start } = await prepared(services)
    const { events } = collect(services)
    const [queued] = await start()
    expect(queued).toMatchObject({ status: 'queued', sweepId: null, name: 'l1 · 50 % MACs' })

    const run = await until(services, queued?.id as string, over)

    expect(run).toMatchObject({ status: 'done', error: null, environment, result: result() })
    expect(services.runs.trace(run.id)).toEqual(trace)
    expect(services.runs.metrics(run.id, ['loss'])).toEqual(
      [0, 1, 2, 3].map((step) => ({ name: 'loss', step, value: 1 / (step + 1) })),
    )
    expect(services.runs.log(run.id).map(({ message }) => message)).toEqual(['Ranking units by l1'])
    const small = services.models.get(run.resultModelId as string)
    expect(small).toMatchObject({ parentId: model.id, runId: run.id, size: { macs: 500 }, nodes: 4 })
    const [file] = services.models.filesOf(small.id)
    expect(readFileSync(file?.path as string, 'utf8')).toMatch(/^pruned .* 10 0$/)
    expect(services.projects.get(project.id)).toMatchObject({ counts: { models: 2, runs: 1 }, best: { runId: run.id } })
    await expect.poll(() => existsSync(join(services.home, 'runs', run.id))).toBe(false)
    const statuses = events.flatMap((event) => (event.type === 'run-changed' ? [event.run.status] : []))
    // Changes that come together arrive as the latest of them.
    expect(statuses).toContain('running')
    expect(statuses.at(-1)).toBe('done')
  })

  test('a sweep shares an id, names what differs, and runs one after the other', async () => {
    const services = open(entry)
    const { start } = await prepared(services)
    const runs = await start({ seed: 0 }, { seed: 1 }, { seed: 1, refit: 'bn' })
    expect(new Set(runs.map(({ sweepId }) => sweepId)).size).toBe(1)
    expect(runs.map(({ name }) => name)).toEqual([
      'l1 · 50 % MACs · no refit · seed 0',
      'l1 · 50 % MACs · no refit · seed 1',
      'l1 · 50 % MACs · bn refit · seed 1',
    ])
    const done = await Promise.all(runs.map(({ id }) => until(services, id, over)))
    const [a, b, c] = done.map((run) => [run.startedAt, run.finishedAt].map((time) => Date.parse(time as string)))
    expect(a?.[1]).toBeLessThanOrEqual(b?.[0] as number)
    expect(b?.[1]).toBeLessThanOrEqual(c?.[0] as number)
  })
})

test('of those that wait one can be put first, and none that does not wait', async () => {
  const services = open(entry)
  const { start } = await prepared(services, 'wait')
  const [a, b, c] = (await start({ seed: 0 }, { seed: 1 }, { seed: 2 })).map(({ id }) => id) as [string, string, string]
  await until(services, a, at(0.5))
  services.runs.advance(c)
  services.runs.cancel(a)
  await until(services, c, at(0.5))
  expect(services.runs.get(b).status).toBe('queued')
  expect(() => services.runs.advance(c)).toThrow(expect.objectContaining({ code: 'CONFLICT' }))
  services.runs.cancel(b)
  services.runs.cancel(c)
  await until(services, c, over)
})

describe('a run that does not', () => {
  test('because the engine was killed is interrupted, keeps its steps, and goes on from them to the same result', async () => {
    const services = open(entry)
    const { start } = await prepared(services, 'crash')
    const [{ id } = { id: '' }] = await start()

    const interrupted = await until(services, id, over)
    expect(interrupted).toMatchObject({ status: 'interrupted', error: { code: 'ENGINE_CRASHED' }, resultModelId: null })
    expect(readdirSync(join(services.home, 'runs', id)).filter((name) => name.endsWith('.step'))).toHaveLength(2)

    services.runs.resume(id)
    const run = await until(services, id, ({ status }) => status === 'done')
    expect(run).toMatchObject({ error: null, result: result() })
    expect(services.runs.log(id).map(({ message }) => message)).toEqual([
      'Ranking units by l1',
      expect.stringContaining('SIGKILL'),
      'Ranking units by l1',
      'Trial 0',
      'Trial 1',
    ])
    const [file] = services.models.filesOf(run.resultModelId as string)
    expect(readFileSync(file?.path as string, 'utf8')).toMatch(/ 10 0$/)
  })

  test.each([
    ['non-finite', 'failed', 'MODEL_NON_FINITE'],
    ['throw', 'failed', 'INTERNAL'],
    ['disk-full', 'interrupted', 'DISK_FULL'],
  ])('because of "%s" is %s and says why; the next one runs', async (words, status, code) => {
    const services = open(entry)
    const broken = await prepared(services, words)
    const sound = await prepared(services)
    const [{ id } = { id: '' }] = await broken.start()
    const [next] = await sound.start()
    expect(await until(services, id, over)).toMatchObject({
      status,
      error: { code, message: expect.stringMatching(/\.$/) },
    })
    expect(await until(services, next?.id as string, over)).toMatchObject({ status: 'done' })
    expect(services.store.database.pragma('integrity_check', { simple: true })).toBe('ok')
  })

  test('because the store cannot grow is interrupted once that can be written, and can be resumed', async () => {
    const services = open(entry)
    const { start } = await prepared(services, 'chatty')
    const { database } = services.store
    const pages = database.pragma('page_count', { simple: true }) as number
    const { events } = collect(services)
    const [{ id } = { id: '' }] = await start()
    database.pragma(`max_page_count = ${pages + 20}`)
    const states = () => events.flatMap((event) => (event.type === 'engine-state' ? [event.state] : []))
    await expect.poll(states, { timeout: 10_000 }).toEqual(['starting', 'ready', 'busy', 'ready'])
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok')
    database.pragma(`max_page_count = ${pages + 100_000}`)

    expect(await until(services, id, over)).toMatchObject({ status: 'interrupted' })
    services.runs.resume(id)
    expect(await until(services, id, ({ status }) => status === 'done' || status === 'failed')).toMatchObject({
      status: 'done',
      result: result(),
    })
  })

  test('because the data folder was moved waits, and runs when it is back', async () => {
    const services = open(entry)
    const { start } = await prepared(services)
    renameSync(services.home, `${services.home}-moved`)
    const [{ id } = { id: '' }] = await start()
    await expect.poll(() => services.runs.get(id).status).toBe('queued')
    expect(existsSync(services.home)).toBe(false)
    renameSync(`${services.home}-moved`, services.home)
    expect(await until(services, id, over)).toMatchObject({ status: 'done' })
  })

  test('because it was cancelled keeps its steps and can be resumed', async () => {
    const services = open(entry)
    const { start } = await prepared(services, 'wait')
    const [{ id } = { id: '' }] = await start()
    await until(services, id, at(0.5))
    services.runs.cancel(id)
    expect(await until(services, id, over)).toMatchObject({ status: 'cancelled', error: { code: 'CANCELLED' } })
    expect(() => services.runs.resume(id)).not.toThrow()
    expect(['queued', 'running']).toContain(services.runs.get(id).status)
  })

  test('because it was cancelled before it began never begins', async () => {
    const services = open(entry)
    const first = await prepared(services, 'wait')
    const [running, waiting] = await first.start({}, {})
    await until(services, running?.id as string, at(0.5))
    expect(services.runs.cancel(waiting?.id as string)).toMatchObject({ status: 'cancelled', startedAt: null })
    services.runs.cancel(running?.id as string)
    await until(services, running?.id as string, over)
    expect(services.runs.get(waiting?.id as string).startedAt).toBeNull()
  })

  test('because its project went to the trash is cancelled', async () => {
    const services = open(entry)
    const { project, start } = await prepared(services, 'wait')
    const [running, waiting] = await start({}, {})
    await until(services, running?.id as string, at(0.5))
    services.projects.remove(project.id)
    for (const run of [running, waiting]) {
      expect(await until(services, run?.id as string, over)).toMatchObject({ status: 'cancelled' })
    }
  })

  test('when it is already done cannot be resumed', async () => {
    const services = open(entry)
    const { start } = await prepared(services)
    const [{ id } = { id: '' }] = await start()
    await until(services, id, over)
    expect(() => services.runs.resume(id)).toThrow(expect.objectContaining({ code: 'CONFLICT' }))
  })
})

describe('closing and opening again', () => {
  test('the running run is interrupted with its steps, the waiting one is taken up', async () => {
    const first = open(entry)
    const { start } = await prepared(first, 'wait')
    const [running, waiting] = await start({}, {})
    await until(first, running?.id as string, at(0.5))
    await first.close()

    const second = open(entry, { home: first.home })
    expect(second.runs.get(running?.id as string)).toMatchObject({
      status: 'interrupted',
      error: { code: 'ENGINE_CRASHED' },
    })
    await until(second, waiting?.id as string, at(0.5))
    expect(
      readdirSync(join(first.home, 'runs', running?.id as string)).filter((name) => name.endsWith('.step')),
    ).toHaveLength(2)
  })

  test('a run whose program was killed is found and marked', async () => {
    const first = open(entry)
    const { start } = await prepared(first, 'wait')
    const [{ id } = { id: '' }] = await start()
    await until(first, id, at(0.5))
    await first.close()
    // As a killed program leaves it: the row says running, and nobody holds the lock.
    const store = openStore(join(first.home, 'espalier.db'))
    store.database.prepare("UPDATE runs SET status = 'running', error = NULL WHERE id = ?").run(id)
    store.close()

    const second = open(entry, { home: first.home })
    expect(second.runs.get(id)).toMatchObject({
      status: 'interrupted',
      error: { message: expect.stringContaining('resume') },
    })
  })

  test('two programs on one data folder: the second leaves the running run alone and sees the first one work', async () => {
    const first = open(entry)
    const { start } = await prepared(first, 'wait')
    const [{ id } = { id: '' }] = await start()
    await until(first, id, at(0.5))

    const second = open(entry, { home: first.home })
    expect(second.runs.get(id).status).toBe('running')
    expect(() => second.runs.cancel(id)).toThrow(expect.objectContaining({ code: 'CONFLICT' }))
    const { events } = collect(second)
    first.runs.cancel(id)
    await until(first, id, over)
    await expect.poll(() => events.some(({ type }) => type === 'project-changed'), { timeout: 5000 }).toBe(true)
    expect(second.runs.get(id).status).toBe('cancelled')
  })

  test('services for their own runs leave what waits for the workbench', async () => {
    const first = open(entry, { onlyOwnRuns: true })
    const { project, model, dataset, start } = await prepared(first)
    const foreign = first.store.runs.create({
      projectId: project.id,
      modelId: model.id,
      datasetId: dataset.id,
      name: 'theirs',
      config: (await start())[0]?.config as never,
      sweepId: null,
    })
    const [own] = await start()
    await until(first, own?.id as string, over)
    expect(first.runs.get(foreign.id).status).toBe('queued')
  })
})

describe('what is refused before it is queued', () => {
  test('data of another shape', async () => {
    const services = open(entry)
    const { project, model, start } = await prepared(services)
    const other = services.store.datasets.create({ ...dataset(project.id), sampleShape: [3, 32, 32] })
    await expect(
      services.runs.start({
        projectId: project.id,
        modelId: model.id,
        datasetId: other.id,
        configs: [(await start())[0]?.config as never],
      }),
    ).rejects.toMatchObject({ code: 'SHAPE_MISMATCH', message: expect.stringContaining('1 × 28 × 28') })
    expect(services.runs.list(project.id)).toHaveLength(1)
  })

  test('what is not built yet, by name', async () => {
    const services = open(entry)
    const { start } = await prepared(services)
    await expect(start({ backend: 'cuda' })).rejects.toMatchObject({
      code: 'NOT_BUILT_YET',
      message: expect.stringContaining('cuda'),
    })
  })

  test('what lies in the trash', async () => {
    const services = open(entry)
    const { model, start } = await prepared(services)
    services.models.remove(model.id)
    await expect(start()).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('trash') })
  })

  test('a model of another project', async () => {
    const services = open(entry)
    const [a, b] = [await prepared(services), await prepared(services)]
    await expect(
      services.runs.start({
        projectId: a.project.id,
        modelId: b.model.id,
        datasetId: a.dataset.id,
        configs: [(await a.start())[0]?.config as never],
      }),
    ).rejects.toMatchObject({ code: 'CONFLICT' })
  })
})

describe('what networks take', () => {
  test('is measured a few at a time, kept with the run, told, and part of the table', async () => {
    const services = open(entry)
    const { project, start } = await prepared(services)
    const runs = await start(...[0, 1, 2, 3, 4].map((seed) => ({ seed })))
    for (const { id } of runs) await until(services, id, over)
    const { events } = collect(services)
    const ids = runs.map(({ id }) => id)
    const measured = await services.latency.measure({ ids, task: 'x' })
    // Four together, then the fifth.
    expect(measured.map(({ latency }) => latency?.after.median)).toEqual([1, 2, 3, 4, 1])
    const table = JSON.parse(await services.runs.table(project.id, false, {}).text())
    expect(table.runs.map((run: { latency: { after: { median: number } } }) => run.latency.after.median)).toEqual([
      1, 4, 3, 2, 1,
    ])
    const told = () => events.filter(({ type }) => type === 'run-changed')
    await expect.poll(() => told().length).toBe(5)
    expect(events.some((event) => event.type === 'task-progress' && event.fraction === 1)).toBe(true)
  })

  test('stands beside what its exported files take, and neither replaces the other', async () => {
    const services = open(entry)
    const { start } = await prepared(services)
    const [queued] = await start()
    const run = await until(services, queued?.id as string, over)
    const wanted = { modelId: run.resultModelId as string, datasetId: null, formats: ['onnx' as const] }
    const latency = () => services.runs.get(run.id).latency
    // Rounded weights are another network's.
    await services.exports.create({ ...wanted, precision: 'int8' })
    expect(latency()).toBeUndefined()
    await services.exports.create({ ...wanted, precision: 'fp32' })
    expect(latency()).toMatchObject({ of: 'file', after: { median: 7 } })
    await services.latency.measure({ ids: [run.id] })
    expect(latency()).toMatchObject({ of: 'network', after: { median: 1 }, at: expect.stringMatching(/^20/) })
    const [proof] = await services.exports.create({ ...wanted, precision: 'fp32' })
    expect(latency()).toMatchObject({ of: 'network', after: { median: 1 } })
    expect(proof?.latency?.[0]?.after.median).toBe(7)
  })

  test('of a run without a network is refused by its name', async () => {
    const services = open(entry)
    const { start } = await prepared(services, 'non-finite')
    const [run] = await start()
    await until(services, run?.id as string, over)
    await expect(services.latency.measure({ ids: [run?.id as string] })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(run?.name as string),
    })
  })
})

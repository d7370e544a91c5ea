/** Projects, their cards, comparisons, exports and settings. */
import { describe, expect, test } from 'vitest'
import { result } from '../support/values'
import { openTemporary, seeded } from './support'

describe('a project', () => {
  test('counts what it has and names its best run: fewest MACs among those that lose at most a point', () => {
    const store = openTemporary()
    const { queue, project } = seeded(store)
    const finish = (after: number | null, macs: number) => {
      const { id } = queue()
      store.runs.finish(id, { status: 'done', result: result({ before: 90, after, macs }) })
      return id
    }
    finish(89.9, 700)
    const best = finish(89.2, 400)
    finish(85, 100)
    const trashed = finish(89.5, 50)
    store.runs.setDeleted(trashed, new Date().toISOString())

    expect(store.projects.get(project.id)).toMatchObject({
      counts: { models: 1, datasets: 1, runs: 3 },
      best: { runId: best, macsKept: 0.4 },
    })
    expect(store.projects.get(project.id).best?.drop).toBeCloseTo(0.8)
  })

  test('names the run that loses least where none is within a point', () => {
    const store = openTemporary()
    const { queue, project } = seeded(store)
    const finish = (after: number | null, macs: number) => {
      const { id } = queue()
      store.runs.finish(id, { status: 'done', result: result({ before: 90, after, macs }) })
      return id
    }
    expect(store.projects.get(project.id).best).toBeNull()
    finish(null, 200)
    expect(store.projects.get(project.id).best).toBeNull()
    finish(80, 100)
    const nearest = finish(88, 500)
    expect(store.projects.get(project.id).best).toMatchObject({ runId: nearest, macsKept: 0.5 })
  })

  test('changes only what is given', () => {
    const store = openTemporary()
    const { id } = store.projects.create({ name: 'A', goal: 'g' })
    store.projects.update(id, { tags: ['x'] })
    expect(store.projects.update(id, { archived: true, name: undefined })).toMatchObject({
      name: 'A',
      goal: 'g',
      tags: ['x'],
      archived: true,
    })
  })
})

describe('the trash', () => {
  test('takes only what is old enough, and keeps what runs still need', () => {
    const store = openTemporary()
    const { queue, project, net, data } = seeded(store)
    const run = queue()
    const old = '2020-01-01T00:00:00.000Z'
    store.models.setDeleted(net.id, old)
    store.datasets.setDeleted(data.id, old)
    expect(store.trash.purge('2021-01-01T00:00:00.000Z')).toBe(0)

    store.runs.setDeleted(run.id, '2022-01-01T00:00:00.000Z')
    expect(store.trash.purge('2021-01-01T00:00:00.000Z')).toBe(0)
    expect(store.trash.referencedHashes()).toContain('a'.repeat(64))
    expect(store.trash.purge('2023-01-01T00:00:00.000Z')).toBe(3)
    expect(store.trash.referencedHashes().size).toBe(0)
    expect(store.projects.get(project.id).counts).toEqual({ models: 0, datasets: 0, runs: 0 })
  })

  test('of one project is emptied without touching another', () => {
    const store = openTemporary()
    const [mine, other] = [seeded(store), seeded(store)]
    for (const { queue, data, net } of [mine, other]) {
      store.runs.setDeleted(queue().id, '2020-01-01T00:00:00.000Z')
      store.models.setDeleted(net.id, '2020-01-01T00:00:00.000Z')
      store.datasets.setDeleted(data.id, '2020-01-01T00:00:00.000Z')
    }
    store.projects.setDeleted(other.project.id, '2020-01-01T00:00:00.000Z')
    expect(store.trash.purge('2021-01-01T00:00:00.000Z', mine.project.id)).toBe(3)
    expect(store.runs.list(other.project.id, true)).toHaveLength(1)
    expect(store.models.list(other.project.id, true)).toHaveLength(1)
    expect(store.projects.list(true)).toHaveLength(1)
  })

  test('a purged project takes everything of its own along and nothing else', () => {
    const store = openTemporary()
    const doomed = seeded(store)
    const kept = seeded(store)
    const run = doomed.queue()
    store.runs.finish(run.id, { status: 'done', result: result(), resultModelId: doomed.net.id })
    store.metrics.add(run.id, [{ name: 'loss', step: 1, value: 1 }])
    store.exports.create({
      projectId: doomed.project.id,
      runId: run.id,
      modelId: doomed.net.id,
      proof: {
        format: 'onnx',
        precision: 'fp32',
        path: 'x',
        bytes: 1,
        maxAbsError: 0,
        maxRelError: 0,
        passed: true,
        checkedBy: 't',
        metric: null,
      },
    })
    store.projects.setDeleted(doomed.project.id, '2020-01-01T00:00:00.000Z')

    store.trash.purge('2021-01-01T00:00:00.000Z')

    for (const table of ['runs', 'metrics', 'exports']) {
      expect(store.database.prepare(`SELECT count(*) AS n FROM ${table}`).get()).toEqual({ n: 0 })
    }
    expect(store.models.list(kept.project.id)).toHaveLength(1)
    expect(store.database.pragma('foreign_key_check')).toEqual([])
  })
})

describe('settings', () => {
  test('have defaults, keep what is saved, and merge layouts by screen', () => {
    const store = openTemporary()
    expect(store.settings.get()).toEqual({ language: 'system', theme: 'system', backend: 'auto', layouts: {} })
    store.settings.save({ theme: 'dark', layouts: { runs: { columns: ['name'] } } })
    store.settings.save({ layouts: { compare: 1 }, language: undefined })
    expect(store.settings.get()).toMatchObject({
      theme: 'dark',
      language: 'system',
      layouts: { runs: { columns: ['name'] }, compare: 1 },
    })
  })

  test('of a project go with it', () => {
    const store = openTemporary()
    const [gone, kept] = [
      store.projects.create({ name: 'A', goal: '' }),
      store.projects.create({ name: 'B', goal: '' }),
    ]
    store.settings.save({
      layouts: { sidebar: true, [`runs.pins.${gone.id}`]: ['r'], [`runs.pins.${kept.id}`]: ['s'] },
    })
    store.projects.setDeleted(gone.id, '2020-01-01T00:00:00.000Z')
    store.trash.purge('2021-01-01T00:00:00.000Z')
    expect(store.settings.get().layouts).toEqual({ sidebar: true, [`runs.pins.${kept.id}`]: ['s'] })
  })

  test('that another version wrote and this one cannot read give way to the default', () => {
    const store = openTemporary()
    store.database.prepare("INSERT INTO settings VALUES ('theme', '\"sepia\"'), ('unknown', '1')").run()
    expect(store.settings.get().theme).toBe('system')
  })
})

describe('comparisons', () => {
  test('are made, changed and removed', () => {
    const store = openTemporary()
    const { project, queue } = seeded(store)
    const [a, b] = [queue().id, queue().id]
    const saved = store.comparisons.save({ projectId: project.id, name: 'c', runIds: [a, b], baselineRunId: a })
    store.comparisons.save({ ...saved, name: 'd', runIds: [b], baselineRunId: null })
    expect(store.comparisons.list(project.id)).toMatchObject([
      { id: saved.id, name: 'd', runIds: [b], baselineRunId: null },
    ])
    store.comparisons.remove(saved.id)
    expect(store.comparisons.list(project.id)).toEqual([])
    expect(() => store.comparisons.save({ ...saved, id: 'gone' })).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }),
    )
  })
})

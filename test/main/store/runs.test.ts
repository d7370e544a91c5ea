/** Runs and the queue they form, against real SQLite. */
import { describe, expect, test } from 'vitest'
import { openStore } from '../../../src/main/store/index'
import { config, environment, result, trace } from '../support/values'
import { openTemporary, seeded } from './support'

describe('the queue', () => {
  test('hands runs out in the order they came, each once', () => {
    const store = openTemporary()
    const { queue } = seeded(store)
    const ids = [queue().id, queue().id, queue().id]

    const claimed = [
      store.runs.claimNext('1'),
      store.runs.claimNext('2'),
      store.runs.claimNext('1'),
      store.runs.claimNext('1'),
    ]

    expect(claimed.map((run) => run?.id)).toEqual([...ids, undefined])
    expect(claimed[0]).toMatchObject({ status: 'running', startedAt: expect.any(String) })
  })

  test('two connections never get the same run', () => {
    const store = openTemporary()
    const { queue } = seeded(store)
    queue()
    const other = openStore(store.path)
    expect([store.runs.claimNext('1'), other.runs.claimNext('2')].filter(Boolean)).toHaveLength(1)
    other.close()
  })

  test('a resumed run waits behind the others and forgets its error', () => {
    const store = openTemporary()
    const { queue } = seeded(store)
    const first = queue()
    store.runs.claimNext('1')
    store.runs.finish(first.id, { status: 'interrupted', error: { code: 'ENGINE_CRASHED', message: 'gone' } })
    const second = queue()

    expect(store.runs.requeue(first.id)).toBe(true)
    expect(store.runs.get(first.id)).toMatchObject({ status: 'queued', error: null })
    expect(store.runs.claimNext('1')?.id).toBe(second.id)
    expect(store.runs.claimNext('1')?.id).toBe(first.id)
  })

  test('a finished run cannot be queued again', () => {
    const store = openTemporary()
    const { queue } = seeded(store)
    const run = queue()
    store.runs.finish(run.id, { status: 'done', result: result() })
    expect(store.runs.requeue(run.id)).toBe(false)
  })
})

describe('a run', () => {
  test('comes back as it was written', () => {
    const store = openTemporary()
    const { queue } = seeded(store)
    const run = queue({ seed: 7, protect: ['conv1'] })
    store.runs.heard(run.id, { stage: 'observe', fraction: 0.25, detail: 'observing' }, 12.5)
    store.runs.keepEnvironment(run.id, environment)
    expect(store.runs.get(run.id)).toMatchObject({
      config: config({ seed: 7, protect: ['conv1'] }),
      progress: { stage: 'observe', fraction: 0.25 },
      etaSeconds: 12.5,
      environment,
    })

    store.runs.finish(run.id, { status: 'done', result: result() })
    store.traces.put(run.id, trace)

    expect(store.runs.get(run.id)).toMatchObject({ status: 'done', result: result(), etaSeconds: null })
    expect(store.traces.get(run.id)).toEqual(trace)
  })

  test('lists leave the kept units and the rounds out, get has them', () => {
    const store = openTemporary()
    const { queue, project } = seeded(store)
    const run = queue()
    store.runs.finish(run.id, { status: 'done', result: result() })
    expect(store.runs.list(project.id)[0]?.result?.kept).toEqual({})
    expect(store.runs.list(project.id)[0]?.result?.rounds).toEqual([])
    expect(store.runs.brief(run.id).result?.kept).toEqual({})
    expect(store.runs.get(run.id).result?.kept).toEqual({ conv1: [0, 2, 3] })
    expect(store.runs.get(run.id).result?.rounds).toEqual(result().rounds)
  })

  test('the list as text says the same as the list', () => {
    const store = openTemporary()
    const { queue, project } = seeded(store)
    const [done, failed, running] = [queue({ seed: 1 }), queue({ seed: 2 }), queue({ seed: 3 })]
    store.runs.update(done.id, { name: 'a "quoted" \\ name', tags: ['x', 'é'], notes: 'two\nlines' })
    store.runs.keepEnvironment(done.id, environment)
    store.runs.keepEnvironment(failed.id, environment)
    store.runs.finish(done.id, { status: 'done', result: result() })
    store.runs.finish(failed.id, { status: 'failed', error: { code: 'DISK_FULL', message: 'It is full.' } })
    store.runs.heard(running.id, { stage: 'observe', fraction: 0.5, detail: 'half' }, 1.5)
    store.runs.setDeleted(queue({ seed: 4 }).id, '2026-01-01T00:00:00.000Z')

    for (const deleted of [false, true]) {
      const { environments, runs, total, next } = JSON.parse(store.runs.table(project.id, deleted))
      expect(environments).toHaveLength(deleted ? 0 : 1)
      expect({ total, next }).toEqual({ total: deleted ? 1 : 3, next: null })
      const whole = runs.map((run: { environment: number | null }) => ({
        ...run,
        environment: run.environment === null ? null : environments[run.environment],
      }))
      expect(whole.toReversed()).toEqual(store.runs.list(project.id, deleted))
    }
  })

  test('the list as text comes in parts, newest first, whatever is added meanwhile', () => {
    const store = openTemporary()
    const { queue, project } = seeded(store)
    const ids = Array.from({ length: 7 }, (_value, seed) => queue({ seed }).id)
    const seen: string[] = []
    let after: string | null | undefined
    while (after !== null) {
      const part = JSON.parse(store.runs.table(project.id, false, { count: 3, ...(after ? { after } : {}) }))
      seen.push(...part.runs.map((run: { id: string }) => run.id))
      after = part.next
      queue({ seed: 100 + seen.length })
    }
    expect(seen).toEqual(ids.toReversed())
  })

  test('goes to the trash and comes back with the model it made', () => {
    const store = openTemporary()
    const { queue, net, project } = seeded(store)
    const run = queue()
    const made = store.models.create({
      projectId: project.id,
      name: 'small',
      format: 'onnx',
      size: net.size,
      nodes: 1,
      files: [{ name: 'm.onnx', hash: 'c'.repeat(64) }],
      parentId: net.id,
      runId: run.id,
    })
    store.runs.finish(run.id, { status: 'done', result: result(), resultModelId: made.id })

    store.runs.setDeleted(run.id, '2026-01-01T00:00:00.000Z')
    expect(store.runs.list(project.id)).toEqual([])
    expect(store.runs.list(project.id, true).map(({ id }) => id)).toEqual([run.id])
    expect(store.models.list(project.id).map(({ id }) => id)).toEqual([net.id])

    store.runs.setDeleted(run.id, null)
    expect(store.models.list(project.id).map(({ id }) => id)).toEqual([net.id, made.id])
  })

  test('one that is not there is said so', () => {
    const store = openTemporary()
    expect(() => store.runs.get('nothing')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
  })

  test('for a model that is not there is refused', () => {
    const store = openTemporary()
    const { project, data } = seeded(store)
    expect(() =>
      store.runs.create({
        projectId: project.id,
        modelId: 'gone',
        datasetId: data.id,
        name: 'r',
        config: config(),
        sweepId: null,
      }),
    ).toThrow(expect.objectContaining({ code: 'CONFLICT' }))
  })
})

describe('metric series', () => {
  test('come back by name and step; a repeated step takes the newer value; what is not finite is a gap', () => {
    const store = openTemporary()
    const run = seeded(store).queue()
    store.metrics.add(run.id, [
      { name: 'loss', step: 2, value: 0.5 },
      { name: 'loss', step: 1, value: Number.NaN },
      { name: 'accuracy', step: 1, value: 80 },
    ])
    store.metrics.add(run.id, [{ name: 'loss', step: 2, value: 0.25 }])
    expect(store.metrics.list(run.id)).toEqual([
      { name: 'accuracy', step: 1, value: 80 },
      { name: 'loss', step: 1, value: null },
      { name: 'loss', step: 2, value: 0.25 },
    ])
    expect(store.metrics.list(run.id, ['accuracy'])).toHaveLength(1)
  })

  test('a long series is told by its extremes: no peak, no gap and no end is lost', () => {
    const store = openTemporary()
    const run = seeded(store).queue()
    const value = (step: number) => (step === 777 ? 50 : step === 4321 ? -50 : Math.sin(step / 300))
    store.metrics.add(
      run.id,
      Array.from({ length: 10_000 }, (_value, step) => ({
        name: 'loss',
        step,
        value: step >= 6000 && step < 6500 ? Number.NaN : value(step),
      })),
    )
    store.metrics.add(run.id, [{ name: 'kl', step: 1, value: 1 }])
    const points = store.metrics.list(run.id, undefined, 200)
    const loss = points.filter(({ name }) => name === 'loss')
    expect(points.length - loss.length).toBe(1)
    expect(loss.length).toBeLessThanOrEqual(200)
    const steps = loss.map(({ step }) => step)
    expect(steps).toEqual([...new Set(steps)].toSorted((a, b) => a - b))
    for (const point of loss) if (point.value !== null) expect(point.value).toBeCloseTo(value(point.step), 12)
    expect(loss.some((point) => point.value === null)).toBe(true)
    expect(steps).toEqual(expect.arrayContaining([777, 4321, 9999]))
    expect(store.metrics.list(run.id, ['loss'], 20_000)).toEqual(store.metrics.list(run.id, ['loss']))
  })

  test('are all or none', () => {
    const store = openTemporary()
    const run = seeded(store).queue()
    const bad = { name: null as unknown as string, step: 2, value: 1 }
    expect(() => store.metrics.add(run.id, [{ name: 'loss', step: 1, value: 1 }, bad])).toThrow()
    expect(store.metrics.list(run.id)).toEqual([])
  })
})

describe('ten thousand runs', () => {
  test('are listed by the index of their project, without sorting and without their kept units', () => {
    const store = openTemporary()
    const { queue, project } = seeded(store)
    store.transaction(() => {
      for (let i = 0; i < 10_000; i++) {
        const { id } = queue({ seed: i })
        store.runs.finish(id, { status: 'done', result: result() })
      }
    })
    expect(store.runs.list(project.id)).toHaveLength(10_000)
    expect(store.projects.list()[0]).toMatchObject({ counts: { runs: 10_000 } })
    const plan = store.database
      .prepare<[string], { detail: string }>(
        'EXPLAIN QUERY PLAN SELECT id FROM runs WHERE project_id = ? AND (deleted_at IS NOT NULL) = 0 ORDER BY created_at, rowid',
      )
      .all(project.id)
      .map(({ detail }) => detail)
    expect(plan.join()).toContain('USING INDEX runs_by_project')
    expect(plan.join()).not.toContain('TEMP B-TREE')
  })
})

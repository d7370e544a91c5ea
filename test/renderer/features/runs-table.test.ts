/** The runs table: sorting, views, many runs at once, what is remembered. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { useSettings } from '../../../src/renderer/app/settings.store'
import { type ColumnHelp, columns } from '../../../src/renderer/features/runs/columns'
import { readPart } from '../../../src/renderer/features/runs/read-table'
import { sortRuns, sortTexts } from '../../../src/renderer/features/runs/rows'
import { thinPoints } from '../../../src/renderer/features/tradeoff/points'
import { makeWorld } from '../fake/world'
import { createFakeClient } from '../fake-client'
import { type Mounted, mountApp } from '../mount'

vi.mock('../../../src/renderer/features/tradeoff/TradeoffChart.vue', () => ({
  __esModule: true,
  default: { template: '<div />' },
}))

describe('sorting', () => {
  const { runs } = makeWorld()
  const help = {
    t: (key: string) => key,
    strategy: (name: string) => name,
    goal: String,
    title: (run: (typeof runs)[number]) => run.id,
    model: String,
    dataset: String,
    format: new Proxy({}, { get: () => String }),
  } as unknown as ColumnHelp

  it('orders by every column, whichever way, with nothing lost and what has no value last', () => {
    for (const column of columns) {
      for (const descending of [false, true]) {
        const sorted = sortRuns(runs, { id: column.id, descending }, help)
        expect(new Set(sorted)).toEqual(new Set(runs))
        const values = sorted.map((run) => column.sort(run, help))
        const firstNull = values.indexOf(null)
        if (firstNull >= 0) expect(values.slice(firstNull).every((value) => value === null)).toBe(true)
        const numbers = values.filter((value): value is number => typeof value === 'number')
        expect(numbers).toEqual(numbers.toSorted((a, b) => (descending ? b - a : a - b)))
      }
    }
  })
})

it('many names are in the order in which a collator puts them, numbers as numbers', () => {
  const words = ['Random', 'L2', '随机', 'Taylor', 'keep']
  const names = Array.from({ length: 400 }, (_value, at) => `${words[at % 5]} · ${(at * 37) % 101} % · seed ${at % 13}`)
  const { compare } = new Intl.Collator(undefined, { numeric: true })
  expect(sortTexts(names)).toEqual(names.toSorted(compare))
})

describe('very many points', () => {
  const points = Array.from({ length: 10_000 }, (_value, at) => ({
    runId: `${at}`,
    runIds: [`${at}`],
    x: at % 100,
    y: Math.floor(at / 100) / 10,
    strategy: at % 2 ? 'a' : 'b',
  }))

  it('are thinned evenly, and what must be seen is kept', () => {
    const kept = new Set([points[77], points[9_999]])
    const { drawn, behind } = thinPoints(points, (point) => kept.has(point))
    const all = [...drawn.map((point) => point.runId), ...[...behind.values()].flat()]
    expect(new Set(all).size).toBe(points.length)
    expect(drawn.length).toBeLessThan(8_000)
    for (const point of kept) expect(drawn).toContain(point)
    for (const measure of ['x', 'y'] as const) {
      const whole = points.map((point) => point[measure])
      const some = drawn.map((point) => point[measure])
      expect(Math.min(...some)).toBe(Math.min(...whole))
      expect(Math.max(...whole) - Math.max(...some)).toBeLessThan((Math.max(...whole) - Math.min(...whole)) / 50)
    }
    expect(thinPoints(points.slice(0, 50), () => false).drawn).toHaveLength(50)
  })
})

it('the table text gives back the runs, without the rounds', async () => {
  const { client, world } = createFakeClient()
  const { runs } = readPart(await (await client.runs.table({ projectId: 'p-sample', deleted: false })).text())
  const expected = world.runs
    .filter((run) => run.projectId === 'p-sample')
    .toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))
  expect(runs).toEqual(
    expected.map((run) => ({ ...run, result: run.result && { ...run.result, rounds: [], kept: {} } })),
  )
})

describe('the screen', () => {
  let mounted: Mounted
  afterEach(() => {
    mounted.wrapper.unmount()
    window.localStorage.clear()
  })
  const button = (text: string) => {
    const found = mounted.wrapper.findAll('button').find((candidate) => candidate.text() === text)
    if (!found) throw new Error(`There is no button "${text}".`)
    return found
  }
  const click = async (text: string) => {
    await button(text).trigger('click')
    await mounted.settle()
  }
  const rowCount = () => Number(mounted.wrapper.find('[role=grid]').attributes('aria-rowcount')) - 1
  const search = () => mounted.wrapper.find<HTMLInputElement>('input[role=combobox]')

  it('shows the newest runs at once and the others when they come, and keeps what changed meanwhile', async () => {
    const fake = createFakeClient()
    const [source] = fake.world.runs.filter((run) => run.projectId === 'p-sample')
    if (!source) throw new Error('The sample has runs.')
    for (let at = 0; at < 300; at++) {
      const createdAt = new Date(Date.parse('2020-01-01') + at * 1000).toISOString()
      fake.world.runs.push({ ...source, id: `old-${at}`, createdAt })
    }
    const { table } = fake.client.runs
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    fake.client.runs.table = Object.assign(async (input: Parameters<typeof table>[0]) => {
      if (input.after) await held
      return table(input)
    }, table)
    mounted = await mountApp('/p/p-sample/runs', fake)
    expect(rowCount()).toBe(200)
    expect(mounted.wrapper.find('.bar .count').text()).toContain('200 of')
    release()
    await vi.waitFor(() =>
      expect(rowCount()).toBe(fake.world.runs.filter((run) => run.projectId === 'p-sample').length),
    )
    expect(mounted.wrapper.find('.bar .count').text()).not.toContain('so far')
  })

  it('saves a view, shows it again, and takes it back after a removal', async () => {
    mounted = await mountApp('/p/p-sample/runs')
    const all = rowCount()
    await search().setValue('strategy:l2')
    const some = rowCount()
    await click('Views')
    await click('Save this view as …')
    await mounted.wrapper.find('#view-form input').setValue('Only L2')
    await mounted.wrapper.find('#view-form').trigger('submit')
    await search().setValue('')
    await mounted.settle()
    expect(rowCount()).toBe(all)
    await click('Views')
    await click('Only L2')
    expect(rowCount()).toBe(some)
    expect(search().element.value).toBe('strategy:l2')
    await click('Only L2')
    await click('Remove “Only L2”')
    await click('Undo')
    await click('Only L2')
    expect(some).toBeLessThan(all)
  })

  it('tags many at once and takes it back from those alone that it changed', async () => {
    const fake = createFakeClient()
    const [first, second] = fake.world.runs.filter((run) => run.projectId === 'p-sample').slice(-2)
    fake.world.runs = fake.world.runs.map((run) => (run.id === first?.id ? { ...run, tags: ['keep'] } : run))
    mounted = await mountApp('/p/p-sample/runs', fake)
    await search().setValue(`seed:${first?.config.seed} or seed:${second?.config.seed}`)
    await mounted.wrapper.find('.head input[type=checkbox]').trigger('change')
    await click('Tag')
    await mounted.wrapper.find('.selection form input').setValue('keep')
    await mounted.wrapper.find('.selection form').trigger('submit')
    await mounted.settle()
    const tagged = () => fake.world.runs.filter((run) => run.tags.includes('keep')).length
    expect(tagged()).toBeGreaterThan(1)
    await click('Undo')
    expect(tagged()).toBe(1)
  })

  it('remembers the search, the grouping, what is folded and the sorting', async () => {
    // A window that closed before the services had answered: the safety copy speaks.
    const silent = createFakeClient()
    silent.client.app.saveSettings = () => new Promise(() => {})
    mounted = await mountApp('/p/p-sample/runs', silent)
    await search().setValue('status:done')
    void useSettings().flush()
    const select = mounted.wrapper.find<HTMLSelectElement>('select.group')
    select.element.selectedIndex = 2
    await select.trigger('change')
    await mounted.wrapper.find('.line.group').trigger('click')
    await mounted.settle()
    const before = rowCount()
    mounted.wrapper.unmount()
    mounted = await mountApp('/p/p-sample/runs', createFakeClient())
    expect(search().element.value).toBe('status:done')
    expect(rowCount()).toBe(before)
  })

  it('says which terms it could not read', async () => {
    mounted = await mountApp('/p/p-sample/runs')
    await search().setValue('colour:red ')
    expect(mounted.wrapper.find('.filter [role=status]').text()).toContain('colour:red')
  })
})

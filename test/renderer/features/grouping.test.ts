/** Groups of runs within groups: how they nest and fold, what their rows say, and where they are kept. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Run, tableLayoutSchema } from '../../../src/contract'
import { type ColumnHelp, columns, initialLayout } from '../../../src/renderer/features/runs/columns'
import { figuresOf } from '../../../src/renderer/features/runs/figures'
import { groupFigure, groupsFrom, groupsOf } from '../../../src/renderer/features/runs/groups'
import { pathsOf, rowsOf, treeOf } from '../../../src/renderer/features/runs/rows'
import { formatPercent } from '../../../src/renderer/ui/format'
import { makeWorld } from '../fake/world'
import { type Mounted, mountApp } from '../mount'

vi.mock('../../../src/renderer/features/tradeoff/TradeoffChart.vue', () => ({
  __esModule: true,
  default: { template: '<div />' },
}))

const { runs } = makeWorld()
const help = {
  t: (key: string) => key,
  column: (id: string) => id,
  valued: (id: string, value: string) => `${id} ${value}`,
  strategy: (name: string) => name,
  goal: ({ kind, value }: Run['config']['goal']) => `${kind} ${value}`,
  title: (run: Run) => run.id,
  model: (id: string) => id,
  dataset: (id: string) => id,
  format: {
    time: String,
    list: (words: readonly string[]) => words.join(),
    metric: (value: number) => formatPercent(value, 'en'),
  },
} as unknown as ColumnHelp

describe('rows of groups within groups', () => {
  it('hold every run once, below the groups that it belongs to', () => {
    const rows = rowsOf(treeOf(runs, ['strategy', 'goal', 'seed'], help), new Set())
    const path: string[] = []
    const seen: string[] = []
    for (const row of rows) {
      if (row.kind === 'group') path.splice(row.level, path.length, row.title)
      else {
        const { strategy, goal, seed } = row.run.config
        expect(path).toEqual([strategy, help.goal(goal), `seed ${seed}`])
        seen.push(row.key)
      }
    }
    expect(seen.toSorted()).toEqual(runs.map(({ id }) => id).toSorted())
  })

  it('say how many runs they hold, whatever lies between', () => {
    const rows = rowsOf(treeOf(runs, ['strategy', 'goal'], help), new Set())
    const sum = (level: number) =>
      rows.reduce((all, row) => all + (row.kind === 'group' && row.level === level ? row.runs.length : 0), 0)
    expect([sum(0), sum(1)]).toEqual([runs.length, runs.length])
  })

  it('fold with everything in them, one or all', () => {
    const tree = treeOf(runs, ['strategy', 'goal'], help)
    const all = pathsOf(tree)
    const outermost = rowsOf(tree, new Set(all))
    expect(outermost.every((row) => row.kind === 'group' && row.level === 0)).toBe(true)
    const [first] = outermost
    const folded = rowsOf(tree, new Set([first?.key ?? '']))
    const [own, next] = folded
    expect([own?.key, next?.kind === 'group' && next.level]).toEqual([first?.key, 0])
  })
})

describe('what a group says in a column', () => {
  const accuracy = columns.find(({ id }) => id === 'accuracy')
  const members = runs.filter((run) => run.config.strategy === 'l2' && run.status === 'done')

  it('is the mean with the sample deviation of its finished runs', () => {
    const values = members.flatMap((run) => figuresOf(run).metric ?? [])
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))
    expect(values.length).toBeGreaterThan(1)
    expect(accuracy && groupFigure(accuracy, members, help)).toEqual({
      mean: formatPercent(mean, 'en'),
      spread: `±${Number(deviation.toPrecision(2))}`,
      n: values.length,
    })
  })

  it('is nothing for settings, and for accuracies beside errors', () => {
    const seed = columns.find(({ id }) => id === 'seed')
    expect(seed && groupFigure(seed, members, help)).toBeNull()
    const [one, ...others] = members as [Run, ...Run[]]
    const error = one.result && { ...one.result, result: { ...one.result.result, metric: 'rmse' as const } }
    expect(accuracy && groupFigure(accuracy, [{ ...one, result: error }, ...others], help)).toBeNull()
  })
})

describe('fields to group by', () => {
  it('are read from layouts of one level, and from addresses', () => {
    expect(groupsOf('none')).toEqual([])
    expect(groupsOf('goal')).toEqual(['goal'])
    expect(groupsFrom('strategy,colour,goal,strategy,seed,tags')).toEqual(['strategy', 'goal', 'seed'])
  })

  it.each(['none', 'strategy', [], ['strategy', 'goal', 'seed']])(
    '%j is a layout that an archive may hold',
    (group) => {
      expect(tableLayoutSchema.parse({ ...initialLayout, group }).group).toEqual(group)
    },
  )

  it.each([['colour'], ['none'], ['a', 'b', 'c', 'd']])('%j is none', (...group) => {
    expect(tableLayoutSchema.safeParse({ ...initialLayout, group }).success).toBe(false)
  })
})

describe('the table', () => {
  let mounted: Mounted | undefined
  afterEach(() => {
    mounted?.wrapper.unmount()
    mounted = undefined
  })
  const groupsShown = () => mounted?.wrapper.findAll('.line.group') ?? []
  const choose = async (selector: string, value: string) => {
    await mounted?.wrapper.get(selector).setValue(value)
    await mounted?.settle()
  }

  it('groups by one field and then another, and the address says so', async () => {
    mounted = await mountApp('/p/p-sample/runs')
    await choose('select.group', 'strategy')
    await mounted.wrapper.get('button.within').trigger('click')
    await choose('.pop select', 'goal')
    await vi.waitFor(() => expect(mounted?.router.currentRoute.value.query.group).toBe('strategy,goal'))
    expect(mounted.wrapper.get('button.within').text()).toContain('› Budget')
    const [first, second] = groupsShown()
    expect(first?.find('.group-head').attributes('style')).not.toBe(second?.find('.group-head').attributes('style'))
  })

  it('does not call off the way to another screen, however long that takes to be read', async () => {
    mounted = await mountApp('/p/p-sample/runs')
    mounted.router.beforeResolve(() => new Promise((resolve) => setTimeout(resolve, 400)))
    await choose('select.group', 'strategy')
    await mounted.router.push({ name: 'new-run', params: { projectId: 'p-sample' } })
    expect(mounted.router.currentRoute.value.name).toBe('new-run')
  })

  it('comes grouped and searched from an address, folds all at once, and selects a group', async () => {
    mounted = await mountApp('/p/p-sample/runs?search=status:done&group=strategy,seed')
    expect(mounted.wrapper.get<HTMLInputElement>('[role=combobox]').element.value).toBe('status:done')
    expect(groupsShown().length).toBeGreaterThan(0)
    await mounted.wrapper.get('button.within').trigger('click')
    await mounted.wrapper.findAll('.pop .btn')[0]?.trigger('click')
    expect(mounted.wrapper.findAll('.body .line:not(.group)')).toHaveLength(0)
    const [group] = groupsShown()
    const count = Number(/of (\d+) done/.exec(group?.text() ?? '')?.[1])
    await group?.get('input[type=checkbox]').trigger('click')
    await mounted.settle()
    expect(mounted.wrapper.get('.selection').text()).toContain(`${count} selected`)
  })
})

/** Reports: what they say, and that nothing a person typed can become markup or a formula. */
import { describe, expect, test } from 'vitest'
import { paretoFront, ticks, viewFloor } from '../../../src/main/services/report/chart'
import { type ReportInput, report, toRow } from '../../../src/main/services/report/index'
import { config, environment, result, trace } from '../support/values'

const entry = (name: string, changes: Parameters<typeof result>[0] = {}, settings = {}) => ({
  run: {
    id: name,
    projectId: 'p',
    modelId: 'm',
    datasetId: 'd',
    name,
    config: config(settings),
    status: 'done' as const,
    progress: null,
    heardAt: null,
    etaSeconds: null,
    result: result(changes),
    error: null,
    environment,
    resultModelId: 'r',
    sweepId: null,
    tags: [],
    notes: '',
    deletedAt: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    startedAt: null,
    finishedAt: null,
  },
  model: { name: 'net' },
  dataset: { name: 'data' },
  trace,
})

const input = (runs: ReportInput['runs'], changes: Partial<ReportInput> = {}): ReportInput => ({
  title: 'Comparison',
  goal: '',
  runs,
  baselineRunId: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  product: '0.1.0',
  ...changes,
})

describe('runs on different data', () => {
  const apart = entry('b', { after: 80, macs: 200 })
  const text = report(
    input([entry('a'), { ...apart, dataset: { name: 'other' } }, entry('c', { after: 85, macs: 300 })], {
      baselineRunId: 'a',
    }),
    'html',
  )

  test('are not measured against one another, and the report says so', () => {
    expect(text).toContain('measured on different data')
    expect(text).not.toContain('(−9.50)')
    expect(text).toContain('(−4.50)')
    expect(text).toMatch(/class="front" points=""/)
  })
})

describe('HTML', () => {
  const text = report(
    input([entry('a'), entry('b', { after: 80, macs: 200 }, { seed: 3 })], { baselineRunId: 'a' }),
    'html',
  )

  test('needs nothing from outside and runs no script', () => {
    expect(text).not.toMatch(/<script|<link|<img|\bsrc=|href=|url\(|@import/i)
  })

  test('shows every run, the change against the baseline, and only the settings that differ', () => {
    expect(text).toContain('a (baseline)')
    expect(text).toContain('(−9.50)')
    expect(text).toMatch(/<td>seed<\/td><td>0<\/td><td>3<\/td>/)
    expect(text).not.toContain('<td>roundTo</td>')
  })

  test('draws a point a run and a bar a run and group', () => {
    expect(text.match(/<circle/g)).toHaveLength(2)
    expect(text.match(/<rect class="bar-/g)).toHaveLength(2)
  })

  test('escapes whatever a person typed', () => {
    const nasty = '</title><script>alert(1)</script>"\'&'
    const hostile = report(input([entry(nasty)], { title: nasty, goal: nasty }), 'html')
    expect(hostile).not.toContain('<script>')
    expect(hostile).toContain('&lt;script&gt;')
  })

  test('does without a chart where there are no labels', () => {
    expect(report(input([entry('a', { before: null, after: null })]), 'html')).not.toContain('<circle')
  })
})

describe('errors', () => {
  const error = (name: string, after: number, macs: number) => {
    const one = entry(name, { before: 0.2, after, macs })
    return {
      ...one,
      run: { ...one.run, result: { ...one.run.result, result: { ...one.run.result.result, metric: 'rmse' as const } } },
    }
  }
  const runs = [error('a', 0.00312, 500), error('b', 0.3, 400), error('c', 0.25, 300)]

  test('lose by growing, with their own figures', () => {
    const text = report(input(runs, { baselineRunId: 'a' }), 'html')
    expect(text).toContain('<td>0.200</td><td>0.00312</td>')
    expect(text).toContain('<span class="bad">(+0.297)</span>')
    expect(text).toContain('<td>+50.00 %</td>')
    expect(toRow(runs[1] as (typeof runs)[number]).drop).toBeCloseTo(50)
  })

  test('are better the smaller they are, on the front and on the chart', () => {
    expect(paretoFront(runs.map(toRow)).map(({ name }) => name)).toEqual(['c', 'a'])
    const text = report(input(runs), 'html')
    const heights = [...text.matchAll(/cy="([\d.]+)"/g)].map(([, y]) => Number(y))
    // From the top: a, c, b.
    expect(heights[0]).toBeLessThan(heights[2] as number)
    expect(heights[2]).toBeLessThan(heights[1] as number)
  })
})

describe('in the language of the reader', () => {
  const settings = (goal: string) => [
    { name: '数据集', value: 'fashion' },
    { name: '预算', value: goal },
  ]
  const told = {
    a: {
      name: 'L2 范数 <b>',
      strategy: 'L2 范数',
      refit: '逐层重新拟合',
      warnings: ['数据不足。'],
      settings: settings('保留 50 % 的乘加数'),
    },
    b: { name: '随机', strategy: '随机', refit: '不拟合', warnings: [], settings: settings('保留 30 % 的乘加数') },
  }
  const text = report(input([entry('a'), entry('b')], { baselineRunId: 'a', language: 'zh-CN', told }), 'html')

  test('has its words, its names and its warnings, escaped', () => {
    expect(text).toContain('<html lang="zh-CN">')
    expect(text).toContain('<h2>结果</h2>')
    expect(text).toContain('L2 范数 &lt;b&gt;（基线）')
    expect(text).toContain('数据不足。')
    expect(text).not.toMatch(/>(Run|Before|Settings|Trade-off|Environment|Setting)</)
  })

  test('says what was set in the words of the form, and no key of a file', () => {
    expect(text).toContain('<tr><td>预算</td><td>保留 50 % 的乘加数</td><td>保留 30 % 的乘加数</td></tr>')
    expect(text).not.toMatch(/keep-macs|finetune|goal\.|cores|modelHash/)
  })
})

describe('warnings', () => {
  const lines = (of: Record<string, string[]>, language?: ReportInput['language']) => {
    const told = Object.fromEntries(
      Object.entries(of).map(([id, warnings]) => [id, { name: id.toUpperCase(), strategy: '', refit: '', warnings }]),
    )
    const text = report(
      input(
        Object.keys(of).map((id) => entry(id)),
        { told, language },
      ),
      'html',
    )
    return [...text.matchAll(/<p><b>(.*?)<\/b> (.*?)<\/p>/g)].map(([, whose, what]) => `${whose?.trim()} ${what}`)
  }

  test('are said once, with the runs that they are of', () => {
    const of = {
      a: ['Few samples.', 'Drawn from train.'],
      b: ['Few samples.'],
      c: ['Few samples.', 'Drawn from train.'],
    }
    expect(lines(of)).toEqual(['All runs: Few samples.', 'A, C: Drawn from train.'])
    expect(lines(of, 'zh-CN')).toEqual(['所有运行： Few samples.', 'A、C： Drawn from train.'])
  })

  test('of a single run bear its name, and there is no heading without any', () => {
    expect(lines({ a: ['Few samples.'] })).toEqual(['A: Few samples.'])
    expect(lines({ a: [] })).toEqual([])
  })
})

test('what rounds to nothing is neither a gain nor a loss', () => {
  const text = report(
    input([entry('a', { after: 90 }), entry('b', { after: 89.9999 })], { baselineRunId: 'a' }),
    'html',
  )
  expect(text).toContain('(±0.00)')
  expect(text).not.toContain('−0.00')
})

describe('CSV', () => {
  test('has a line a run, quotes what needs it, and defuses formulas', () => {
    const lines = report(input([entry('a, "b"'), entry('=HYPERLINK(1)')]), 'csv').split('\r\n')
    expect(lines[0]).toContain('id,name,model')
    expect(lines[1]).toContain('"a, ""b""",net')
    expect(lines[2]).toContain(",'=HYPERLINK(1),")
    expect(lines).toHaveLength(4)
  })

  test('leaves a missing metric empty', () => {
    const [, line] = report(input([entry('a', { before: null, after: null })]), 'csv').split('\r\n')
    expect(line).toContain(',none,,,,0.97')
  })
})

test('JSON holds figures, configuration, environment and widths', () => {
  expect(JSON.parse(report(input([entry('a')]), 'json'))).toMatchObject({
    title: 'Comparison',
    runs: [
      {
        id: 'a',
        drop: 0.5,
        macsKept: 0.5,
        config: config(),
        environment,
        widths: [{ group: 'conv1', before: 4, after: 3 }],
      },
    ],
  })
})

test('the Pareto front holds what nothing beats, in the order of MACs', () => {
  const rows = [
    entry('small', { macs: 100, after: 80 }),
    entry('beaten', { macs: 300, after: 79 }),
    entry('large', { macs: 900, after: 90 }),
    entry('middle', { macs: 300, after: 85 }),
  ].map(toRow)
  expect(paretoFront(rows).map(({ name }) => name)).toEqual(['small', 'middle', 'large'])
})

test('a run that has collapsed is drawn at the edge and does not press the others together', () => {
  const rows = (...after: number[]) => after.map((value, at) => toRow(entry(String(at), { after: value })))
  expect(viewFloor(rows(92, 90, 21))).toBeLessThan(90)
  expect(viewFloor(rows(92, 90, 21))).toBeGreaterThan(80)
  expect(viewFloor(rows(92, 90))).toBeNull()
  const content = report(input([entry('a', { after: 92 }), entry('b', { after: 21 })]), 'html')
  expect(content).toContain('On the lower edge')
  expect(content).toContain('21.00')
})

test('ticks are round numbers inside the range', () => {
  expect(ticks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1])
  expect(ticks(83.7, 90.4, 6)).toEqual([84, 86, 88, 90])
})

/** A person's own charts: any two columns of the runs table against each other, kept under a name. */
import type { OwnChart, Run } from '../../../contract'
import { type Column, type ColumnHelp, columns } from '../runs'

/** Shares are shown in percent. */
const shares = new Set(['macs', 'params', 'bytes', 'agreement'])
export const isShare = (id: string): boolean => shares.has(id)

export const columnOf = (id: string): Column | undefined => columns.find((column) => column.id === id)
export const figureColumns: readonly Column[] = columns.filter((column) => column.numeric)
export const wordColumns: readonly Column[] = columns.filter(
  (column) => !column.numeric && !['name', 'notes', 'created', 'finished'].includes(column.id),
)

const figureOf = (column: Column, run: Run, help: ColumnHelp): number | null => {
  const value = column.sort(run, help)
  if (typeof value !== 'number') return null
  // The table sorts by points lost and shows the change.
  return isShare(column.id) ? 100 * value : column.id === 'drop' ? -value : value
}

export interface Dot {
  readonly runId: string
  readonly x: number
  readonly y: number
}

/** Mean of the runs at one place. */
export interface Stop {
  readonly at: number | string
  readonly mean: number
  readonly n: number
}

export interface ChartSeries {
  readonly name: string
  /** The strategy's own name where the series is one, for its colour. */
  readonly strategy: string | null
  readonly dots: readonly Dot[]
  readonly stops: readonly Stop[]
}

interface Group {
  readonly strategy: string | null
  readonly dots: Dot[]
  readonly places: Map<number | string, number[]>
}

/** Bars beyond this many cannot be read. */
export const mostBars = 24

/**
 * The chart's data: dots of a scatter, means a place for lines (in the order of x) and bars (in the order of the runs).
 * Runs without a figure for either column are left out.
 */
export function chartSeries(chart: OwnChart, runs: readonly Run[], help: ColumnHelp): ChartSeries[] {
  const [x, y, split] = [columnOf(chart.x), columnOf(chart.y), columnOf(chart.split)]
  if (!x || !y) return []
  const groups = new Map<string, Group>()
  for (const run of runs) {
    const value = figureOf(y, run, help)
    const place = x.numeric ? figureOf(x, run, help) : x.text(run, help)
    if (value === null || place === null) continue
    const name = split ? split.text(run, help) : ''
    const group: Group = groups.get(name) ?? {
      strategy: chart.split === 'strategy' ? run.config.strategy : null,
      dots: [],
      places: new Map(),
    }
    groups.set(name, group)
    if (typeof place === 'number') group.dots.push({ runId: run.id, x: place, y: value })
    // Shares differ in digits that nobody asked about; what looks the same is the same place.
    const at = typeof place === 'number' && isShare(x.id) ? Math.round(place) : place
    const there = group.places.get(at)
    if (there) there.push(value)
    else group.places.set(at, [value])
  }
  return [...groups].map(([name, { strategy, dots, places }]) => {
    const stops = [...places].map(([at, values]) => ({
      at,
      n: values.length,
      mean: values.reduce((sum, one) => sum + one, 0) / values.length,
    }))
    if (x.numeric) stops.sort((a, b) => Number(a.at) - Number(b.at))
    return { name, strategy, dots, stops }
  })
}

/** What an empty screen offers to begin with. */
export const firstCharts: readonly Omit<OwnChart, 'id'>[] = [
  { name: '', kind: 'line', x: 'macs', y: 'accuracy', split: 'strategy' },
  { name: '', kind: 'bar', x: 'strategy', y: 'drop', split: 'none' },
  { name: '', kind: 'scatter', x: 'duration', y: 'drop', split: 'strategy' },
]

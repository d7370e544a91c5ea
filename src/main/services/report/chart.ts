/** Charts of a report as SVG: the trade-off of result against MACs, and the kept width of every group. */
import { lessIsBetter } from '../../../contract/outcome'
import { html, type Markup } from './html'
import type { ReportRow, ReportRun, Told } from './model'
import { figure, percent } from './numbers'
import type { Words } from './words'

const width = 760
const height = 360
const margin = { left: 56, right: 16, top: 16, bottom: 44 }
export const colourCount = 8

/** Round numbers, about `wanted` of them, from low to high. */
export function ticks(low: number, high: number, wanted: number): number[] {
  const rough = (high - low) / wanted
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)))
}

/** Runs of one strategy and refit belong to one series. */
export const seriesOf = (row: ReportRow, told?: Pick<Told, 'strategy' | 'refit'>): string =>
  told
    ? [told.strategy, ...(row.refit === 'none' ? [] : [told.refit])].join(' · ')
    : row.refit === 'none'
      ? row.strategy
      : `${row.strategy} + ${row.refit} refit`

/** More is better here for every metric. */
const score = (row: ReportRow): number => (lessIsBetter(row.metric) ? -1 : 1) * (row.after ?? Number.NaN)

/** Points on the Pareto front: nothing else has both fewer MACs and a result at least as good. */
export const paretoFront = (rows: readonly ReportRow[]): ReportRow[] =>
  rows
    .filter(
      (row) =>
        row.after !== null &&
        !rows.some(
          (other) =>
            other.after !== null &&
            other.macsKept <= row.macsKept &&
            score(other) >= score(row) &&
            (other.macsKept < row.macsKept || score(other) > score(row)),
        ),
    )
    .sort((a, b) => a.macsKept - b.macsKept)

/** So many points below the best still tell runs apart; what lies deeper has collapsed and would press the others together. */
const viewDepth = 8

/** The lowest value that the chart shows; null where all fit, and where less is better. */
export function viewFloor(rows: readonly ReportRow[]): number | null {
  if (rows.some(({ metric }) => lessIsBetter(metric))) return null
  const values = rows.flatMap(({ after }) => after ?? [])
  const floor = Math.floor(Math.max(...values, ...rows.flatMap(({ before }) => before ?? [])) - viewDepth)
  const inside = values.filter((value) => value >= floor).length
  return inside === 0 || inside === values.length ? null : floor
}

/**
 * Task metric against the share of MACs kept; null where no run has a metric. Better is up, for errors too.
 * @param comparable measured on the same data: only then is there a front, and an original to stand above all
 */
export function tradeOff(
  rows: readonly ReportRow[],
  seriesFor: (row: ReportRow) => number,
  comparable: boolean,
  words: Words,
): Markup | null {
  const drawn = rows.filter((row) => row.after !== null)
  if (drawn.length === 0) return null
  const floor = viewFloor(drawn)
  const shown = (value: number): number => Math.max(value, floor ?? value)
  const values = drawn.flatMap((row) => [shown(row.after as number), ...(row.before === null ? [] : [row.before])])
  const spread = Math.max(...values) - Math.min(...values) || 1
  const [low, high] = [Math.min(...values) - spread * 0.08, Math.max(...values) + spread * 0.08]
  const most = Math.min(1, Math.max(...drawn.map((row) => row.macsKept)) * 1.1)
  const x = (share: number): number => margin.left + (share / most) * (width - margin.left - margin.right)
  const turned = drawn.every(({ metric }) => lessIsBetter(metric))
  const y = (value: number): number =>
    margin.top + ((turned ? value - low : high - value) / (high - low)) * (height - margin.top - margin.bottom)
  const front = comparable ? paretoFront(drawn) : []
  const before = comparable ? (drawn.find((row) => row.before !== null)?.before ?? null) : null
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${words.chart}">
    ${ticks(low, high, 6).map(
      (
        tick,
      ) => html`<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${y(tick)}" y2="${y(tick)}"/>
        <text class="tick" x="${margin.left - 8}" y="${y(tick) + 4}" text-anchor="end">${tick}</text>`,
    )}
    ${ticks(0, most, 6).map(
      (tick) =>
        html`<text class="tick" x="${x(tick)}" y="${height - margin.bottom + 18}" text-anchor="middle">${Math.round(tick * 100)} %</text>`,
    )}
    <line class="axis" x1="${margin.left}" x2="${width - margin.right}" y1="${height - margin.bottom}" y2="${height - margin.bottom}"/>
    <text class="label" x="${width / 2}" y="${height - 6}" text-anchor="middle">${words.macsKept}</text>
    ${before === null ? null : html`<line class="before" x1="${margin.left}" x2="${width - margin.right}" y1="${y(before)}" y2="${y(before)}"/>`}
    <polyline class="front" points="${front.map((row) => `${x(row.macsKept)},${y(shown(row.after as number))}`).join(' ')}"/>
    ${floor === null ? null : html`<text class="tick" x="${width - margin.right}" y="${height - margin.bottom - 6}" text-anchor="end">${words.atEdge}</text>`}
    ${drawn.map(
      (
        row,
      ) => html`<circle class="series-${seriesFor(row) % colourCount}" cx="${x(row.macsKept)}" cy="${y(shown(row.after as number))}" r="5">
        <title>${words.named(row.name, words.at(figure(row.after, row.metric), percent(row.macsKept), row.seed))}</title></circle>`,
    )}
  </svg>`
}

const barHeight = 14
const rowGap = 10
const nameWidth = 190

/** Kept units a group, one bar a run. */
export function keptWidths(runs: readonly ReportRun[], words: Words): Markup | null {
  const groups = runs.flatMap((entry) => entry.trace.groups.map((group) => group.group))
  const names = [...new Set(groups)]
  if (names.length === 0) return null
  const blockHeight = runs.length * barHeight + rowGap
  const space = width - nameWidth - 90
  return html`<svg viewBox="0 0 ${width} ${names.length * blockHeight}" role="img" aria-label="${words.widthsChart}">
    ${names.map(
      (name, at) =>
        html`<text class="label" x="${nameWidth - 10}" y="${at * blockHeight + (runs.length * barHeight) / 2 + 4}" text-anchor="end">${name.length > 28 ? `…${name.slice(-27)}` : name}<title>${name}</title></text>
      ${runs.map((entry, i) => {
        const group = entry.trace.groups.find((other) => other.group === name)
        if (!group) return null
        const top = at * blockHeight + i * barHeight
        const share = group.kept.length / group.unitsBefore
        return html`<rect class="whole" x="${nameWidth}" y="${top + 1}" width="${space}" height="${barHeight - 3}"/>
          <rect class="bar-${i % colourCount}" x="${nameWidth}" y="${top + 1}" width="${space * share}" height="${barHeight - 3}"><title>${words.named(entry.run.name, words.of(group.kept.length, group.unitsBefore))}</title></rect>
          <text class="tick" x="${nameWidth + space + 8}" y="${top + barHeight - 3}">${group.kept.length} / ${group.unitsBefore}</text>`
      })}`,
    )}
  </svg>`
}

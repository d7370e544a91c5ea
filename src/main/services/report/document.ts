/** The report as one HTML file that opens offline, without the product, and says all it knows. */
import { lessIsBetter } from '../../../contract/outcome'
import { colourCount, keptWidths, seriesOf, tradeOff } from './chart'
import { html, Markup } from './html'
import { dataKey, oneData, type ReportInput, type ReportRow, type ReportRun, toRow } from './model'
import { change, figure, large, percent, signed } from './numbers'
import { style } from './style'
import { type Words, wordsOf } from './words'

const legend = (names: readonly string[]): Markup =>
  html`<div class="legend">${names.map((name, i) => html`<span><i class="swatch-${i % colourCount}"></i>${name}</span>`)}</div>`

/** Against the pinned run where there is one, on the same data. */
const against = (row: ReportRow, baseline: ReportRow | undefined, sameData: boolean): Markup | null => {
  if (!baseline || !sameData || baseline.id === row.id || row.after === null || baseline.after === null) return null
  const difference = row.after - baseline.after
  const worse = lessIsBetter(row.metric) ? difference > 0 : difference < 0
  const text =
    row.metric === 'rmse'
      ? `${difference < 0 ? '−' : '+'}${figure(Math.abs(difference), row.metric)}`
      : signed(difference)
  return html` <span class="${worse ? 'bad' : 'good'}">(${text})</span>`
}

function resultTable(runs: readonly ReportRun[], baselineRunId: string | null, words: Words): Markup {
  const rows = runs.map(toRow)
  const baseline = rows.find((row) => row.id === baselineRunId)
  const timed = rows.some((row) => row.latencyMs !== null)
  const base = runs.find(({ run }) => run.id === baselineRunId)
  const sameData = (at: number): boolean => base !== undefined && dataKey(runs[at] as ReportRun) === dataKey(base)
  return html`<div class="scroll"><table>
    <thead><tr><th>${words.run}</th><th>${words.before}</th><th>${words.after}</th><th>${words.change}</th><th>${words.agreement}</th><th>KL</th><th>${words.macs}</th><th>${words.params}</th><th>${words.bytes}</th>${timed ? html`<th>${words.latency}</th>` : null}<th>${words.time}</th></tr></thead>
    <tbody>${rows.map(
      (row, at) => html`<tr${row.id === baselineRunId ? new Markup(' class="pinned"') : null}>
      <td>${row.name}${row.id === baselineRunId ? words.baseline : null}</td>
      <td>${figure(row.before, row.metric)}</td><td>${figure(row.after, row.metric)}${against(row, baseline, sameData(at))}</td>
      <td>${change(row.drop, row.metric)}</td>
      <td>${percent(row.agreement)}</td><td>${row.kl.toPrecision(3)}</td>
      <td>${large(row.macs)} (${percent(row.macsKept)})</td><td>${large(row.params)} (${percent(row.paramsKept)})</td>
      <td>${large(row.bytes)}B (${percent(row.bytesKept)})</td>${timed ? html`<td>${row.latencyMs === null ? '–' : `${row.latencyMs.toPrecision(3)} ms`}</td>` : null}<td>${row.seconds.toFixed(1)} s</td></tr>`,
    )}</tbody></table></div>`
}

/** Flat names and values of a configuration. */
const flatten = (value: unknown, name = ''): [string, string][] =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.entries(value).flatMap(([key, inner]) => flatten(inner, name === '' ? key : `${name}.${key}`))
    : [[name, Array.isArray(value) ? value.join(', ') : String(value)]]

function settingsTable(runs: readonly ReportRun[], told: ReportInput['told'], words: Words): Markup {
  const columns = runs.map(({ run, project, model, dataset }): Map<string, string> => {
    const settings = told?.[run.id]?.settings ?? []
    if (settings.length > 0) return new Map(settings.map(({ name, value }) => [name, value]))
    return new Map([
      ...(project ? [[words.project, project.name] as const] : []),
      [words.model, model.name],
      [words.data, dataset.name],
      ...flatten(run.config),
    ])
  })
  const names = [...new Set(columns.flatMap((column) => [...column.keys()]))]
  const differing = names.filter((name) => new Set(columns.map((column) => column.get(name))).size > 1)
  const shown = differing.length > 0 ? differing : names
  return html`<p class="soft">${differing.length > 0 ? words.onlyDiffers : words.allAlike}</p>
  <div class="scroll"><table><thead><tr><th>${words.setting}</th>${runs.map(({ run }) => html`<th>${run.name}</th>`)}</tr></thead>
  <tbody>${shown.map((name) => html`<tr><td>${name}</td>${columns.map((column) => html`<td>${column.get(name)}</td>`)}</tr>`)}</tbody></table></div>`
}

/** Each said once, with the runs that it is of. */
function warnings(runs: readonly ReportRun[], told: ReportInput['told'], words: Words): Markup | null {
  const of = new Map<string, string[]>()
  for (const { run } of runs) {
    for (const text of new Set(told?.[run.id]?.warnings ?? run.result.warnings)) {
      of.set(text, [...(of.get(text) ?? []), run.name])
    }
  }
  if (of.size === 0) return null
  const whose = (names: readonly string[]): string =>
    names.length === runs.length && runs.length > 1 ? words.allRuns : names.join(words.between)
  return html`<h2>${words.warnings}</h2>${[...of].map(
    ([text, names]) => html`<p><b>${words.named(whose(names), '')}</b> ${text}</p>`,
  )}`
}

const environments = (runs: readonly ReportRun[], { captured }: Words): Markup[] =>
  [...new Set(runs.map(({ run }) => JSON.stringify(run.environment)))]
    .filter((text) => text !== 'null')
    .map(
      (text) =>
        html`<p class="soft">${flatten(JSON.parse(text))
          .map(([name, value]) => `${captured[name as keyof Words['captured']] ?? name} ${value}`)
          .join(' · ')}</p>`,
    )

/** As the workbench calls them; else runs of several projects are told apart by these. */
function named(runs: readonly ReportRun[], told: ReportInput['told']): readonly ReportRun[] {
  const projects = new Set(runs.map(({ run }) => run.projectId))
  const nameOf = ({ run, project }: ReportRun): string =>
    told?.[run.id]?.name ?? (projects.size < 2 ? run.name : `${run.name} · ${project?.name ?? ''}`)
  return runs.map((entry) => ({ ...entry, run: { ...entry.run, name: nameOf(entry) } }))
}

export function reportHtml(given: ReportInput): string {
  const { told } = given
  const words = wordsOf(given.language)
  const input = { ...given, runs: named(given.runs, told) }
  const comparable = oneData(input.runs)
  const rows = input.runs.map(toRow)
  const ofRow = (row: ReportRow): string => seriesOf(row, told?.[row.id])
  const series = [...new Set(rows.map(ofRow))]
  const chart = tradeOff(rows, (row) => series.indexOf(ofRow(row)), comparable, words)
  const widths = keptWidths(input.runs, words)
  const measured = [...new Set(rows.map((row) => words.measured(row.samples, row.split, row.dataset)))]
  const metrics = [...new Set(rows.map((row) => words.metric[row.metric] ?? row.metric))].join(', ')
  return html`<!doctype html>
<html lang="${words.language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${input.title}</title><style>${new Markup(style)}</style></head><body>
<h1>${input.title}</h1>
${input.goal === '' ? null : html`<p>${input.goal}</p>`}
<p class="soft">${words.head(rows.length, metrics, measured.join('; '))} · ${input.createdAt.slice(0, 16).replace('T', ' ')} UTC · Espalier ${input.product}</p>
${comparable ? null : html`<p class="bad">${words.apart}</p>`}
<h2>${words.results}</h2>${resultTable(input.runs, input.baselineRunId, words)}
${chart ? html`<h2>${words.tradeOff}</h2><figure>${chart}${legend(series)}<p class="soft">${words.points}${comparable ? ` ${words.front}` : null}</p></figure>` : null}
${widths ? html`<h2>${words.widths}</h2><figure>${widths}${legend(input.runs.map(({ run }) => run.name))}</figure>` : null}
<h2>${words.settings}</h2>${settingsTable(input.runs, told, words)}
${warnings(input.runs, told, words)}
<h2>${words.environment}</h2>${environments(input.runs, words)}
</body></html>
`.text
}

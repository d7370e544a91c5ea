/** The report as one HTML file that opens offline, without the product, and says all it knows. */
import { colourCount, keptWidths, seriesOf, tradeOff } from './chart'
import { html, Markup } from './html'
import { dataKey, oneData, type ReportInput, type ReportRow, type ReportRun, toRow } from './model'
import { large, percent, points, signed } from './numbers'
import { style } from './style'

const legend = (names: readonly string[]): Markup =>
  html`<div class="legend">${names.map((name, i) => html`<span><i class="swatch-${i % colourCount}"></i>${name}</span>`)}</div>`

/** Against the pinned run where there is one, on the same data. */
const against = (row: ReportRow, baseline: ReportRow | undefined, sameData: boolean): Markup | null => {
  if (!baseline || !sameData || baseline.id === row.id || row.after === null || baseline.after === null) return null
  const change = row.after - baseline.after
  return html` <span class="${change < 0 ? 'bad' : 'good'}">(${signed(change)})</span>`
}

function resultTable(runs: readonly ReportRun[], baselineRunId: string | null): Markup {
  const rows = runs.map(toRow)
  const baseline = rows.find((row) => row.id === baselineRunId)
  const timed = rows.some((row) => row.latencyMs !== null)
  const base = runs.find(({ run }) => run.id === baselineRunId)
  const sameData = (at: number): boolean => base !== undefined && dataKey(runs[at] as ReportRun) === dataKey(base)
  return html`<div class="scroll"><table>
    <thead><tr><th>Run</th><th>Before</th><th>After</th><th>Change</th><th>Agreement</th><th>KL</th><th>MACs</th><th>Parameters</th><th>Bytes</th>${timed ? html`<th>Latency</th>` : null}<th>Time</th></tr></thead>
    <tbody>${rows.map(
      (row, at) => html`<tr${row.id === baselineRunId ? new Markup(' class="pinned"') : null}>
      <td>${row.name}${row.id === baselineRunId ? ' (baseline)' : null}</td>
      <td>${points(row.before)}</td><td>${points(row.after)}${against(row, baseline, sameData(at))}</td>
      <td>${signed(row.drop === null ? null : -row.drop)}</td>
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

function settingsTable(runs: readonly ReportRun[]): Markup {
  const columns = runs.map(
    ({ run, project, model, dataset }) =>
      new Map([
        ...(project ? [['project', project.name] as const] : []),
        ['model', model.name],
        ['data', dataset.name],
        ...flatten(run.config),
      ]),
  )
  const names = [...new Set(columns.flatMap((column) => [...column.keys()]))]
  const differing = names.filter((name) => new Set(columns.map((column) => column.get(name))).size > 1)
  const shown = differing.length > 0 ? differing : names
  return html`<p class="soft">${differing.length > 0 ? 'Only what differs between the runs.' : 'All runs have the same settings.'}</p>
  <div class="scroll"><table><thead><tr><th>Setting</th>${runs.map(({ run }) => html`<th>${run.name}</th>`)}</tr></thead>
  <tbody>${shown.map((name) => html`<tr><td>${name}</td>${columns.map((column) => html`<td>${column.get(name)}</td>`)}</tr>`)}</tbody></table></div>`
}

const warnings = (runs: readonly ReportRun[]): Markup | null => {
  const lines = runs.flatMap(({ run }) => run.result.warnings.map((text) => html`<p><b>${run.name}:</b> ${text}</p>`))
  return lines.length === 0 ? null : html`<h2>To be read with care</h2>${lines}`
}

const environments = (runs: readonly ReportRun[]): Markup[] =>
  [...new Set(runs.map(({ run }) => JSON.stringify(run.environment)))]
    .filter((text) => text !== 'null')
    .map(
      (text) =>
        html`<p class="soft">${flatten(JSON.parse(text))
          .map(([name, value]) => `${name} ${value}`)
          .join(' · ')}</p>`,
    )

/** Runs of several projects are told apart by these. */
function named(runs: readonly ReportRun[]): readonly ReportRun[] {
  const projects = new Set(runs.map(({ run }) => run.projectId))
  if (projects.size < 2) return runs
  return runs.map((entry) => ({
    ...entry,
    run: { ...entry.run, name: `${entry.run.name} · ${entry.project?.name ?? ''}` },
  }))
}

export function reportHtml(given: ReportInput): string {
  const input = { ...given, runs: named(given.runs) }
  const comparable = oneData(input.runs)
  const rows = input.runs.map(toRow)
  const series = [...new Set(rows.map(seriesOf))]
  const chart = tradeOff(rows, series, comparable)
  const widths = keptWidths(input.runs)
  const measured = [...new Set(rows.map((row) => `${row.samples} samples of the ${row.split} split of ${row.dataset}`))]
  const metrics = [...new Set(rows.map((row) => row.metric))].join(', ')
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${input.title}</title><style>${new Markup(style)}</style></head><body>
<h1>${input.title}</h1>
${input.goal === '' ? null : html`<p>${input.goal}</p>`}
<p class="soft">${rows.length} runs · ${metrics} on ${measured.join('; ')} · ${input.createdAt.slice(0, 16).replace('T', ' ')} UTC · Espalier ${input.product}</p>
${comparable ? null : html`<p class="bad">These runs were measured on different data, so their accuracies do not compare; differences stand only beside runs on the baseline's data.</p>`}
<h2>Results</h2>${resultTable(input.runs, input.baselineRunId)}
${chart ? html`<h2>Trade-off</h2><figure>${chart}${legend(series)}<p class="soft">Each point is a run${comparable ? '; the line joins the runs that no other beats in both directions; dashed is the network before pruning' : null}.</p></figure>` : null}
${widths ? html`<h2>Kept width a group</h2><figure>${widths}${legend(input.runs.map(({ run }) => run.name))}</figure>` : null}
<h2>Settings</h2>${settingsTable(input.runs)}
${warnings(input.runs)}
<h2>Environment</h2>${environments(input.runs)}
</body></html>
`.text
}

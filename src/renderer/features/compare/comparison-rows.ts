/** The rows of the comparison table: a figure or a setting each, with its difference from the baseline. */
import type { Outcome, Run } from '../../../contract'
import { lessIsBetter } from '../../../contract/outcome'
import type { Format } from '../../ui/use-format'
import { figuresOf } from '../runs'

export interface RowHelp {
  readonly format: Format
  t(key: string): string
  strategy(name: string): string
  goal(goal: Run['config']['goal']): string
  project(run: Run): string
  model(run: Run): string
  dataset(run: Run): string
  /** Measured on the same samples. */
  sameData(one: Run, other: Run): boolean
}

interface NumberRow {
  readonly id: string
  readonly kind: 'number'
  readonly section: 'result' | 'configuration'
  value(run: Run): number | null
  show(value: number, format: Format, run: Run): string
  delta(difference: number, format: Format, run: Run): string
  /** Which way is better; null where neither is. */
  readonly better: 'more' | 'less' | null
}

interface TextRow {
  readonly id: string
  readonly kind: 'text'
  readonly section: 'result' | 'configuration'
  value(run: Run, help: RowHelp): string
}

export type RowKind = NumberRow | TextRow

const count = (id: string, value: (run: Run) => number | null): NumberRow => ({
  id,
  kind: 'number',
  section: 'result',
  value,
  show: (of, format) => format.count(of),
  delta: (difference, format) =>
    `${difference > 0 ? '+' : difference < 0 ? '−' : '±'}${format.count(Math.abs(difference))}`,
  better: 'less',
})

const points = (id: string, value: (run: Run) => number | null, show: NumberRow['show']): NumberRow => ({
  id,
  kind: 'number',
  section: 'result',
  value,
  show,
  delta: (difference, format) => format.delta(difference),
  better: 'more',
})

/** Their rows show where some run has them. */
const otherMetrics = ['f1', 'mean-iou', 'perplexity', 'rmse'] as const

/** A row for each metric that some run has; `compareRuns` leaves the others out. */
const metric = (name: Outcome['metric']): NumberRow => ({
  ...points(
    name,
    (run) => (figuresOf(run).metricName === name ? figuresOf(run).metric : null),
    (of, format) => format.metric(of, name),
  ),
  ...(lessIsBetter(name) ? { better: 'less' as const } : {}),
})

const setting = (id: string, value: (run: Run) => number): NumberRow => ({
  id,
  kind: 'number',
  section: 'configuration',
  value,
  show: (of) => String(of),
  delta: (difference, format) => format.delta(difference, 0),
  better: null,
})

const text = (
  id: string,
  value: (run: Run, help: RowHelp) => string,
  section: TextRow['section'] = 'configuration',
): TextRow => ({
  id,
  kind: 'text',
  section,
  value,
})

/** Of how a run fine-tunes; one that does not has none of it, whatever its form kept. */
const trained = (id: string, value: (finetune: Run['config']['finetune'], help: RowHelp) => string): TextRow =>
  text(id, (run, help) => (run.config.finetune.epochs > 0 ? value(run.config.finetune, help) : '–'))

const ofTraining = new Set(['finetuneSamples', 'learningRate', 'schedule', 'warmup', 'augment', 'distill'])

export const comparisonRows: readonly RowKind[] = [
  text('status', (run, { t }) => t(`common.status.${run.status}`), 'result'),
  ...(['accuracy', ...otherMetrics] as const).map(metric),
  {
    ...points(
      'drop',
      (run) => {
        const { drop } = figuresOf(run)
        return drop === null ? null : -drop
      },
      (of, format, run) => format.change(-of, figuresOf(run).metricName),
    ),
    delta: (difference, format, run) =>
      lessIsBetter(figuresOf(run).metricName) ? format.delta(-difference, 1) : format.delta(difference),
  },
  count('macs', (run) => figuresOf(run).macs),
  count('params', (run) => figuresOf(run).params),
  {
    ...count('bytes', (run) => figuresOf(run).bytes),
    show: (of, format) => format.bytes(of),
    delta: (difference, format) =>
      `${difference > 0 ? '+' : difference < 0 ? '−' : '±'}${format.bytes(Math.abs(difference))}`,
  },
  {
    ...points(
      'latency',
      (run) => figuresOf(run).latency,
      (of, format) => format.milliseconds(of),
    ),
    delta: (difference, format) =>
      `${difference > 0 ? '+' : difference < 0 ? '−' : '±'}${format.milliseconds(Math.abs(difference))}`,
    better: 'less',
  },
  {
    ...points(
      'agreement',
      (run) => {
        const { agreement } = figuresOf(run)
        return agreement === null ? null : agreement * 100
      },
      (of, format) => format.percent(of, 1),
    ),
    delta: (difference, format) => format.delta(difference, 1),
  },
  {
    ...points(
      'kl',
      (run) => figuresOf(run).kl,
      (of, format) => format.small(of),
    ),
    delta: (difference, format) =>
      `${difference > 0 ? '+' : difference < 0 ? '−' : '±'}${format.small(Math.abs(difference))}`,
    better: 'less',
  },
  {
    ...points(
      'duration',
      (run) => figuresOf(run).seconds,
      (of, format) => format.duration(of),
    ),
    delta: (difference, format) =>
      `${difference > 0 ? '+' : difference < 0 ? '−' : '±'}${format.duration(Math.abs(difference))}`,
    better: 'less',
  },
  text('project', (run, help) => help.project(run)),
  text('model', (run, help) => help.model(run)),
  text('dataset', (run, help) => help.dataset(run)),
  text('strategy', (run, help) => help.strategy(run.config.strategy)),
  text('goal', (run, help) => help.goal(run.config.goal)),
  text('iterations', (run, { t }) =>
    run.config.iterations === undefined ? t('common.none') : String(run.config.iterations),
  ),
  text('allocation', (run, { t }) => t(`common.allocation.${run.config.allocation}`)),
  text('refit', (run, { t }) => t(`common.refit.${run.config.refit}`)),
  setting('epochs', (run) => run.config.finetune.epochs),
  trained('finetuneSamples', ({ samples }, { t, format }) =>
    samples === 0 ? t('common.all') : format.number(samples),
  ),
  trained('learningRate', ({ learningRate }) => String(learningRate)),
  trained('schedule', ({ schedule = 'linear' }, { t }) => t(`newRun.scheduleOf.${schedule}`)),
  trained('warmup', ({ warmup = 0 }, { t, format }) => (warmup === 0 ? t('common.none') : format.share(warmup, 0))),
  trained(
    'augment',
    ({ augment = [] }, { t, format }) =>
      format.list(augment.map((each) => t(`newRun.augmentOf.${each}`))) || t('common.none'),
  ),
  text('distill', (run, { t }) => t(run.config.finetune.distill ? 'common.yes' : 'common.no')),
  setting('calibration', (run) => run.config.calibration),
  text('refitSamples', (run, { t }) => String(run.config.refitSamples ?? t('common.all'))),
  setting('roundTo', (run) => run.config.roundTo),
  text('protect', (run, { t, format }) => format.list(run.config.protect) || t('common.none')),
  setting('seed', (run) => run.config.seed),
  setting('batch', (run) => run.config.batch),
  text('backend', (run) => run.environment?.backend ?? run.config.backend),
]

export interface Cell {
  readonly text: string
  readonly delta: string
  readonly tone: 'good' | 'bad' | ''
}

export interface ComparisonRow {
  readonly id: string
  readonly section: 'result' | 'configuration'
  readonly differs: boolean
  readonly numeric: boolean
  readonly cells: readonly Cell[]
}

const toneOf = (difference: number, better: NumberRow['better']): Cell['tone'] => {
  if (better === null || Math.abs(difference) < 1e-9) return ''
  return difference > 0 === (better === 'more') ? 'good' : 'bad'
}

/** What samples tell: on other samples there is no difference to speak of. */
const ofSamples = new Set<string>(['accuracy', ...otherMetrics, 'drop', 'agreement', 'kl'])

function numberRow(row: NumberRow, runs: readonly Run[], baseline: Run, { format, sameData }: RowHelp): ComparisonRow {
  const base = row.value(baseline)
  const values = runs.map((run) => row.value(run))
  const cells = runs.map((run, index): Cell => {
    const value = values[index] ?? null
    if (value === null) return { text: '–', delta: '', tone: '' }
    const shown = row.show(value, format, run)
    const apart = ofSamples.has(row.id) && !sameData(run, baseline)
    if (run.id === baseline.id || base === null || apart) return { text: shown, delta: '', tone: '' }
    return { text: shown, delta: row.delta(value - base, format, run), tone: toneOf(value - base, row.better) }
  })
  return { id: row.id, section: row.section, numeric: true, differs: new Set(values).size > 1, cells }
}

function textRow(row: TextRow, runs: readonly Run[], baseline: Run, help: RowHelp): ComparisonRow {
  const base = row.value(baseline, help)
  const values = runs.map((run) => row.value(run, help))
  return {
    id: row.id,
    section: row.section,
    numeric: false,
    differs: new Set(values).size > 1,
    cells: values.map((value): Cell => ({ text: value, delta: value === base ? '' : '≠', tone: '' })),
  }
}

const isMetric = (id: string): boolean => id === 'accuracy' || otherMetrics.some((name) => name === id)

/** Accuracy also stands for what nothing has measured yet. */
function measuredBy(runs: readonly Run[], id: string): boolean {
  const names = new Set(runs.map((run) => figuresOf(run).metricName))
  return names.has(id as Outcome['metric']) || (id === 'accuracy' && !otherMetrics.some((name) => names.has(name)))
}

/** One cell a run, in the order of the runs; the baseline's cells have no difference. */
export const compareRuns = (runs: readonly Run[], baseline: Run, help: RowHelp): ComparisonRow[] =>
  comparisonRows
    .filter(({ id }) => id !== 'project' || runs.some((run) => run.projectId !== baseline.projectId))
    .filter(({ id }) => !isMetric(id) || measuredBy(runs, id))
    .filter(({ id }) => !ofTraining.has(id) || runs.some((run) => run.config.finetune.epochs > 0))
    .filter(({ id }) => id !== 'iterations' || runs.some((run) => run.config.iterations !== undefined))
    .filter(({ id }) => id !== 'latency' || runs.some((run) => figuresOf(run).latency !== null))
    .map((row) => (row.kind === 'number' ? numberRow(row, runs, baseline, help) : textRow(row, runs, baseline, help)))

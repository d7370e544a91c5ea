/** The columns of the runs table: what each shows and sorts by. Widths in pixels. */
import type { Run, TableLayout } from '../../../contract'
import type { Format } from '../../ui/use-format'
import { figuresOf } from './figures'

export interface ColumnHelp {
  readonly format: Format
  t(key: string): string
  /** A column's name; that of the task metric is what the runs were measured by. */
  column(id: string): string
  /** A value under its column's name: seed 3. */
  valued(id: string, value: string): string
  strategy(name: string): string
  goal(goal: Run['config']['goal']): string
  title(run: Run): string
  model(id: string): string
  dataset(id: string): string
}

export interface Column {
  readonly id: string
  readonly width: number
  readonly numeric: boolean
  /** Shown until the person chooses otherwise. */
  readonly initial: boolean
  text(run: Run, help: ColumnHelp): string
  /** Null sorts last, whichever way. */
  sort(run: Run, help: ColumnHelp): number | string | null
  /** A figure of this column that need not be a run's own. */
  readonly show?: (value: number, format: Format, run: Run) => string
}

const blank = '–'

const words = (id: string, width: number, initial: boolean, text: (run: Run, help: ColumnHelp) => string): Column => ({
  id,
  width,
  initial,
  numeric: false,
  text,
  sort: (run, help) => text(run, help).toLowerCase(),
})

const figure = (
  id: string,
  width: number,
  initial: boolean,
  value: (run: Run) => number | null,
  show: (value: number, format: Format, run: Run) => string,
): Column => ({
  id,
  width,
  initial,
  numeric: true,
  text: (run, { format }) => {
    const known = value(run)
    return known === null ? blank : show(known, format, run)
  },
  sort: (run) => value(run),
  show,
})

const moment = (id: string, initial: boolean, value: (run: Run) => string | null): Column => ({
  id,
  width: 130,
  initial,
  numeric: false,
  text: (run, { format }) => {
    const at = value(run)
    return at === null ? blank : format.ago(at)
  },
  sort: (run) => {
    const at = value(run)
    return at === null ? null : Date.parse(at)
  },
})

export const columns: readonly Column[] = [
  words('name', 280, true, (run, help) => help.title(run)),
  {
    id: 'status',
    width: 150,
    numeric: false,
    initial: true,
    text: (run, { t }) => t(`common.status.${run.status}`),
    sort: (run) => ['running', 'queued', 'interrupted', 'failed', 'cancelled', 'done'].indexOf(run.status),
  },
  words('strategy', 126, true, (run, help) => help.strategy(run.config.strategy)),
  words('goal', 150, false, (run, help) => help.goal(run.config.goal)),
  figure(
    'macs',
    100,
    true,
    (run) => figuresOf(run).macsKept,
    (v, f) => f.share(v),
  ),
  figure(
    'params',
    112,
    true,
    (run) => figuresOf(run).paramsKept,
    (v, f) => f.share(v),
  ),
  figure(
    'bytes',
    92,
    false,
    (run) => figuresOf(run).bytesKept,
    (v, f) => f.share(v),
  ),
  figure(
    'size',
    92,
    false,
    (run) => figuresOf(run).bytes,
    (v, f) => f.bytes(v),
  ),
  figure(
    'accuracy',
    96,
    true,
    (run) => figuresOf(run).metric,
    (v, f, run) => f.metric(v, figuresOf(run).metricName),
  ),
  figure(
    'drop',
    96,
    true,
    (run) => figuresOf(run).drop,
    (v, f, run) => f.change(v, figuresOf(run).metricName),
  ),
  figure(
    'agreement',
    104,
    true,
    (run) => figuresOf(run).agreement,
    (v, f) => f.share(v),
  ),
  figure(
    'kl',
    84,
    false,
    (run) => figuresOf(run).kl,
    (v, f) => f.small(v),
  ),
  figure(
    'latency',
    96,
    false,
    (run) => figuresOf(run).latency,
    (v, f) => f.milliseconds(v),
  ),
  words('refit', 150, true, (run, { t }) => t(`common.refit.${run.config.refit}`)),
  figure(
    'epochs',
    88,
    false,
    (run) => run.config.finetune.epochs,
    (v, f) => f.number(v),
  ),
  words('allocation', 100, false, (run, { t }) => t(`common.allocation.${run.config.allocation}`)),
  figure(
    'seed',
    64,
    true,
    (run) => run.config.seed,
    (v) => String(v),
  ),
  figure(
    'calibration',
    100,
    false,
    (run) => run.config.calibration,
    (v, f) => f.number(v),
  ),
  figure(
    'duration',
    96,
    true,
    (run) => figuresOf(run).seconds,
    (v, f) => f.duration(v),
  ),
  moment('created', true, (run) => run.createdAt),
  moment('finished', false, (run) => run.finishedAt),
  words('backend', 90, false, (run) => run.environment?.backend ?? run.config.backend),
  words('model', 150, false, (run, help) => help.model(run.modelId)),
  words('dataset', 150, false, (run, help) => help.dataset(run.datasetId)),
  words('tags', 140, true, (run) => run.tags.join(', ')),
  words('notes', 200, false, (run) => run.notes),
]

export const initialLayout: TableLayout = {
  order: columns.map((column) => column.id),
  hidden: columns.filter((column) => !column.initial).map((column) => column.id),
  widths: {},
  sort: { id: 'created', descending: true },
  group: [],
}

/** The columns to show, in order; columns that came with a newer version join at the end. */
export function shownColumns(layout: TableLayout): Column[] {
  const byId = new Map(columns.map((column) => [column.id, column]))
  const known = layout.order.flatMap((id) => byId.get(id) ?? [])
  const joined = columns.filter((column) => !layout.order.includes(column.id) && column.initial)
  return [...known.filter((column) => !layout.hidden.includes(column.id)), ...joined]
}

/** A column as it stands on the screen. */
export interface PlacedColumn {
  readonly column: Column
  readonly width: number
}

export const placedColumns = (layout: TableLayout): PlacedColumn[] =>
  shownColumns(layout).map((column) => ({ column, width: layout.widths[column.id] ?? column.width }))

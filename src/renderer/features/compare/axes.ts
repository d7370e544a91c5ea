/** The axes of the parallel coordinates: settings that differ between the runs, then results. */
import type { Run } from '../../../contract'
import type { ParallelAxis } from '../../charts/parallel'
import type { Format } from '../../ui/use-format'
import { figuresOf, metricOf } from '../runs'

export interface AxisHelp {
  readonly format: Format
  t(key: string): string
  strategy(name: string): string
  /** Median milliseconds of a run's exported network; null where none was measured. */
}

/** Names in the order they first appear. */
function category(id: string, label: string, names: readonly string[]): ParallelAxis {
  const categories = [...new Set(names)]
  return {
    id,
    label,
    categories,
    values: names.map((name) => categories.indexOf(name)),
    format: (value) => categories[Math.round(value)] ?? '',
  }
}

export function parallelAxes(runs: readonly Run[], { format, t, strategy }: AxisHelp): ParallelAxis[] {
  const number = (
    id: string,
    value: (run: Run) => number | null,
    show: (value: number) => string,
    label = `compare.row.${id}`,
  ): ParallelAxis => ({
    id,
    label: t(label),
    values: runs.map(value),
    format: show,
  })
  const metric = metricOf(runs)
  const differs = ({ values }: ParallelAxis) => new Set(values).size > 1
  const whole = (value: number) => format.number(value)
  const settings = [
    category(
      'strategy',
      t('compare.row.strategy'),
      runs.map((run) => strategy(run.config.strategy)),
    ),
    number(
      'goal',
      (run) =>
        run.config.goal.kind === 'keep-macs' || run.config.goal.kind === 'keep-params' ? run.config.goal.value : null,
      (value) => format.share(value, 0),
    ),
    category(
      'allocation',
      t('compare.row.allocation'),
      runs.map((run) => t(`common.allocation.${run.config.allocation}`)),
    ),
    category(
      'refit',
      t('compare.row.refit'),
      runs.map((run) => t(`common.refit.${run.config.refit}`)),
    ),
    number('epochs', (run) => run.config.finetune.epochs, whole),
    number('roundTo', (run) => run.config.roundTo, whole),
    number('calibration', (run) => run.config.calibration, whole),
    number('seed', (run) => run.config.seed, whole),
  ].filter(differs)
  const results = [
    number(
      'macs',
      (run) => figuresOf(run).macsKept,
      (value) => format.share(value),
      'common.macs',
    ),
    number('bytes', (run) => figuresOf(run).bytes, format.bytes),
    number('latency', (run) => figuresOf(run).latency, format.milliseconds),
    number('kl', (run) => figuresOf(run).kl, format.small),
    number(
      'agreement',
      (run) => figuresOf(run).agreement,
      (value) => format.share(value),
    ),
    number(
      'accuracy',
      (run) => figuresOf(run).metric,
      (value) => format.metric(value, metric, 1),
      `common.metric.${metric}`,
    ),
  ].filter(({ values }) => values.some((value) => value !== null))
  return [...settings, ...results]
}

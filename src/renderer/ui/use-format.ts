/** The formatters bound to the present language. */
import { useI18n } from 'vue-i18n'
import * as format from './format'
import { useMinutes, useNow } from './use-now'

export function useFormat() {
  const { locale, t } = useI18n()
  const now = useNow()
  const minutes = useMinutes()
  return {
    number: (value: number, digits = 0) => format.formatNumber(value, locale.value, digits),
    count: (value: number) => format.formatCount(value, locale.value),
    bytes: (value: number) => format.formatBytes(value, locale.value),
    share: (value: number, digits = 1) => format.formatShare(value, locale.value, digits),
    percent: (value: number, digits = 2) => format.formatPercent(value, locale.value, digits),
    metric: (value: number, metric: string, digits = 2) => format.formatMetric(value, metric, locale.value, digits),
    change: (lost: number, metric: string) => format.formatChange(lost, metric, locale.value),
    /** The same in a sentence, where nothing else says what it is of. */
    changeInWords: (lost: number, metric: string) => {
      const change = format.formatChange(lost, metric, locale.value)
      return change.endsWith('%') ? `${t(`common.metric.${metric}`)} ${change}` : `${change} ${t('common.points')}`
    },
    delta: (value: number, digits = 2) => format.formatDelta(value, locale.value, digits),
    ago: (iso: string) =>
      format.formatAgo(iso, locale.value, minutes.value - Date.parse(iso) > 60_000 ? minutes.value : now.value),
    time: (iso: string) => format.formatTime(iso, locale.value),
    clock: (iso: string) => format.formatClock(iso, locale.value),
    small: format.formatSmall,
    duration: (seconds: number) => format.formatDuration(seconds, locale.value),
    milliseconds: (value: number) => format.formatMilliseconds(value, locale.value),
    shape: format.formatShape,
    /** One after the other, with the commas of the language. */
    list: (parts: readonly string[]) =>
      parts.reduce((all, next) => (all === '' ? next : t('common.listed', { all, next })), ''),
  }
}

export type Format = ReturnType<typeof useFormat>

/** Numbers, sizes and times as people read them. Everything takes the locale, so that tests and both languages agree. */
const cached = new Map<string, Intl.NumberFormat>()

const numberFormat = (locale: string, digits: number): Intl.NumberFormat => {
  const key = `${locale} ${digits}`
  const found = cached.get(key)
  if (found) return found
  const made = new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits })
  cached.set(key, made)
  return made
}

/** Plain digits with grouping. */
export const formatNumber = (value: number, locale: string, digits = 0): string =>
  numberFormat(locale, digits).format(value)

/** Three figures of a number below a thousand; 99.96 is 100, and not 100.0. */
function threeFigures(value: number, locale: string): string {
  const size = Math.abs(value)
  return formatNumber(value, locale, size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2)
}

/** Counts with an SI letter: 12.6 M, 288 k. SI letters are the same in both languages and in the field's papers. */
export function formatCount(value: number, locale: string): string {
  const scales: [number, string][] = [
    [1e12, 'T'],
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ]
  for (const [scale, letter] of scales) {
    // What rounds to a thousand is one of the next letter.
    if (Math.abs(value) >= (scale > 1e3 ? 0.9995 : 1) * scale) {
      return `${threeFigures(value / scale, locale)} ${letter}`
    }
  }
  return formatNumber(value, locale)
}

/** Decimal bytes, as disks and stores count them. */
export function formatBytes(value: number, locale: string): string {
  if (Math.abs(value) < 1000) return `${formatNumber(value, locale)} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  let scaled = value
  let unit = -1
  while (Math.abs(scaled) >= (unit < 0 ? 1000 : 999.5) && unit < units.length - 1) {
    scaled /= 1000
    unit += 1
  }
  return `${threeFigures(scaled, locale)} ${units[unit]}`
}

/** A share 0..1 as percent. */
export const formatShare = (value: number, locale: string, digits = 1): string =>
  `${formatNumber(value * 100, locale, digits)} %`

/** A percentage that is one already (accuracy). */
export const formatPercent = (value: number, locale: string, digits = 2): string =>
  `${formatNumber(value, locale, digits)} %`

/** A task metric by its kind: a percentage, or an error or a perplexity as the number it is. */
export const formatMetric = (value: number, metric: string, locale: string, digits = 2): string =>
  metric === 'perplexity'
    ? formatNumber(value, locale, digits)
    : metric === 'rmse'
      ? formatSmall(value)
      : formatPercent(value, locale, digits)

/** What came of a loss, signed: points of a percentage, or by how much an error or a perplexity grew, in percent of it. */
export const formatChange = (lost: number, metric: string, locale: string): string =>
  metric === 'rmse' || metric === 'perplexity' ? `${formatDelta(lost, locale, 1)} %` : formatDelta(-lost, locale)

/** A signed difference with a true minus sign. */
export function formatDelta(value: number, locale: string, digits = 2): string {
  const rounded = Number(value.toFixed(digits))
  const text = formatNumber(Math.abs(rounded), locale, digits)
  if (rounded === 0) return `±${text}`
  return rounded > 0 ? `+${text}` : `−${text}`
}

/** Errors and prices over many decades; a true minus sign. */
export const formatSmall = (value: number): string => {
  if (value === 0) return '0'
  const size = Math.abs(value)
  const text = size >= 0.01 && size < 1000 ? size.toPrecision(3) : size.toExponential(2)
  return value < 0 ? `−${text}` : text
}

/** A number of a file as short as it can be said with four figures: 3, 0.1235, −12.35. Whole numbers stay whole. */
export const formatFigure = (value: number): string => {
  const text = String(Number.isInteger(value) ? Math.abs(value) : Number(Math.abs(value).toPrecision(4)))
  return value < 0 ? `−${text}` : text
}

/** Units of a span of time: the international symbols, or the words where a language has short ones. */
const spans = {
  en: { hours: 'h', minutes: 'min', seconds: 's', milliseconds: 'ms' },
  zh: { hours: '小时', minutes: '分', seconds: '秒', milliseconds: '毫秒' },
} as const

/** Seconds as 48 s, 3 min 20 s, 2 h 5 min; in Chinese 3 分 20 秒. */
export function formatDuration(seconds: number, locale: string): string {
  const unit = spans[locale.startsWith('zh') ? 'zh' : 'en']
  const whole = Math.max(0, Math.round(seconds))
  // A tenth of a second of next to nothing would read as none.
  if (seconds > 0 && seconds < 0.095) return `${Math.max(1, Math.round(seconds * 1000))} ${unit.milliseconds}`
  if (whole < 60) return `${seconds < 10 && seconds > 0 ? seconds.toFixed(1) : whole} ${unit.seconds}`
  if (whole < 3600) return `${Math.floor(whole / 60)} ${unit.minutes} ${whole % 60} ${unit.seconds}`
  return `${Math.floor(whole / 3600)} ${unit.hours} ${Math.floor((whole % 3600) / 60)} ${unit.minutes}`
}

/** Latencies with three figures: 0.254 ms, 12.3 ms, 140 ms. */
export const formatMilliseconds = (value: number, locale: string): string =>
  `${Math.abs(value) < 0.9995 ? formatNumber(value, locale, 3) : threeFigures(value, locale)} ms`

const relativeFormats = new Map<string, Intl.RelativeTimeFormat>()

/** "3 minutes ago", from an ISO time. */
export function formatAgo(iso: string, locale: string, now: number): string {
  const seconds = (Date.parse(iso) - now) / 1000
  const say = (value: number, unit: Intl.RelativeTimeFormatUnit): string =>
    // Between figures and Chinese words there is a space everywhere.
    relative.format(value, unit).replace(/(\d)(?=\p{Script=Han})/u, '$1 ')
  const relative = relativeFormats.get(locale) ?? new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  relativeFormats.set(locale, relative)
  const size = Math.abs(seconds)
  if (size < 60) return say(Math.round(seconds), 'second')
  if (size < 3600) return say(Math.round(seconds / 60), 'minute')
  if (size < 86_400) return say(Math.round(seconds / 3600), 'hour')
  return say(Math.round(seconds / 86_400), 'day')
}

export const formatTime = (iso: string, locale: string): string =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso))

export const formatClock = (iso: string, locale: string): string =>
  new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false }).format(
    new Date(iso),
  )

/** Shapes: 1 × 64 × 8 × 8. */
export const formatShape = (shape: readonly (number | string)[]): string => (shape.length ? shape.join(' × ') : '·')

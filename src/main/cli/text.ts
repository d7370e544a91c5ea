/** Numbers and tables as a person reads them. */

const prefixes = ['', ' k', ' M', ' G', ' T']

/** 12,345,678 as "12.3 M". */
export function count(value: number): string {
  let scaled = value
  let power = 0
  while (Math.abs(scaled) >= 999.5 && power < prefixes.length - 1) {
    scaled /= 1000
    power++
  }
  return `${power === 0 ? scaled : scaled.toPrecision(3)}${prefixes[power]}`
}

export const bytes = (value: number): string => `${count(value)}B`.replace(/(\d)B$/, '$1 B')

export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

export const figure = (value: number | null, unit = ''): string => (value === null ? '-' : `${value.toFixed(2)}${unit}`)

export const milliseconds = (value: number): string =>
  value < 1000 ? `${value.toFixed(value < 10 ? 2 : 0)} ms` : `${(value / 1000).toFixed(1)} s`

/** Columns padded to their widest cell; those whose heading starts with a space stand on the right. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, i) =>
    Math.max(heading.trim().length, ...rows.map((row) => row[i]?.length ?? 0)),
  )
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => {
        const width = widths[i] as number
        return headings[i]?.startsWith(' ') ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  return [line(headings.map((heading) => heading.trim())), ...rows.map(line)].join('\n')
}

/** A table as Markdown, for an issue, a pull request, or notes. */

export interface MarkdownColumn {
  readonly title: string
  readonly numeric: boolean
}

/** What a person typed stays in its cell and means nothing: a bar would end the cell, a line break the row. */
const cell = (text: string): string =>
  text
    .replaceAll(/[\\|`*_[\]<>]/g, (sign) => `\\${sign}`)
    .replaceAll(/\s*[\r\n]+\s*/g, ' ')
    .trim()

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

export function markdownTable(columns: readonly MarkdownColumn[], rows: readonly (readonly string[])[]): string {
  const head = line(columns.map(({ title }) => cell(title)))
  const ruler = line(columns.map(({ numeric }) => (numeric ? '---:' : '---')))
  return `${[head, ruler, ...rows.map((row) => line(row.map(cell)))].join('\n')}\n`
}

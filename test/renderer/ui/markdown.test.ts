/** Tables as Markdown: every cell stays where it is, whatever a person called it. */
import { describe, expect, it } from 'vitest'
import { markdownTable } from '../../../src/renderer/ui/markdown'

const columns = [
  { title: 'Run', numeric: false },
  { title: 'MACs', numeric: true },
]

describe('a table as Markdown', () => {
  it('has a head, figures to the right, a line a row', () => {
    expect(markdownTable(columns, [['L2', '49.8 %']])).toBe('| Run | MACs |\n| --- | ---: |\n| L2 | 49.8 % |\n')
  })

  it.each([
    ['a | b', 'a \\| b'],
    ['two\nlines', 'two lines'],
    ['*bold* <b>', '\\*bold\\* \\<b\\>'],
    ['c:\\d', 'c:\\\\d'],
  ])('keeps %j in its cell', (text, shown) => {
    expect(markdownTable(columns, [[text, '1']]).split('\n')[2]).toBe(`| ${shown} | 1 |`)
  })
})

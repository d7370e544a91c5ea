import { describe, expect, it } from 'vitest'
import { Terminal } from '../../../src/main/cli/terminal'

function capture(options: { json?: boolean; quiet?: boolean; isTTY?: boolean } = {}) {
  const written = { out: '', err: '' }
  const terminal = new Terminal(
    {
      stdout: { write: (text) => (written.out += text) },
      stderr: { write: (text) => (written.err += text), isTTY: options.isTTY ?? false, columns: 60 },
    },
    { json: options.json ?? false, quiet: options.quiet ?? false },
  )
  return { terminal, written }
}

const progress = (fraction: number, stage: 'observe' | 'decide' = 'observe') => ({ stage, fraction, detail: 'batch' })

describe('the terminal', () => {
  it('prints the document with --json and the text without it, on stdout alone', () => {
    const json = capture({ json: true })
    json.terminal.result({ a: 1 }, 'text')
    expect(json.written).toEqual({ out: '{"a":1}\n', err: '' })
    const plain = capture()
    plain.terminal.result({ a: 1 }, 'text')
    expect(plain.written).toEqual({ out: 'text\n', err: '' })
  })

  it('is silent with --quiet, except for a failure', () => {
    const { terminal, written } = capture({ quiet: true })
    terminal.progress(progress(0.5))
    terminal.say('line')
    terminal.warn('line')
    terminal.failure('It broke.')
    expect(written).toEqual({ out: '', err: 'espalier: It broke.\n' })
  })

  it('prints a line a stage and a tenth where there is no terminal', () => {
    const { terminal, written } = capture()
    for (let i = 0; i < 100; i++) terminal.progress(progress(i / 200))
    terminal.progress(progress(0.5, 'decide'))
    const lines = written.err.trimEnd().split('\n')
    expect(lines.at(-1)).toBe(' 50 %  decide: batch')
    expect(lines.length).toBeGreaterThanOrEqual(5)
    expect(lines.length).toBeLessThanOrEqual(7)
  })

  it('draws one bar that fits the terminal, and wipes it before anything else', () => {
    const { terminal, written } = capture({ isTTY: true })
    terminal.progress({ stage: 'observe', fraction: 0.5, detail: 'x'.repeat(200) })
    expect(written.err).not.toContain('\n')
    expect(written.err.replace('\r', '').replace('\x1b[K', '').length).toBeLessThan(60)
    terminal.say('done')
    expect(written.err.endsWith('\r\x1b[Kdone\n')).toBe(true)
  })
})

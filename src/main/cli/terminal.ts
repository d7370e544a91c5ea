/** What the command line says and where: results on stdout, progress and warnings on stderr. */
import type { Progress } from '../../contract/run'

export interface Writable {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

export interface Streams {
  readonly stdout: Writable
  readonly stderr: Writable
}

export interface TerminalOptions {
  readonly json: boolean
  readonly quiet: boolean
}

/** Share of the work after which a new line of progress is due where there is no terminal to draw a bar on. */
const lineEvery = 0.1
const barWidth = 24

export class Terminal {
  readonly json: boolean
  readonly quiet: boolean
  /** Whether the result has been printed. */
  answered = false
  private readonly streams: Streams
  private readonly warned = new Set<string>()
  private barDrawn = false
  private lastStage = ''
  private lastFraction = 0

  constructor(streams: Streams, options: TerminalOptions) {
    this.streams = streams
    this.json = options.json
    this.quiet = options.quiet
  }

  /** The command's one result: the document with --json, else the text. */
  result(document: unknown, text: string): void {
    this.clearBar()
    this.answered = true
    this.streams.stdout.write(`${this.json ? JSON.stringify(document) : text}\n`)
  }

  /** A line for the reader, not part of the result. */
  say(line: string): void {
    if (this.quiet) return
    this.clearBar()
    this.streams.stderr.write(`${line}\n`)
  }

  /** Something the reader must know to read the result rightly; said once. */
  warn(line: string): void {
    if (this.warned.has(line)) return
    this.warned.add(line)
    this.say(`warning: ${line}`)
  }

  /** What the engine has to say on the way. */
  log(level: 'info' | 'warning' | 'error', message: string): void {
    if (level === 'info') this.say(message)
    else this.warn(message)
  }

  /** Draws the bar on a terminal; elsewhere prints a line at every new stage and every tenth of the work. */
  progress({ stage, fraction, detail }: Pick<Progress, 'stage' | 'fraction' | 'detail'>): void {
    if (this.quiet) return
    const percent = `${Math.floor(fraction * 100)}`.padStart(3)
    const { stderr } = this.streams
    if (stderr.isTTY) {
      const filled = Math.round(fraction * barWidth)
      const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled)
      const line = `${bar} ${percent} %  ${stage}: ${detail}`
      stderr.write(`\r${line.slice(0, (stderr.columns ?? 80) - 1)}\x1b[K`)
      this.barDrawn = true
      return
    }
    if (stage === this.lastStage && fraction - this.lastFraction < lineEvery) return
    this.lastStage = stage
    this.lastFraction = fraction
    stderr.write(`${percent} %  ${stage}: ${detail}\n`)
  }

  /** Why the command could not do its work. Never silent. */
  failure(sentence: string): void {
    this.clearBar()
    this.streams.stderr.write(`espalier: ${sentence}\n`)
  }

  private clearBar(): void {
    if (!this.barDrawn) return
    this.streams.stderr.write('\r\x1b[K')
    this.barDrawn = false
  }
}

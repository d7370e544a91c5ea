/** Runs the command line as a user would: in this process with captured streams, or as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll } from 'vitest'
import { runCommandLine } from '../../../../src/main/cli/program'

const root = resolve(import.meta.dirname, '../../../..')

export interface Answer {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export async function espalier(...args: string[]): Promise<Answer> {
  const written = { stdout: '', stderr: '' }
  const code = await runCommandLine(args, {
    streams: {
      stdout: { write: (text) => (written.stdout += text) },
      stderr: { write: (text) => (written.stderr += text) },
    },
    signal: new AbortController().signal,
  })
  return { code, ...written }
}

/** Runs with --json; fails the test where stdout is not exactly one JSON document. */
export async function espalierJson<T>(
  ...args: string[]
): Promise<{ readonly code: number | null; readonly document: T }> {
  const { code, stdout } = await espalier(...args, '--json', '--quiet')
  return { code, document: JSON.parse(stdout) as T }
}

export interface Running {
  readonly child: ChildProcess
  readonly answer: Promise<Answer>
}

/** Starts the command line from source as a process. */
export function startEspalier(args: readonly string[], environment: Record<string, string> = {}): Running {
  const child = spawn(
    process.execPath,
    // The loader in the process itself: tsx's own command would start another one, which a kill would not reach.
    ['--import', import.meta.resolve('tsx'), join(root, 'src/main/cli/main.ts'), ...args],
    { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const written = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (written.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (written.stderr += text))
  const answer = new Promise<Answer>((done) => child.on('close', (code) => done({ code, ...written })))
  return { child, answer }
}

/** A folder that is removed after the file's tests. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-cli-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

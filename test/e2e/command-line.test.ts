/** The built command line: set-up that keeps stdout clean, the doctor, and work that is recorded in the store. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { doctorSchema } from '../../src/contract/entities'
import { layout } from '../../src/main/artifacts'
import { openStore } from '../../src/main/store'
import { trainedNetwork, writeData, writeNetwork } from '../main/cli/support/fixtures'
import { root, Workspace } from './support/workspace'

const workspace = new Workspace()
const home = join(workspace.home, 'data')
let model: string
let data: string

interface Answer {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The built bundle, over a data folder of its own. */
function espalier(args: readonly string[], onStderr?: (text: string, kill: () => void) => void): Promise<Answer> {
  const child = spawn(process.execPath, [join(root, 'out/main/cli.js'), ...args], {
    env: { ...process.env, ESPALIER_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const written = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    written.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    written.stderr += text
    onStderr?.(text, () => child.kill('SIGKILL'))
  })
  return new Promise((done) => child.on('close', (code) => done({ code, ...written })))
}

beforeAll(async () => {
  data = writeData(workspace.home, 'data.npz')
  model = await writeNetwork(workspace.home, 'trained.onnx', await trainedNetwork(data))
})

afterAll(() => workspace.remove())

const compress = (out: string, ...options: string[]) => [
  ...['compress', model, '--data', data, '--out', join(workspace.home, out), '--keep-macs', '0.5'],
  ...['--calibration', '256', '--finetune', '2', '--lr', '0.01', '--batch', '32', ...options],
]

const runsOf = (name: string) => {
  const store = openStore(layout(home).database)
  try {
    const project = store.projects.list().find((each) => each.name === name)
    return project ? store.runs.list(project.id).map((run) => store.runs.get(run.id)) : []
  } finally {
    store.close()
  }
}

describe('the built command line', () => {
  test('keeps stdout for the one document, also when it is started as npm does', async () => {
    const child = spawn(process.execPath, [join(root, 'scripts/espalier.mjs'), 'inspect', model, '--json'])
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    const code = await new Promise((done) => child.on('close', done))
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ nodes: expect.any(Number) })
  })

  test('doctor says which backend was verified', async () => {
    const { code, stdout } = await espalier(['doctor', '--json'])
    expect(code).toBe(0)
    const found = doctorSchema.parse(JSON.parse(stdout))
    expect(found.backends.find((backend) => backend.chosen)).toMatchObject({
      name: 'onnxruntime',
      available: true,
    })
    expect(found.dataFolder).toBe(home)
  })

  test('records a run in a project, with the same network as without one', async () => {
    const [recorded, plain] = await Promise.all([
      espalier(compress('recorded', '--project', 'Recorded', '--json')),
      espalier(compress('plain', '--json')),
    ])
    expect([recorded.code, plain.code]).toEqual([0, 0])
    const bytes = (out: string) => readFileSync(join(workspace.home, out, 'model.onnx'))
    expect(bytes('recorded').equals(bytes('plain'))).toBe(true)
    const [run] = runsOf('Recorded')
    expect(run).toMatchObject({ status: 'done', config: { strategy: 'result-oriented', seed: 0 } })
    expect(run?.result?.result).toEqual(JSON.parse(recorded.stdout).result)
  })

  test('goes on with a recorded run that was killed, in the same entry', async () => {
    let killed = false
    const first = await espalier(compress('resumed', '--project', 'Resumed'), (text, kill) => {
      if (!killed && / {2}recover: /.test(text)) {
        killed = true
        kill()
      }
    })
    expect(first.code).toBeNull()
    expect((await espalier(compress('resumed', '--project', 'Resumed'))).code).toBe(0)
    const runs = runsOf('Resumed')
    expect(runs.map((run) => run.status)).toEqual(['done'])
    const bytes = (out: string) => readFileSync(join(workspace.home, out, 'model.onnx'))
    expect(bytes('resumed').equals(bytes('plain'))).toBe(true)
  })
})

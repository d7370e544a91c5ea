/** When ONNX Runtime is offered as a backend: there, and right in a process of its own. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { dependencies } from '../../../../package.json'
import { confirmOnnxRuntime, onnxRuntimeOffer } from '../../../../src/main/engine/onnxruntime/offer'
import { machineKey } from '../../../../src/main/engine/trusted-check'
import { temporaryFolder } from '../../support/folders'

let home: string
const remembered = () => join(home, 'checks', 'onnxruntime.json')

beforeEach(() => {
  home = temporaryFolder()
  vi.stubEnv('ESPALIER_HOME', home)
  vi.stubEnv('ESPALIER_ONNXRUNTIME', '')
})
afterEach(() => vi.unstubAllEnvs())

/** How a check is said to have ended, or not, in a process. */
function pretend(state: 'passed' | 'failed' | 'running', pid: number, reason = ''): void {
  mkdirSync(join(home, 'checks'))
  const key = machineKey(`onnxruntime ${dependencies['onnxruntime-node']}`)
  writeFileSync(remembered(), JSON.stringify({ key, state, reason, pid }))
}

const deadPid = () => spawnSync(process.execPath, ['--version']).pid

describe('ONNX Runtime as a backend', () => {
  it('is left with a sentence where it is switched off, which nobody need be told', () => {
    vi.stubEnv('ESPALIER_ONNXRUNTIME', 'off')
    expect(onnxRuntimeOffer()).toMatchObject({
      available: false,
      wished: true,
      reason: expect.stringContaining('switched off'),
    })
  })

  it('is offered once its check has passed', () => {
    pretend('passed', process.pid)
    expect(onnxRuntimeOffer()).toMatchObject({ available: true })
  })

  it('is passed over with what its check said', () => {
    pretend('failed', process.pid, 'It computes a convolution wrongly.')
    expect(onnxRuntimeOffer()).toEqual({ available: false, reason: 'It computes a convolution wrongly.' })
  })

  it('is passed over where the process that checked it is gone', () => {
    pretend('running', deadPid())
    expect(onnxRuntimeOffer()).toMatchObject({ available: false, reason: expect.stringMatching(/ended the process/) })
  })

  it('remembers how a check inside its own process ended', () => {
    pretend('running', process.pid)
    confirmOnnxRuntime(false, 'It lies.')
    expect(JSON.parse(readFileSync(remembered(), 'utf8'))).toMatchObject({ state: 'failed', reason: 'It lies.' })
    // What is settled is not asked again.
    confirmOnnxRuntime(true, '')
    expect(onnxRuntimeOffer()).toMatchObject({ available: false })
  })
})

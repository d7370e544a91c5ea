/** The supervisor over real processes: they crash, hang, are cancelled and come back. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { forkLauncher } from '../../../src/main/engine/channel'
import { type EngineState, EngineSupervisor, type SupervisorLimits } from '../../../src/main/engine/supervisor'
import { bundle } from '../support/bundle'
import { temporaryFolder } from '../support/folders'
import { config } from '../support/values'

let entry: string
beforeAll(async () => {
  entry = await bundle('test/main/support/fake-engine.ts')
})

function supervised(limits: Partial<SupervisorLimits> = {}) {
  const states: EngineState[] = []
  const pids: number[] = []
  const launch = forkLauncher({ entry })
  const supervisor = new EngineSupervisor(
    () => {
      const channel = launch()
      pids.push(channel.pid as number)
      return channel
    },
    { backOffMs: 1, ...limits },
    (state) => states.push(state),
  )
  onTestFinished(() => supervisor.stop())
  return { supervisor, states, pids }
}

function compressInput(wish: string) {
  const folder = temporaryFolder()
  const path = join(folder, 'model')
  writeFileSync(path, wish)
  mkdirSync(join(folder, 'run'))
  return { files: [{ name: 'model', path }], data: { path }, config: config(), folder: join(folder, 'run') }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('a job', () => {
  test('answers, with progress and log on the way, and the process is used again', async () => {
    const { supervisor, states, pids } = supervised()
    const fractions: number[] = []
    const lines: string[] = []
    const output = await supervisor.run('compress', compressInput(''), {
      onProgress: ({ fraction }) => fractions.push(fraction),
      onLog: ({ message }) => lines.push(message),
    })
    expect(output.result.model.after.macs).toBe(500)
    expect(fractions).toEqual([0.25, 0.5, 0.75, 1])
    expect(lines).toEqual(['Ranking units by l1'])
    await supervisor.run('doctor', {})
    expect(pids).toHaveLength(1)
    expect(states).toEqual(['starting', 'ready', 'busy', 'ready', 'busy', 'ready'])
  })

  test('that fails keeps its code, sentence and cause across the process border', async () => {
    const { supervisor } = supervised()
    const { files } = compressInput('invalid')
    await expect(supervisor.run('inspect', { files })).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: 'This is no network.',
      cause: 'byte 0',
    })
  })

  test('that throws a defect is reported as one', async () => {
    const { supervisor } = supervised()
    await expect(supervisor.run('compress', compressInput('throw'))).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('a defect'),
    })
  })

  test('waits its turn', async () => {
    const { supervisor } = supervised()
    const order: string[] = []
    await Promise.all([
      supervisor.run('compress', compressInput('')).then(() => order.push('first')),
      supervisor.run('doctor', {}).then(() => order.push('second')),
    ])
    expect(order).toEqual(['first', 'second'])
  })
})

describe('a crash', () => {
  test('costs one job; the next one gets a new process', async () => {
    const { supervisor, states, pids } = supervised()
    const input = compressInput('crash')
    await expect(supervisor.run('compress', input)).rejects.toMatchObject({
      code: 'ENGINE_CRASHED',
      message: expect.stringContaining('resume'),
      cause: expect.stringContaining('SIGKILL'),
    })
    expect(states).toContain('restarting')

    const lines: string[] = []
    await supervisor.run('compress', input, { onLog: ({ message }) => lines.push(message) })

    expect(lines).toEqual(['Ranking units by l1', 'Trial 0', 'Trial 1'])
    expect(new Set(pids).size).toBe(2)
  })

  test('killed from outside, by its id, is noticed', async () => {
    const { supervisor, pids } = supervised()
    const running = supervisor.run('compress', compressInput('wait'), {
      onProgress: ({ fraction }) => {
        if (fraction === 0.5) process.kill(pids[0] as number, 'SIGKILL')
      },
    })
    await expect(running).rejects.toMatchObject({ code: 'ENGINE_CRASHED' })
  })

  test('again and again ends in "failed", and nothing more is started until the window is over', async () => {
    const { supervisor, states, pids } = supervised({ crashLimit: 3 })
    for (let i = 0; i < 3; i++) {
      await expect(supervisor.run('compress', compressInput('always-crash'))).rejects.toMatchObject({
        code: 'ENGINE_CRASHED',
      })
    }
    expect(states.at(-1)).toBe('failed')
    await expect(supervisor.run('doctor', {})).rejects.toMatchObject({
      code: 'ENGINE_CRASHED',
      message: expect.stringContaining('3 times'),
    })
    expect(pids).toHaveLength(3)
  })

  test('long ago is forgiven', async () => {
    const { supervisor } = supervised({ crashLimit: 1, crashWindowMs: -1 })
    await expect(supervisor.run('compress', compressInput('crash'))).rejects.toMatchObject({ code: 'ENGINE_CRASHED' })
    await expect(supervisor.run('doctor', {})).resolves.toMatchObject({ versions: { engine: 'fake' } })
  })
})

describe('cancel', () => {
  test('ends a job between two batches and keeps the process', async () => {
    const { supervisor, pids } = supervised()
    const controller = new AbortController()
    const running = supervisor.run('compress', compressInput('wait'), {
      signal: controller.signal,
      onProgress: ({ fraction }) => {
        if (fraction === 0.5) controller.abort()
      },
    })
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' })
    await supervisor.run('doctor', {})
    expect(pids).toHaveLength(1)
  })

  test('of a job that does not listen ends the process after the grace', async () => {
    const { supervisor, pids, states } = supervised({ cancelGraceMs: 50 })
    const controller = new AbortController()
    const running = supervisor.run('compress', compressInput('deaf'), {
      signal: controller.signal,
      onProgress: ({ fraction }) => {
        if (fraction === 0.5) controller.abort()
      },
    })
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(isAlive(pids[0] as number)).toBe(false)
    expect(states).not.toContain('failed')
  })

  test('of a waiting job takes it out of the queue', async () => {
    const { supervisor } = supervised()
    const controller = new AbortController()
    const first = supervisor.run('compress', compressInput(''))
    const second = supervisor.run('compress', compressInput('always-crash'), { signal: controller.signal })
    controller.abort()
    await expect(second).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect(first).resolves.toBeDefined()
  })
})

describe('silence', () => {
  test('is called unresponsive, then ended', async () => {
    const { supervisor, states, pids } = supervised({ tickMs: 20, unresponsiveMs: 1500, killMs: 2500 })
    await expect(supervisor.run('compress', compressInput('hang'))).rejects.toMatchObject({
      code: 'ENGINE_UNRESPONSIVE',
    })
    expect(states).toContain('unresponsive')
    expect(isAlive(pids[0] as number)).toBe(false)
  })
})

test('stop ends the process and everything that waits', async () => {
  const { supervisor, pids } = supervised()
  let stopped: Promise<void> | undefined
  const running = supervisor.run('compress', compressInput('wait'), {
    onProgress: ({ fraction }) => {
      if (fraction === 0.5) stopped = supervisor.stop()
    },
  })
  const waiting = supervisor.run('doctor', {})
  expect(await Promise.allSettled([running, waiting])).toMatchObject([
    { reason: { code: 'CANCELLED' } },
    { reason: { code: 'CANCELLED' } },
  ])
  await stopped
  expect(isAlive(pids[0] as number)).toBe(false)
})

test('an idle process is let go and a new one comes when needed', async () => {
  const { supervisor, pids } = supervised({ idleMs: 1 })
  await supervisor.run('doctor', {})
  await expect.poll(() => supervisor.pid).toBeUndefined()
  await supervisor.run('doctor', {})
  expect(pids).toHaveLength(2)
})

test('a renewed process ends after its job, and the next job finds another', async () => {
  const { supervisor, pids } = supervised()
  await supervisor.run('doctor', {})
  const working = supervisor.run('compress', compressInput(''))
  supervisor.renew()
  const waiting = supervisor.run('doctor', {})
  expect((await working).result.model.after.macs).toBe(500)
  await waiting
  expect(pids).toHaveLength(2)
  supervisor.renew()
  await supervisor.run('doctor', {})
  expect(pids).toHaveLength(3)
  expect(supervisor.state).toBe('ready')
})

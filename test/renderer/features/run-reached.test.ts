/** The page of a run that ended before its end says how far it came, what is kept, and goes on from there. */
import { afterEach, describe, expect, it } from 'vitest'
import type { Reached, Run } from '../../../src/contract'
import { resumePoint } from '../../../src/renderer/features/run-detail/resume-point'
import { nextStage, stagesOf } from '../../../src/renderer/features/run-detail/stages'
import { createFakeClient, nothingKept } from '../fake-client'
import { type Mounted, mountApp } from '../mount'

let mounted: Mounted | undefined
afterEach(() => mounted?.wrapper.unmount())

const half = { macs: 500, params: 50, bytes: 200 }
const decision = {
  ordered: 120,
  removed: 38,
  size: half,
  checkpoint: { step: 30, macs: 600, predicted: 0.11, measured: 0.12 },
}

async function endedRun(status: Run['status'], kept: Partial<Reached>, change: Partial<Run> = {}) {
  const fake = createFakeClient()
  const at = fake.world.runs.findIndex((run) => run.status === 'interrupted')
  const run = { ...(fake.world.runs[at] as Run), status, ...change }
  fake.world.runs[at] = run
  fake.world.reached.set(run.id, { ...nothingKept(), ...kept })
  mounted = await mountApp(`/p/${run.projectId}/runs/${run.id}`, fake)
  return { run, fake, panel: () => mounted?.wrapper.find('.reached').text().replace(/\s+/g, ' ') ?? '' }
}

describe('a run that was cancelled', () => {
  it('says the stage, the units, the last measurement and what is kept', async () => {
    const size = { macs: 1, params: 1, bytes: 1 }
    const { panel } = await endedRun('cancelled', {
      steps: 3,
      bytes: 4_200_000,
      keptAt: new Date().toISOString(),
      decision: { ...decision, size },
      fittedLayers: 2,
    })
    expect(panel()).toContain('62 % of the work. Refitting conv4')
    expect(panel()).toContain('38 chosen for removal')
    expect(panel()).toContain('KL 0.120 nats after 30 removals')
    expect(panel()).toContain('3 steps, 4.20 MB')
    expect(panel()).toContain('The decision and 2 refitted layers are kept')
    expect(mounted?.wrapper.find('.reached [aria-current=step]').text()).toContain('Remove and refit')
  })

  it('promises nothing of what an earlier version kept', async () => {
    const { panel } = await endedRun('cancelled', { steps: 3, stale: 3, bytes: 9, keptAt: new Date().toISOString() })
    expect(panel()).toContain('Of these, 3 were kept by an earlier version or with another backend')
    expect(panel()).toContain('Nothing was finished, so it begins anew.')
  })

  it('goes on with its button', async () => {
    const { run, fake } = await endedRun('cancelled', {})
    await mounted?.wrapper.find('.reached button').trigger('click')
    await mounted?.settle()
    expect(fake.calls.filter(({ name }) => name === 'runs.resume')).toEqual([
      { name: 'runs.resume', input: { id: run.id } },
    ])
    expect(mounted?.wrapper.find('.reached').exists()).toBe(false)
  })

  it('while it waited says that it had not begun', async () => {
    const { panel } = await endedRun('cancelled', {}, { progress: null })
    expect(panel()).toContain('It had not begun.')
    expect(panel()).toContain('Puts it back into the queue.')
  })
})

it('a run that failed warns that its cause is still there', async () => {
  const error = { code: 'OUT_OF_MEMORY', message: 'No memory.' } as const
  const { panel } = await endedRun('failed', {}, { error })
  expect(panel()).toContain('unless what stopped it has changed')
})

describe('where a run goes on', () => {
  const from = (kept: Partial<Reached>, epochs = 0) =>
    resumePoint(
      { config: { finetune: { epochs } } as Run['config'], progress: { stage: 'read', fraction: 0, detail: '' } },
      { ...nothingKept(), ...kept },
    ).key
  it('is behind the furthest kept step', () => {
    expect(from({})).toBe('anew')
    expect(from({ steps: 1, decision })).toBe('decided')
    expect(from({ steps: 3, decision, fittedLayers: 2 })).toBe('layers')
    expect(from({ steps: 4, decision, fittedLayers: 2, refitSteps: 80 })).toBe('result')
    expect(from({ steps: 5, decision, refitSteps: 80, pruned: true })).toBe('pruned')
    expect(from({ steps: 6, pruned: true, kl: 0.1 })).toBe('verified')
    expect(from({ steps: 6, pruned: true, kl: 0.1 }, 3)).toBe('tuning')
    expect(from({ steps: 7, pruned: true, kl: 0.1, epochs: 1 }, 3)).toBe('epochs')
    expect(from({ steps: 8, pruned: true, kl: 0.1, epochs: 3, recovered: true }, 3)).toBe('recovered')
    expect(from({ steps: 4, trials: [{ passed: true, kl: 0.01 }] })).toBe('trials')
  })
})

describe('the stages', () => {
  const of = (stage: 'decide' | 'evaluate', epochs: number) =>
    ({
      config: { finetune: { epochs } },
      progress: { stage, fraction: 0.5, detail: '' },
      status: 'running',
    }) as unknown as Run
  it('leave fine-tuning out where there is none, and name the next', () => {
    expect(stagesOf(of('decide', 0)).map(({ stage }) => stage)).not.toContain('recover')
    expect(stagesOf(of('decide', 2)).filter(({ state }) => state === 'behind')).toHaveLength(3)
    expect(nextStage(of('decide', 0))).toBe('apply')
    expect(nextStage(of('evaluate', 0))).toBeNull()
  })
})

it('a queued run is put before the others from its menu', async () => {
  const fake = createFakeClient()
  const run = fake.world.runs.find(({ status }) => status === 'queued') as Run
  mounted = await mountApp(`/p/${run.projectId}/runs/${run.id}`, fake)
  await mounted.wrapper.get('.page-head [aria-haspopup]').trigger('click')
  await mounted.settle()
  const item = [...document.querySelectorAll<HTMLElement>('[role=menuitem]')].find((one) =>
    one.textContent?.includes('Run next'),
  )
  item?.click()
  await mounted.settle()
  expect(fake.calls.some(({ name, input }) => name === 'runs.advance' && (input as { id: string }).id === run.id)).toBe(
    true,
  )
})

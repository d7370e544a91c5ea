import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { inspectionSchema, strategyInfoSchema } from '../../../src/contract/entities'
import { exportResultSchema, sizeSchema, timingSchema } from '../../../src/contract/run'
import { espalier, espalierJson, startEspalier, temporaryFolder } from './support/command-line'
import { benchmarkSchema, comparisonSchema, evaluationSchema } from './support/documents'
import { trainedNetwork, writeData, writeNetwork } from './support/fixtures'

const folder = temporaryFolder()
let model: string
let data: string

beforeAll(async () => {
  data = writeData(folder, 'data.npz')
  model = await writeNetwork(folder, 'trained.onnx', await trainedNetwork(data))
})

const parsed = async <T>(schema: z.ZodType<T>, ...args: string[]): Promise<T> => {
  const { code, document } = await espalierJson(...args)
  expect(code).toBe(0)
  return schema.parse(document)
}

describe('espalier inspect', () => {
  it('prints the contract: borders, costs, groups and reasons', async () => {
    const found = await parsed(inspectionSchema, 'inspect', model)
    expect(found.inputs).toEqual([{ name: 'input', dtype: 'float32', shape: ['batch', 1, 12, 12] }])
    expect(found.macs).toBe(9 * 8 * 144 + 2 * 9 * 64 * 36 + 288 * 16 + 16 * 4)
    expect(found.groups.filter((group) => !group.prunable).map((group) => group.reason)).toEqual([expect.any(String)])
    expect(found.analysisMs).toBeGreaterThan(0)
  })

  it('says the same to a person', async () => {
    const { stdout, stderr } = await espalier('inspect', model)
    expect(stdout).toContain('Conv 3')
    expect(stdout).toMatch(/^fc2 +4 +no: /m)
    expect(stderr).toBe('')
  })
})

describe('espalier evaluate', () => {
  it('scores the test split unless another is named', async () => {
    const test = await parsed(evaluationSchema, 'evaluate', model, '--data', data)
    expect(test).toMatchObject({ metric: 'accuracy', split: 'test', samples: 200, backend: 'wasm' })
    expect(test.value).toBeGreaterThan(90)
    const verified = await parsed(evaluationSchema, 'evaluate', model, '--data', data, '--split', 'verification')
    expect(verified).toMatchObject({ split: 'verification', samples: 400 })
  })

  it('works without labels', async () => {
    const bare = writeData(folder, 'bare.npz', { labelled: false })
    const found = await parsed(evaluationSchema, 'evaluate', model, '--data', bare)
    expect(found).toMatchObject({ metric: 'none', value: null, interval: null })
  })
})

describe('espalier prune', () => {
  const pruneSchema = z.object({
    model: z.object({ before: sizeSchema, after: sizeSchema }),
    timing: timingSchema,
    kept: z.record(z.string(), z.array(z.number())),
  })

  it('keeps to the budget without data and writes the network it describes', async () => {
    const out = join(folder, 'pruned.onnx')
    const pruned = await parsed(pruneSchema, 'prune', model, '--strategy', 'l2', '--keep-macs', '0.5', '--out', out)
    expect(pruned.model.after.macs).toBeLessThanOrEqual(0.5 * pruned.model.before.macs)
    const found = await parsed(inspectionSchema, 'inspect', out)
    expect(found).toMatchObject(pruned.model.after)
    expect(pruned.kept.conv2).toHaveLength(found.groups.find((group) => group.name === 'conv2')?.units ?? 0)
  })

  it('writes the same bytes for the same seed', async () => {
    const bytes = async (out: string, seed: string) => {
      const path = join(folder, out)
      const options = ['--strategy', 'random', '--keep-macs', '0.5', '--seed', seed]
      expect((await espalier('prune', model, ...options, '--out', path)).code).toBe(0)
      return readFileSync(path)
    }
    const first = await bytes('a.onnx', '1')
    expect((await bytes('b.onnx', '1')).equals(first)).toBe(true)
    expect((await bytes('c.onnx', '2')).equals(first)).toBe(false)
  })

  it('says so where the budget cannot be reached', async () => {
    const { code, stderr } = await espalier('prune', model, '--keep-macs', '0.0001', '--out', join(folder, 'x.onnx'))
    expect(code).toBe(1)
    expect(stderr).toMatch(/^espalier: .+\n$/)
  })
})

describe('espalier export', () => {
  it('proves the file on the data, with the metric of the other runtime', async () => {
    const out = join(folder, 'exported.onnx')
    const file = await parsed(exportResultSchema, 'export', model, '--to', 'onnx', '--out', out, '--data', data)
    expect(file).toMatchObject({ path: out, passed: true, checkedBy: expect.stringMatching(/^onnxruntime-node \d/) })
    const { value } = await parsed(evaluationSchema, 'evaluate', model, '--data', data)
    expect(file.metric).toBeCloseTo(value ?? Number.NaN, 1)
  })

  it('proves the file on noise where there is no data', async () => {
    const out = join(folder, 'noise.onnx')
    const file = await parsed(exportResultSchema, 'export', model, '--to', 'onnx', '--out', out)
    expect(file).toMatchObject({ passed: true, metric: null })
    expect(file.maxRelError).toBeLessThan(1e-5)
  })
})

describe('espalier compare', () => {
  it('runs the sweep and writes it as JSON, CSV and HTML', async () => {
    const out = join(folder, 'compare')
    const found = await parsed(
      comparisonSchema,
      ...['compare', model, '--data', data, '--out', out, '--strategies', 'l2,random'],
      ...['--keep-macs', '0.6,0.4', '--seeds', '2', '--refit', 'none,sequential'],
    )
    expect(found.runs).toHaveLength(16)
    expect(found.summary).toHaveLength(8)
    const row = found.summary.find((each) => each.strategy === 'random' && each.refit === 'none')
    expect(row?.seeds).toEqual([0, 1])
    const values = found.runs.filter((run) => run.strategy === 'random' && run.config.refit === 'none')
    const metrics = values.filter((run) => run.config.goal.value === 0.6).map((run) => run.result.afterRecovery ?? -1)
    expect(row?.metric?.values).toEqual(metrics)
    expect(row?.metric?.mean).toBeCloseTo(metrics.reduce((sum, value) => sum + value, 0) / metrics.length, 9)
    expect(readdirSync(out).sort()).toEqual(['compare.csv', 'compare.json', 'report.html', 'runs'])
    expect(JSON.parse(readFileSync(join(out, 'compare.json'), 'utf8'))).toEqual(found)
    expect(readFileSync(join(out, 'compare.csv'), 'utf8').trimEnd().split('\r\n')).toHaveLength(17)
    const html = readFileSync(join(out, 'report.html'), 'utf8')
    expect(html).toContain('random-sequential-keep-macs-0.4-seed-1')
    expect(html).not.toMatch(/(src|href)="https?:/)
  })

  it('does not run again what an interrupted sweep has finished', async () => {
    const out = join(folder, 'interrupted')
    const args = ['compare', model, '--data', data, '--out', out, '--strategies', 'l1,l2', '--keep-macs', '0.5']
    const { child, answer } = startEspalier(args)
    child.stderr?.on('data', (text: string) => {
      if (text.includes('Run 2 of 2')) child.kill('SIGKILL')
    })
    expect((await answer).code).toBeNull()
    const again = await espalier(...args)
    expect(again.code).toBe(0)
    expect(again.stderr).not.toContain('Run 1 of 2')
    expect(again.stderr).toContain('Run 2 of 2')
    expect(JSON.parse(readFileSync(join(out, 'compare.json'), 'utf8')).runs).toHaveLength(2)
  })
})

describe('espalier benchmark', () => {
  it('measures every network in both runtimes, in one run', async () => {
    const other = await writeNetwork(folder, 'untrained.onnx')
    const { child: _, answer } = startEspalier(['benchmark', model, other, '--runs', '3', '--json', '--quiet'])
    const { code, stdout, stderr } = await answer
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const found = benchmarkSchema.parse(JSON.parse(stdout))
    expect(found.models.map((each) => each.model)).toEqual([model, other])
    for (const { measurements } of found.models) {
      expect(measurements.map((each) => each.runtime)).toEqual(['onnxruntime-node', 'espalier'])
      for (const { latencyMs, memoryBytes } of measurements) {
        expect(latencyMs.runs).toBe(3)
        expect(latencyMs.low).toBeLessThanOrEqual(latencyMs.median)
        expect(memoryBytes.peak).toBeGreaterThan(memoryBytes.added)
      }
    }
  })
})

describe('espalier train', () => {
  it('trains a reference network that the other commands read, the same for a seed', async () => {
    const train = async (out: string) => {
      const path = join(folder, out)
      const options = ['--architecture', 'lenet', '--epochs', '1', '--batch', '32', '--lr', '0.02']
      const { code, document } = await espalierJson<{ test: number; loss: number }>(
        ...['train', '--data', data, '--out', path, ...options],
      )
      expect(code).toBe(0)
      expect(Number.isFinite(document.loss)).toBe(true)
      return { path, ...document }
    }
    const first = await train('lenet.onnx')
    const { value } = await parsed(evaluationSchema, 'evaluate', first.path, '--data', data)
    expect(value).toBe(first.test)
    const second = await train('lenet2.onnx')
    expect(readFileSync(second.path).equals(readFileSync(first.path))).toBe(true)
  })

  it('refuses data without labels', async () => {
    const bare = writeData(folder, 'unlabelled.npz', { labelled: false })
    const { code, stderr } = await espalier(
      'train',
      '--architecture',
      'lenet',
      '--data',
      bare,
      '--out',
      join(folder, 'y'),
    )
    expect(code).toBe(1)
    expect(stderr).toMatch(/no class labels/)
  })
})

describe('espalier strategies', () => {
  it('lists the default first, each with its paper', async () => {
    const found = await parsed(z.array(strategyInfoSchema), 'strategies')
    expect(found[0]?.name).toBe('result-oriented')
    const names = found.map((each) => each.name)
    for (const name of ['random', 'l1', 'l2', 'group-norm', 'bn-scale', 'fpgm', 'apoz', 'taylor', 'fisher']) {
      expect(names).toContain(name)
    }
  })
})

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { inspectionSchema } from '../../../src/contract/entities'
import { decisionTraceSchema, runResultSchema } from '../../../src/contract/run'
import { espalier, espalierJson, startEspalier, temporaryFolder } from './support/command-line'
import { type CompressionDocument, compressionSchema } from './support/documents'
import { trainedNetwork, writeData, writeNetwork } from './support/fixtures'

const folder = temporaryFolder()
let model: string
let data: string

beforeAll(async () => {
  data = writeData(folder, 'data.npz')
  model = await writeNetwork(folder, 'trained.onnx', await trainedNetwork(data))
})

const compress = (out: string, ...options: string[]) =>
  espalierJson<CompressionDocument>('compress', model, '--data', data, '--out', join(folder, out), ...options)

describe('espalier compress', () => {
  it('prints the contract, keeps the budget and writes what it says', async () => {
    const { code, document } = await compress(
      'plain',
      '--strategy',
      'l2',
      '--keep-macs',
      '0.5',
      '--refit',
      'sequential',
    )
    expect(code).toBe(0)
    const result = compressionSchema.parse(document)
    expect(runResultSchema.safeParse(document).success).toBe(true)
    expect(result.model.after.macs).toBeLessThanOrEqual(0.5 * result.model.before.macs)
    expect(result.result).toMatchObject({ metric: 'accuracy', split: 'test', samples: 200 })
    expect(result.result.before).toBeGreaterThan(90)
    const [file] = result.exports
    expect(file).toMatchObject({ format: 'onnx', passed: true, path: join(folder, 'plain', 'model.onnx') })
    expect(file?.bytes).toBe(readFileSync(join(folder, 'plain', 'model.onnx')).length)
    // Another runtime on the exported file, against the engine on the network in memory.
    expect(file?.metric).toBeCloseTo(result.result.afterRecovery ?? Number.NaN, 1)
    expect(readdirSync(join(folder, 'plain')).sort()).toEqual(['model.onnx', 'result.json', 'trace.json'])
    expect(JSON.parse(readFileSync(join(folder, 'plain', 'result.json'), 'utf8'))).toEqual(document)
    decisionTraceSchema.parse(JSON.parse(readFileSync(join(folder, 'plain', 'trace.json'), 'utf8')))
  })

  it('lists in kept, for every group, original indices that fit the exported network', async () => {
    const before = inspectionSchema.parse((await espalierJson('inspect', model)).document)
    const { document } = await compress('kept', '--strategy', 'l1', '--keep-macs', '0.6')
    const after = inspectionSchema.parse((await espalierJson('inspect', join(folder, 'kept', 'model.onnx'))).document)
    for (const group of before.groups.filter((each) => each.prunable)) {
      const kept = document.kept[group.name] ?? []
      expect(new Set(kept).size).toBe(kept.length)
      expect(kept.every((unit) => Number.isInteger(unit) && unit >= 0 && unit < group.units)).toBe(true)
      expect(after.groups.find((each) => each.name === group.name)?.units).toBe(kept.length)
    }
    expect(after.macs).toBe(document.model.after.macs)
  })

  it('runs the result-oriented strategy with the sequential refit by default, a baseline as published', async () => {
    const own = await compress('own', '--keep-macs', '0.5')
    expect(own.document).toMatchObject({ strategy: 'result-oriented', config: { refit: 'sequential' } })
    const { rounds, trials, model: size, kept } = own.document
    expect(trials).toHaveLength(1)
    expect(rounds.length).toBeGreaterThan(1)
    for (const { predicted, measured } of rounds) expect(predicted * measured).toBeGreaterThan(0)
    expect(rounds.map(({ macs }) => macs)).toEqual(rounds.map(({ macs }) => macs).sort((a, b) => b - a))
    const last = rounds.at(-1) as (typeof rounds)[number]
    expect(last.macs).toBe(size.after.macs)
    const inspected = inspectionSchema.parse((await espalierJson('inspect', model)).document)
    for (const { name, units } of inspected.groups.filter(({ prunable }) => prunable)) {
      expect(last.removed[name] ?? 0).toBe(units - (kept[name] as readonly number[]).length)
    }
    const baseline = await compress('baseline', '--strategy', 'random', '--keep-macs', '0.5')
    expect(baseline.document.rounds).toEqual(baseline.document.trials)
    expect(baseline.document).toMatchObject({ strategy: 'random', config: { refit: 'none' } })
    expect(own.document.result.agreement).toBeGreaterThan(baseline.document.result.agreement)
  })

  it('aims at half a point without a goal where there are labels, else at a KL of 0.01', async () => {
    const labelled = await compress('labelled')
    expect(labelled.document.config.goal).toEqual({ kind: 'max-drop', value: 0.5 })
    const bare = writeData(folder, 'bare.npz', { labelled: false })
    const { code, document } = await espalierJson<CompressionDocument>(
      ...['compress', model, '--data', bare, '--out', join(folder, 'bare')],
    )
    expect(code).toBe(0)
    expect(document.config.goal).toEqual({ kind: 'max-kl', value: 0.01 })
    expect(document.result).toMatchObject({ metric: 'none', before: null, afterPruning: null, afterRecovery: null })
    expect(document.exports[0]).toMatchObject({ passed: true, metric: null })
  })

  it('says so where the verification split had to be drawn from the train split', async () => {
    const shared = writeData(folder, 'shared.npz', { validation: false })
    const run = ['--strategy', 'l2', '--keep-macs', '0.5', '--out', join(folder, 'shared')]
    const { stderr } = await espalier('compress', model, '--data', shared, ...run)
    expect(stderr.match(/warning: .*drawn.*train split/g)).toHaveLength(1)
    const own = await espalier('compress', model, '--data', data, ...run)
    expect(own.stderr).not.toContain('drawn')
  })

  it('writes the same bytes for the same command and seed, and others for another seed', async () => {
    const bytes = async (out: string, seed: string) => {
      await compress(out, '--keep-macs', '0.4', '--seed', seed, '--formats', 'onnx')
      return readFileSync(join(folder, out, 'model.onnx'))
    }
    const first = await bytes('first', '5')
    expect((await bytes('second', '5')).equals(first)).toBe(true)
    expect((await bytes('third', '6')).equals(first)).toBe(false)
  })

  it('ends with CANCELLED when it is interrupted', async () => {
    const { child, answer } = startEspalier([
      ...['compress', model, '--data', data, '--out', join(folder, 'cancelled')],
      ...['--keep-macs', '0.5', '--batch', '8', '--json'],
    ])
    child.stderr?.once('data', () => child.kill('SIGINT'))
    const { code, stdout, stderr } = await answer
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'CANCELLED' } })
    expect(stderr).toMatch(/espalier: .*(stopped|cancelled)/i)
    expect(existsSync(join(folder, 'cancelled', 'model.onnx'))).toBe(false)
  })

  it('goes on from the last finished step after it was killed, to the same bytes', async () => {
    const args = (out: string) => [
      ...['compress', model, '--data', data, '--out', join(folder, out)],
      ...['--keep-macs', '0.5', '--calibration', '256', '--finetune', '2', '--lr', '0.01', '--batch', '32'],
    ]
    const { child, answer } = startEspalier(args('killed'))
    child.stderr?.on('data', (text: string) => {
      if (/ {2}recover: /.test(text)) child.kill('SIGKILL')
    })
    expect((await answer).code).toBeNull()
    expect(readdirSync(join(folder, 'killed', '.espalier-run')).length).toBeGreaterThan(1)
    const resumed = await espalier(...args('killed'))
    expect(resumed.code).toBe(0)
    expect(resumed.stderr).toContain('going on from its last finished step')
    expect((await espalier(...args('whole'))).code).toBe(0)
    const model2 = (out: string) => readFileSync(join(folder, out, 'model.onnx'))
    expect(model2('killed').equals(model2('whole'))).toBe(true)
    expect(existsSync(join(folder, 'killed', '.espalier-run'))).toBe(false)
  })

  it('exports every format that is asked for, each with its own proof', async () => {
    const { code, document } = await compress(
      'both',
      '--strategy',
      'l2',
      '--keep-macs',
      '0.5',
      '--formats',
      'tfjs,onnx',
    )
    expect(code).toBe(0)
    expect(document.exports.map((file) => [file.format, file.passed, file.checkedBy.split(' ')[0]])).toEqual([
      ['tfjs', true, 'tfjs-converter'],
      ['onnx', true, 'onnxruntime-node'],
    ])
    expect(document.exports[0]?.metric).toBeCloseTo(document.exports[1]?.metric ?? Number.NaN, 1)
  })

  it('leaves protected nodes whole', async () => {
    const { document } = await compress('protected', '--strategy', 'l2', '--keep-macs', '0.7', '--protect', 'conv2')
    expect(document.kept.conv2).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })
})

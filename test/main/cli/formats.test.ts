/** One trained network through every format and back: the same figures, pruned the same, each file proved. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { inspectionSchema } from '../../../src/contract/entities'
import { exportResultSchema } from '../../../src/contract/run'
import { attributes, int } from '../../../src/engine/graph/graph'
import { espalierJson, temporaryFolder } from './support/command-line'
import { compressionSchema } from './support/documents'
import { smallNetwork, trainedNetwork, writeData, writeNetwork } from './support/fixtures'

const folder = temporaryFolder()
let onnx: string
let data: string

beforeAll(async () => {
  data = writeData(folder, 'data.npz')
  onnx = await writeNetwork(folder, 'trained.onnx', await trainedNetwork(data))
})

const targets = { keras: 'model.keras', tfjs: 'model-tfjs' } as const
const primary = { keras: 'model.keras', tfjs: 'model-tfjs/model.json' } as const

it('says what reading a network has changed', async () => {
  const graph = smallNetwork()
  const [first] = graph.inputs
  const half = { ...(first as NonNullable<typeof first>), dtype: 'float16' as const }
  const widened = 'widened'
  const cast = {
    name: widened,
    op: 'Cast',
    domain: '',
    inputs: [half.name],
    outputs: [widened],
    attributes: attributes({ to: int(1) }),
  }
  const reads = graph.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map((name) => (name === half.name ? widened : name)),
  }))
  const file = await writeNetwork(folder, 'half.onnx', graph.with({ inputs: [half], nodes: [cast, ...reads] }))
  const { code, document } = await espalierJson('inspect', file)
  expect(code).toBe(0)
  expect(document).toMatchObject({ notes: [expect.stringContaining('16 bits')], inputs: [{ dtype: 'float32' }] })
})

it('refuses a form that the network does not have before it is made smaller', async () => {
  const graph = smallNetwork()
  const [end] = graph.outputs
  const rounding = {
    name: 'wave',
    op: 'Round',
    domain: '',
    inputs: [end?.name as string],
    outputs: ['waves'],
    attributes: new Map(),
  }
  const outputs = [{ ...(end as NonNullable<typeof end>), name: 'waves' }]
  const file = await writeNetwork(folder, 'wave.onnx', graph.with({ nodes: [...graph.nodes, rounding], outputs }))
  const out = join(folder, 'wave')
  const options = ['--data', data, '--out', out, '--keep-macs', '0.5', '--formats', 'onnx,keras']
  const { code, document } = await espalierJson('compress', file, ...options)
  expect(code).toBe(1)
  expect(document).toMatchObject({ error: { code: 'EXPORT_FAILED', message: expect.stringContaining('Round "wave"') } })
  expect(existsSync(out)).toBe(false)
})

describe.each(['keras', 'tfjs'] as const)('a network in the format %s', (format) => {
  const path = () => join(folder, primary[format])

  it('is exported with proof', async () => {
    const { code, document } = await espalierJson(
      'export',
      onnx,
      '--to',
      format,
      '--data',
      data,
      '--out',
      join(folder, targets[format]),
    )
    expect(code).toBe(0)
    expect(exportResultSchema.parse(document)).toMatchObject({ format, passed: true, path: path() })
  })

  it('is the same network to inspect', async () => {
    const [before, after] = await Promise.all(
      [onnx, path()].map(async (file) => inspectionSchema.parse((await espalierJson('inspect', file)).document)),
    )
    expect(after?.macs).toBe(before?.macs)
    // In TF.js files BatchNorm is part of the convolutions.
    if (format === 'keras') expect(after?.params).toBe(before?.params)
    else expect(after?.params).toBeLessThanOrEqual(before?.params as number)
    expect(after?.groups.map(({ units, prunable }) => [units, prunable])).toEqual(
      before?.groups.map(({ units, prunable }) => [units, prunable]),
    )
  })

  it('is compressed and leaves in every format', async () => {
    const out = join(folder, `${format}-pruned`)
    const options = ['--strategy', 'l2', '--keep-macs', '0.5', '--refit', 'sequential', '--formats', 'onnx,tfjs,keras']
    const { code, document } = await espalierJson('compress', path(), '--data', data, '--out', out, ...options)
    expect(code).toBe(0)
    const result = compressionSchema.parse(document)
    expect(result.model.after.macs).toBeLessThanOrEqual(0.5 * result.model.before.macs)
    expect(result.result.before).toBeGreaterThan(90)
    expect(result.exports.map((file) => [file.format, file.passed])).toEqual([
      ['onnx', true],
      ['tfjs', true],
      ['keras', true],
    ])
    for (const { metric } of result.exports) expect(metric).toBeCloseTo(result.result.afterRecovery as number, 1)
  })
})

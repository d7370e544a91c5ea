/** Models, data sets, comparisons, exports, the sample and the trash, over a real store and engine process. */
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unzipSync } from 'fflate'
import { beforeAll, describe, expect, test } from 'vitest'
import { bundle } from '../support/bundle'
import { temporaryFolder } from '../support/folders'
import { view } from '../support/values'
import { open, over, prepared, until } from './support'

let entry: string
beforeAll(async () => {
  entry = await bundle('test/main/support/fake-engine.ts')
})

describe('a model', () => {
  test('is copied in, so that the original may go, and is shown without reading it again', async () => {
    const services = open(entry)
    const project = services.projects.create({ name: 'P', goal: '' })
    const path = services.file('weights', 'vgg.onnx')
    const { model } = await services.models.import({ projectId: project.id, path })
    writeFileSync(path, 'invalid')
    expect(model).toMatchObject({ name: 'vgg', format: 'onnx', size: { macs: 1000 }, parentId: null })
    expect(await services.models.view(model.id)).toEqual(view)
    expect(readFileSync(services.models.filesOf(model.id)[0]?.path as string, 'utf8')).toBe('weights')
  })

  test('can come through the page as a file', async () => {
    const services = open(entry)
    const project = services.projects.create({ name: 'P', goal: '' })
    const file = new File(['weights'], '../../evil.onnx')
    expect((await services.models.import({ projectId: project.id, file })).model.name).toBe('evil')
  })

  test('needs a path or a file, and not both', async () => {
    const services = open(entry)
    const { id: projectId } = services.projects.create({ name: 'P', goal: '' })
    for (const given of [{}, { path: 'a', file: new File(['x'], 'a') }]) {
      await expect(services.models.import({ projectId, ...given })).rejects.toMatchObject({ code: 'BAD_USAGE' })
    }
  })

  test.each([
    ['that is no network', 'invalid', 'MODEL_INVALID'],
    ['that kills the engine', 'crash-inspect', 'ENGINE_CRASHED'],
  ])('%s leaves nothing behind', async (_, words, code) => {
    const services = open(entry)
    const project = services.projects.create({ name: 'P', goal: '' })
    await expect(services.models.import({ projectId: project.id, path: services.file(words) })).rejects.toMatchObject({
      code,
    })
    expect(services.models.list(project.id)).toEqual([])
    expect(existsSync(join(services.home, 'artifacts'))).toBe(false)
    // The engine is there again for the next one.
    await services.models.import({ projectId: project.id, path: services.file('sound', 'sound.onnx') })
  })

  test('that is not there is said to be missing', async () => {
    const services = open(entry)
    const project = services.projects.create({ name: 'P', goal: '' })
    await expect(services.models.import({ projectId: project.id, path: '/nowhere/net.onnx' })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining('/nowhere/net.onnx'),
    })
  })
})

describe('data', () => {
  test('at a path stays there; data through the page is copied in under its own name', async () => {
    const services = open(entry)
    const project = services.projects.create({ name: 'P', goal: '' })
    const path = services.file('data', 'data.npz')
    const left = await services.datasets.import({ projectId: project.id, path })
    expect(services.datasets.locationOf(left.id)).toMatchObject({ path })
    const copied = await services.datasets.import({ projectId: project.id, file: new File(['data'], 'mine.npz') })
    const location = services.datasets.locationOf(copied.id)
    expect(location.name).toBe('mine.npz')
    expect(readFileSync(location.path, 'utf8')).toBe('data')
  })

  test('on which a network does no better than chance is doubted', async () => {
    const services = open(entry)
    const good = await prepared(services)
    const bad = await prepared(services, 'at-chance')
    expect(await services.datasets.check({ id: good.dataset.id, modelId: good.model.id })).toEqual({
      metric: 93,
      name: 'accuracy',
      chance: 50,
      samples: 20,
      plausible: true,
    })
    expect(await services.datasets.check({ id: bad.dataset.id, modelId: bad.model.id })).toMatchObject({
      plausible: false,
    })
  })
})

describe('runs of two projects', () => {
  test('are compared by what they were measured on, saved and reported with their projects', async () => {
    const services = open(entry)
    const here = await prepared(services)
    const there = await prepared(services)
    services.projects.update(there.project.id, { name: 'Elsewhere' })
    const [mine, theirs] = [...(await here.start({})), ...(await there.start({}))].map(({ id }) => id as string)
    const runIds = [mine as string, theirs as string]
    for (const id of runIds) await until(services, id, over)

    const baselineRunId = theirs as string
    const saved = services.comparisons.save({ projectId: here.project.id, name: 'both', runIds, baselineRunId })
    expect(services.comparisons.list(here.project.id)).toMatchObject([{ id: saved.id, runIds, baselineRunId }])
    // The same network and the same data, imported twice.
    const { perClass } = await services.comparisons.disagreements({ runIds, limit: 5 })
    expect(perClass.map(({ runId }) => runId)).toEqual(runIds)
    const asked = { projectId: here.project.id, runIds, baselineRunId }
    expect(services.comparisons.report({ ...asked, format: 'html' }).content).toContain('Elsewhere (baseline)')
    expect(services.comparisons.report({ ...asked, format: 'csv' }).content).toMatch(/,P,\r\n.*,Elsewhere,\r\n$/s)
  })
})

describe('finished runs', () => {
  test('are compared, reported and exported', async () => {
    const services = open(entry)
    const { project, dataset, start } = await prepared(services)
    const runs = await start({ seed: 0 }, { seed: 1 })
    const ids = runs.map(({ id }) => id)
    for (const id of ids) await until(services, id, over)

    const { perClass } = await services.comparisons.disagreements({ runIds: ids, limit: 5 })
    expect(perClass.map(({ runId }) => runId)).toEqual(ids)

    const request = { projectId: project.id, runIds: ids, baselineRunId: ids[0] as string }
    expect(JSON.parse(services.comparisons.report({ ...request, format: 'json' }).content).runs).toHaveLength(2)
    expect(services.comparisons.report({ ...request, format: 'html' }).content).toContain('(baseline)')

    const modelId = services.runs.get(ids[0] as string).resultModelId as string
    const [exported] = await services.exports.create({
      modelId,
      datasetId: dataset.id,
      formats: ['onnx'],
      precision: 'fp32',
    })
    expect(exported).toMatchObject({ runId: ids[0], passed: true, checkedBy: 'test' })
    const { fileName, file } = await services.exports.download(exported?.id as string)
    expect(fileName).toMatch(/-onnx\.zip$/)
    const files = unzipSync(new Uint8Array(await file.arrayBuffer()))
    const text = (from: typeof files, name: string) => new TextDecoder().decode(from[name])
    const [stored] = Object.keys(files).filter((name) => name.endsWith('.onnx'))
    expect(text(files, stored as string)).toBe('exported')
    expect(text(files, 'run.py')).toContain(`InferenceSession(${JSON.stringify(stored)}`)
    expect(JSON.parse(text(files, 'proof.json'))).toMatchObject({ passed: true, checkedBy: 'test' })
    expect(text(files, 'proof.json')).not.toContain(services.home)
    expect(JSON.parse(text(files, 'recipe.json')).config).toEqual(services.runs.get(ids[0] as string).config)

    const request2 = { modelId, datasetId: null, formats: ['onnx' as const], precision: 'fp32' as const }
    // Wherever the program was started is no place.
    await expect(services.exports.create({ ...request2, folder: 'some/folder' })).rejects.toMatchObject({
      code: 'BAD_USAGE',
      message: expect.stringContaining('whole path'),
    })
    const again = await services.exports.create({ modelId, datasetId: null, formats: ['onnx'], precision: 'fp32' })
    const both = [exported, ...again].map((item) => item?.id as string)
    const whole = unzipSync(new Uint8Array(await (await services.exports.bundle(both)).file.arrayBuffer()))
    expect(Object.keys(whole).sort()).toEqual(
      ['recipe.sh', 'recipe.json', ...[stored, 'run.py', 'run.mjs', 'proof.json'].map((name) => `onnx/${name}`)].sort(),
    )
    expect(text(whole, 'recipe.sh')).toMatch(/espalier compress .* --formats onnx\n/)
  })

  test('only: one that is still waiting has nothing to compare', async () => {
    const services = open(entry)
    const { project, start } = await prepared(services, 'wait')
    const [run] = await start()
    const runIds = [run?.id as string]
    expect(() =>
      services.comparisons.report({ projectId: project.id, runIds, baselineRunId: null, format: 'csv' }),
    ).toThrow(expect.objectContaining({ code: 'CONFLICT', message: expect.stringContaining('no result') }))
  })
})

test('an export that is not built yet is refused by name, before anything is written', async () => {
  const services = open(entry)
  const { model } = await prepared(services)
  const request = {
    modelId: model.id,
    datasetId: null,
    formats: ['onnx' as const, 'keras' as const],
    precision: 'int8' as const,
  }
  await expect(services.exports.create(request)).rejects.toMatchObject({
    code: 'NOT_BUILT_YET',
    message: expect.stringContaining('int8'),
  })
  expect(existsSync(join(services.home, 'exports'))).toBe(false)
})

test('an export that is called off leaves nothing on record, and the engine goes on', async () => {
  const services = open(entry)
  const { project, model } = await prepared(services, 'slow-export')
  const request = { modelId: model.id, datasetId: null, formats: ['onnx' as const], precision: 'fp32' as const }
  const calledOff = new AbortController()
  const exporting = services.exports.create(request, calledOff.signal)
  calledOff.abort()
  await expect(exporting).rejects.toMatchObject({ code: 'CANCELLED' })
  expect(services.exports.list(project.id)).toEqual([])
  expect((await services.models.view(model.id)).inspection.inputs).toBeDefined()
})

describe('the sample project', () => {
  const resources = () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'sample'))
    const manifest = { name: 'Sample', goal: 'small', model: 'net.onnx', data: 'data.npz' }
    writeFileSync(join(folder, 'sample', 'sample.json'), JSON.stringify(manifest))
    writeFileSync(join(folder, 'sample', 'net.onnx'), '')
    writeFileSync(join(folder, 'sample', 'data.npz'), 'data')
    return folder
  }

  test('is there after the first start, with copies of its files, and is not opened again', async () => {
    const folder = resources()
    const first = open(entry, { resources: folder })
    await first.settled()
    const [sample] = first.projects.list()
    expect(sample).toMatchObject({ name: 'Sample', sample: true, counts: { models: 1, datasets: 1, runs: 0 } })
    const [data] = first.datasets.list(sample?.id as string)
    expect(first.datasets.locationOf(data?.id as string).path.startsWith(first.home)).toBe(true)
    first.projects.remove(sample?.id as string)
    await first.close()

    const second = open(entry, { resources: folder, home: first.home })
    await second.settled()
    expect(second.projects.list()).toEqual([])
  })

  test('that was cut short is gone on with, not begun twice', async () => {
    const folder = resources()
    writeFileSync(join(folder, 'sample', 'net.onnx'), 'invalid')
    const warnings: string[] = []
    const first = open(entry, { resources: folder, onWarning: (sentence) => warnings.push(sentence) })
    await first.settled()
    expect(warnings).toEqual(['This is no network.'])
    await first.close()
    writeFileSync(join(folder, 'sample', 'net.onnx'), 'mended')

    const second = open(entry, { resources: folder, home: first.home })
    await second.settled()
    expect(second.projects.list()).toMatchObject([{ name: 'Sample', counts: { models: 1, datasets: 1 } }])
  })
})

test('emptying the trash removes what is in it, and files nothing refers to', async () => {
  const services = open(entry)
  const { model, start } = await prepared(services, 'shared weights')
  const [run] = await start()
  const { resultModelId } = await until(services, run?.id as string, over)
  const [kept] = services.models.filesOf(model.id)
  const [gone] = services.models.filesOf(resultModelId as string)
  const longAgo = new Date(Date.now() - 86_400_000)
  for (const file of [kept, gone]) utimesSync(file?.path as string, longAgo, longAgo)

  services.runs.remove([run?.id as string])
  services.models.remove(model.id)
  services.models.restore(model.id)
  const { removed, freedBytes } = await services.trash.empty()

  expect(removed).toBe(2)
  expect(freedBytes).toBeGreaterThan(0)
  expect([existsSync(kept?.path as string), existsSync(gone?.path as string)]).toEqual([true, false])
})

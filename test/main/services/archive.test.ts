/** Whole projects out and in again, over two real stores; and archives that somebody has tampered with. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate'
import { beforeAll, describe, expect, test } from 'vitest'
import { arrangementKeys } from '../../../src/contract/arrangement'
import type { Dataset } from '../../../src/contract/entities'
import { bundle } from '../support/bundle'
import { temporaryFolder } from '../support/folders'
import { type Opened, open, over, prepared, until } from './support'

let entry: string
beforeAll(async () => {
  entry = await bundle('test/main/support/fake-engine.ts')
})

/** A project with two finished runs, a comparison, an export, and something in the trash. */
async function filled(services: Opened) {
  const of = await prepared(services, 'sound')
  const [first, second, doomed] = await of.start({ seed: 1 }, { seed: 2 }, { seed: 3 })
  for (const run of [first, second, doomed]) await until(services, run?.id as string, over)
  services.runs.update(first?.id as string, { tags: ['keep'], notes: 'the better one' })
  services.comparisons.save({
    projectId: of.project.id,
    name: 'both',
    runIds: [first?.id as string, second?.id as string],
    baselineRunId: first?.id as string,
  })
  await services.exports.create({
    modelId: services.runs.get(first?.id as string).resultModelId as string,
    datasetId: of.dataset.id,
    formats: ['onnx'],
    precision: 'fp32',
    folder: temporaryFolder(),
  })
  services.runs.remove([doomed?.id as string])
  return { ...of, first: first?.id as string }
}

const write = async (services: Opened, projectId: string, data: 'references' | 'files') => {
  const path = join(temporaryFolder(), 'project.zip')
  const written = await services.archive.write(projectId, { data, path })
  expect(written).toMatchObject({ path, file: null, fileName: 'P.espalier.zip' })
  expect(readFileSync(path)).toHaveLength(written.bytes)
  return path
}

/** Changes the files of an archive; the manifest stays as it was. */
function tampered(path: string, change: (files: Record<string, Uint8Array>) => void): string {
  const files = unzipSync(readFileSync(path))
  change(files)
  const other = join(temporaryFolder(), 'tampered.zip')
  writeFileSync(other, zipSync(files))
  return other
}

const nothingIn = (services: Opened) => {
  expect(services.projects.list()).toEqual([])
  expect(services.projects.list(true)).toEqual([])
  const data = join(services.home, 'data')
  expect(existsSync(data) ? readdirSync(data) : []).toEqual([])
}

describe('a project', () => {
  test('leaves runs of other projects behind, and comparisons of them alone', async () => {
    const services = open(entry)
    const { project, first } = await filled(services)
    const other = await prepared(services, 'sound')
    const [foreign] = (await other.start({ seed: 9 })).map(({ id }) => id as string)
    await until(services, foreign as string, over)
    const projectId = project.id
    const save = (name: string, runIds: string[]) =>
      services.comparisons.save({ projectId, name, runIds, baselineRunId: foreign as string })
    save('across', [first, foreign as string])
    save('theirs', [foreign as string])
    const path = await write(services, projectId, 'references')
    const elsewhere = open(entry)
    const { project: opened } = await elsewhere.archive.open({ path })
    const [, across, ...rest] = elsewhere.comparisons.list(opened.id)
    expect(across).toMatchObject({ name: 'across', baselineRunId: null })
    expect(across?.runIds).toHaveLength(1)
    expect(rest).toEqual([])
  })

  test('arrives elsewhere with its runs, traces, metrics, logs, lineage, comparison and proof', async () => {
    const here = open(entry)
    const { project, first } = await filled(here)
    const path = await write(here, project.id, 'files')

    const there = open(entry)
    const arrived = await there.archive.open({ path })
    expect(arrived).toMatchObject({ missing: [], project: { name: 'P', counts: { models: 3, datasets: 1, runs: 2 } } })
    const { id } = arrived.project
    expect(id).not.toBe(project.id)

    const run = there.runs.list(id).find(({ notes }) => notes === 'the better one')
    const was = here.runs.get(first)
    expect(there.runs.get(run?.id as string)).toMatchObject({
      config: was.config,
      result: was.result,
      environment: was.environment,
      tags: ['keep'],
      createdAt: was.createdAt,
      finishedAt: was.finishedAt,
    })
    expect(there.runs.trace(run?.id as string)).toEqual(here.runs.trace(first))
    expect(there.runs.metrics(run?.id as string)).toEqual(here.runs.metrics(first))
    expect(there.runs.log(run?.id as string)).toEqual(here.runs.log(first))
    const made = there.models.list(id).find((model) => model.id === run?.resultModelId)
    expect(made).toMatchObject({ runId: run?.id, parentId: run?.modelId })
    expect(there.comparisons.list(id)).toMatchObject([{ name: 'both', baselineRunId: run?.id }])
    const [proof] = there.exports.list(id)
    expect(proof).toMatchObject({ passed: true, modelId: made?.id, runId: run?.id })
    await expect(there.exports.download(proof?.id as string)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
    // The bytes are here, and new runs can be made of them.
    const again = await there.runs.start({
      projectId: id,
      modelId: run?.modelId as string,
      datasetId: run?.datasetId as string,
      configs: [was.config],
    })
    expect(await until(there, again[0]?.id as string, over)).toMatchObject({ status: 'done' })
  })

  test('brings its pins, colours, views and charts, and nothing about runs that stay behind', async () => {
    const here = open(entry)
    const { project, first } = await filled(here)
    const doomed = here.runs.list(project.id, true).find(({ deletedAt }) => deletedAt !== null)?.id as string
    const chart = { id: 'c', name: 'mine', kind: 'bar', x: 'strategy', y: 'drop', split: 'none' }
    const layout = { order: ['name'], hidden: [], widths: { name: 200 }, sort: { id: 'name', descending: false } }
    const view = { name: 'mine', filter: 'tag:keep', layout: { ...layout, group: 'status' } }
    here.app.saveSettings({
      layouts: {
        [arrangementKeys.pins(project.id)]: [doomed, first],
        [arrangementKeys.colours(project.id)]: { [first]: 3, [doomed]: 4 },
        [arrangementKeys.views(project.id)]: [view],
        [arrangementKeys.charts(project.id)]: [chart],
        [`runs.filter.${project.id}`]: 'stays here',
      },
    })
    const path = await write(here, project.id, 'files')

    const there = open(entry)
    const { id } = (await there.archive.open({ path })).project
    const run = there.runs.list(id).find(({ notes }) => notes === 'the better one')?.id as string
    expect(there.app.settings().layouts).toEqual({
      [arrangementKeys.pins(id)]: [run],
      [arrangementKeys.colours(id)]: { [run]: 3 },
      [arrangementKeys.views(id)]: [view],
      [arrangementKeys.charts(id)]: [chart],
    })
    // And on from there.
    const second = await write(there, id, 'files')
    const document = JSON.parse(strFromU8(unzipSync(readFileSync(second))['project.json'] as Uint8Array))
    expect(document.arrangement).toEqual({ pins: [run], colours: { [run]: 3 }, views: [view], charts: [chart] })
  })

  test('of an archive from before pins travelled opens without any', async () => {
    const here = open(entry)
    const { project, first } = await filled(here)
    here.app.saveSettings({ layouts: { [arrangementKeys.pins(project.id)]: [first] } })
    const path = tampered(await write(here, project.id, 'files'), (files) => {
      const { arrangement, ...before } = JSON.parse(strFromU8(files['project.json'] as Uint8Array))
      expect(arrangement.pins).toEqual([first])
      files['project.json'] = strToU8(JSON.stringify(before))
      const manifest = JSON.parse(strFromU8(files['manifest.json'] as Uint8Array))
      const entry = manifest.entries.find(({ name }: { name: string }) => name === 'project.json')
      entry.bytes = files['project.json'].length
      entry.sha256 = createHash('sha256').update(files['project.json']).digest('hex')
      files['manifest.json'] = strToU8(JSON.stringify(manifest))
    })
    const there = open(entry)
    expect((await there.archive.open({ path })).project.counts.runs).toBe(2)
    expect(there.app.settings().layouts).toEqual({})
  })

  test('can be opened twice beside itself, each under a name of its own, and through the page as a file', async () => {
    const services = open(entry)
    const { project } = await filled(services)
    const { file } = await services.archive.write(project.id, { data: 'references' })
    for (let copy = 0; copy < 2; copy++) await services.archive.open({ file: file as Blob })
    const all = services.projects.list().map(({ name, counts }) => `${name}, ${counts.runs} runs`)
    expect(all.toSorted()).toEqual(['P (2), 2 runs', 'P (3), 2 runs', 'P, 2 runs'])
  })

  test('whose data is only referred to opens without it, says so, and works once it is found', async () => {
    const here = open(entry)
    const { project, dataset } = await filled(here)
    const path = await write(here, project.id, 'references')
    const data = readFileSync(dataset.path)
    rmSync(dataset.path)

    const there = open(entry)
    const { project: arrived, missing } = await there.archive.open({ path })
    expect(missing).toEqual(['data'])
    const [lost] = there.datasets.list(arrived.id)
    expect(lost).toMatchObject({ missing: true, path: dataset.path })
    const [run] = there.runs.list(arrived.id)
    const start = () =>
      there.runs.start({
        projectId: arrived.id,
        modelId: run?.modelId as string,
        datasetId: lost?.id as string,
        configs: [run?.config as never],
      })
    await expect(start()).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })

    const moved = join(temporaryFolder(), 'moved.npz')
    writeFileSync(moved, data)
    await there.datasets.relocate(lost?.id as string, { path: moved })
    expect(there.datasets.get(lost?.id as string).missing).toBeUndefined()
    expect(await start()).toHaveLength(1)
  })

  test('that was under way arrives as interrupted', async () => {
    const here = open(entry)
    const { project, start } = await prepared(here, 'wait')
    const [run] = await start({})
    await until(here, run?.id as string, ({ status }) => status === 'running')
    const path = await write(here, project.id, 'files')
    const there = open(entry)
    const { project: arrived } = await there.archive.open({ path })
    expect(there.runs.list(arrived.id)).toMatchObject([{ status: 'interrupted' }])
  })

  test('with data in a folder brings the folder along', async () => {
    const here = open(entry)
    const { project } = await prepared(here)
    const folder = join(temporaryFolder(), 'pictures')
    mkdirSync(join(folder, 'cats'), { recursive: true })
    writeFileSync(join(folder, 'cats', 'one.png'), 'meow')
    const { id: _id, createdAt: _at, deletedAt: _gone, ...facts } = here.datasets.list(project.id)[0] as Dataset
    here.store.datasets.create({ ...facts, path: folder, name: 'cats', artifact: null })
    const path = await write(here, project.id, 'files')
    const there = open(entry)
    const { project: arrived } = await there.archive.open({ path })
    const cats = there.datasets.list(arrived.id).find(({ name }) => name === 'cats')
    expect(readFileSync(join(cats?.path as string, 'cats', 'one.png'), 'utf8')).toBe('meow')
  })
})

describe('an archive is refused, and nothing of it stays,', () => {
  test.each<[string, (files: Record<string, Uint8Array>) => void, string]>([
    [
      'when a model is not what its hash says',
      (files) => {
        const name = Object.keys(files).find((one) => one.startsWith('files/')) as string
        files[name] = (files[name] as Uint8Array).map((byte) => byte ^ 1)
      },
      'DATA_INVALID',
    ],
    [
      'when a run was edited',
      (files) => {
        const name = Object.keys(files).find((one) => one.startsWith('runs/')) as string
        const text = new TextDecoder().decode(files[name]).replace('"seed":', '"sEEd":')
        files[name] = strToU8(text)
      },
      'DATA_INVALID',
    ],
    [
      'when a file is missing',
      (files) => delete files[Object.keys(files).find((one) => one.startsWith('files/')) as string],
      'DATA_INVALID',
    ],
    [
      'when there is a file too many',
      (files) => Object.assign(files, { 'runs/more.json': strToU8('{}') }),
      'DATA_INVALID',
    ],
    [
      'when a name leads out of it',
      (files) => {
        const manifest = JSON.parse(new TextDecoder().decode(files['manifest.json'])) as { entries: unknown[] }
        manifest.entries.push({ name: '../evil', bytes: 1, sha256: 'a'.repeat(64) })
        files['manifest.json'] = strToU8(JSON.stringify(manifest))
        files['../evil'] = strToU8('x')
      },
      'DATA_INVALID',
    ],
    [
      'when it is from the future',
      (files) => {
        const manifest = JSON.parse(new TextDecoder().decode(files['manifest.json'])) as { version: number }
        manifest.version = 99
        files['manifest.json'] = strToU8(JSON.stringify(manifest))
      },
      'FORMAT_UNKNOWN',
    ],
    ['when it has no manifest', (files) => delete files['manifest.json'], 'FORMAT_UNKNOWN'],
  ])('%s', async (_, change, code) => {
    const here = open(entry)
    const { project } = await filled(here)
    const path = tampered(await write(here, project.id, 'files'), change)
    const there = open(entry)
    await expect(there.archive.open({ path })).rejects.toMatchObject({ code })
    nothingIn(there)
  })

  test('when it is no zip, or only half of one', async () => {
    const here = open(entry)
    const { project } = await prepared(here)
    const path = await write(here, project.id, 'files')
    const there = open(entry)
    for (const [content, code] of [
      [Buffer.from('no zip at all'), 'FORMAT_UNKNOWN'],
      [readFileSync(path).subarray(0, 600), 'FILE_TRUNCATED'],
    ] as const) {
      writeFileSync(path, content)
      await expect(there.archive.open({ path })).rejects.toMatchObject({ code })
    }
    nothingIn(there)
  })
})

describe('a long one', () => {
  const tasks = (services: Opened) => {
    const seen: number[] = []
    void (async () => {
      for await (const event of services.events.subscribe()) {
        if (event.type === 'task-progress' && event.task === 'mine') seen.push(event.fraction)
      }
    })()
    return seen
  }

  test('tells how far it is, out and in', async () => {
    const here = open(entry)
    const { project } = await filled(here)
    const out = tasks(here)
    const path = join(temporaryFolder(), 'project.zip')
    await here.archive.write(project.id, { data: 'files', path, task: 'mine' })
    const there = open(entry)
    const into = tasks(there)
    await there.archive.open({ path, task: 'mine' })
    for (const seen of [out, into]) {
      await expect.poll(() => seen.length).toBeGreaterThan(1)
      expect(seen).toEqual(seen.toSorted((a, b) => a - b))
      expect(seen.at(-1)).toBeLessThanOrEqual(1)
    }
    expect(into.at(-1)).toBe(1)
  })

  test('can be cancelled in the middle, and leaves nothing behind', async () => {
    const here = open(entry)
    const { project } = await filled(here)
    const folder = temporaryFolder()
    const path = join(folder, 'project.zip')
    /** Ends the work at the first sign of it. */
    const ending = (services: Opened) => {
      const controller = new AbortController()
      void (async () => {
        for await (const event of services.events.subscribe()) if (event.type === 'task-progress') controller.abort()
      })()
      return controller.signal
    }
    await expect(
      here.archive.write(project.id, { data: 'files', path, task: 'mine' }, ending(here)),
    ).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(readdirSync(folder)).toEqual([])
    await here.archive.write(project.id, { data: 'files', path })
    const there = open(entry)
    await expect(there.archive.open({ path, task: 'mine' }, ending(there))).rejects.toMatchObject({ code: 'CANCELLED' })
    nothingIn(there)
  })
})

/** An import that is killed in the middle is shown, and can be begun again with the files it was given. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { EspalierError } from '../../../src/contract/errors'
import { importJournal } from '../../../src/main/services/import-journal'
import { bundle } from '../support/bundle'
import { open } from './support'

let entry: string
beforeAll(async () => {
  entry = await bundle('test/main/support/fake-engine.ts')
})

const npz = () => new File([Buffer.alloc(200_000, 'x')], 'some.npz')

/** The services after a kill in the middle of one import: its note and files lie where another process left them. */
function killedDuring(note: Record<string, unknown>, files: Record<string, string>) {
  const services = open(entry)
  const { id: projectId } = services.projects.create({ name: 'P', goal: '' })
  const folder = join(services.home, 'imports', 'was-killed')
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, 'files', name, '..'), { recursive: true })
    writeFileSync(join(folder, 'files', name), text)
  }
  const written = {
    projectId,
    since: '2026-11-30T00:00:00.000Z',
    // No process has this number.
    owner: { pid: 2 ** 30, boot: 0 },
    ...note,
    file: { path: join(folder, 'files'), uploaded: true, ...(note.file as object) },
  }
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'import.json'), JSON.stringify(written))
  return { services, projectId, folder }
}

test('an import that ends well is at no moment listed as one that was cut off', async () => {
  const services = open(entry)
  const { id: projectId } = services.projects.create({ name: 'P', goal: '' })
  const seen: unknown[] = []
  let importing = true
  const watching = (async () => {
    while (importing) seen.push(...(await services.imports.list(projectId)))
  })()
  for (let turn = 0; turn < 10; turn++) {
    await services.models.import({ projectId, path: services.file(`net ${turn}`, `net-${turn}.onnx`) })
  }
  importing = false
  await watching
  expect(seen).toEqual([])
})

describe('after a kill', () => {
  test('a folder of data is begun again, and nothing of the first try is left', async () => {
    const { services, projectId, folder } = killedDuring(
      { kind: 'dataset', name: 'pets', file: { name: '.', folder: true } },
      { 'cat/1.png': '1', 'dog/2.png': '2' },
    )
    expect(await services.imports.list(projectId)).toEqual([
      { id: 'was-killed', kind: 'dataset', name: 'pets', since: '2026-11-30T00:00:00.000Z' },
    ])
    expect(services.datasets.list(projectId)).toEqual([])

    const made = await services.imports.again('was-killed', undefined)

    const [dataset] = services.datasets.list(projectId)
    expect(made).toEqual({ kind: 'dataset', id: dataset?.id })
    expect(dataset?.name).toBe('pets')
    expect(readFileSync(join(dataset?.path ?? '', 'dog', '2.png'), 'utf8')).toBe('2')
    expect(await services.imports.list(projectId)).toEqual([])
    expect(existsSync(folder)).toBe(false)
  })

  test('a network is begun again', async () => {
    const { services, projectId, folder } = killedDuring(
      { kind: 'model', file: { name: 'net.onnx' } },
      { 'net.onnx': 'network' },
    )
    const note = JSON.parse(readFileSync(join(folder, 'import.json'), 'utf8'))
    note.file.path = join(folder, 'files', 'net.onnx')
    writeFileSync(join(folder, 'import.json'), JSON.stringify(note))
    expect(await services.imports.list(projectId)).toMatchObject([{ kind: 'model', name: 'net.onnx' }])
    const { id } = await services.imports.again('was-killed', undefined)
    expect(services.models.list(projectId)).toMatchObject([{ id, name: 'net' }])
  })

  test('it can be discarded; files of which nothing was noted go by themselves', async () => {
    const { services, projectId, folder } = killedDuring({ kind: 'model', file: { name: 'a.onnx' } }, { 'a.onnx': 'a' })
    mkdirSync(join(services.home, 'imports', 'half', 'files'), { recursive: true })
    expect(await services.imports.list(projectId)).toHaveLength(1)
    expect(existsSync(join(services.home, 'imports', 'half'))).toBe(false)
    await services.imports.discard('was-killed')
    expect(existsSync(folder)).toBe(false)
    await expect(services.imports.again('was-killed', undefined)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('what another living process works on is not offered', async () => {
    const { services, projectId, folder } = killedDuring({ kind: 'model', file: { name: 'a.onnx' } }, { 'a.onnx': 'a' })
    const note = JSON.parse(readFileSync(join(folder, 'import.json'), 'utf8'))
    const { uptime } = await import('node:os')
    note.owner = { pid: process.ppid, boot: Math.round(Date.now() / 1000 - uptime()) }
    writeFileSync(join(folder, 'import.json'), JSON.stringify(note))
    expect(await services.imports.list(projectId)).toEqual([])
    await expect(services.imports.again('was-killed', undefined)).rejects.toMatchObject({ code: 'CONFLICT' })
  })
})

describe('an import', () => {
  test('that succeeds leaves no note', async () => {
    const services = open(entry)
    const { id: projectId } = services.projects.create({ name: 'P', goal: '' })
    await services.datasets.import({ projectId, file: npz(), task: 'mine' })
    expect(readdirSync(join(services.home, 'imports'))).toEqual([])
  })

  test.each([
    ['is kept where its engine died', 'ENGINE_CRASHED', 1],
    ['is not kept where its file is damaged', 'FILE_UNREADABLE', 0],
  ] as const)('%s', async (_what, code, kept) => {
    const { home, events, ...services } = open(entry)
    const { id: projectId } = services.projects.create({ name: 'P', goal: '' })
    const journal = importJournal({ layout: { home } as never, events })
    const failing = journal.during('mine', { projectId, kind: 'dataset' }, { file: npz() }, 'folder', async () => {
      expect(await journal.list(projectId)).toEqual([])
      throw new EspalierError(code, 'It ended.')
    })
    await expect(failing).rejects.toMatchObject({ code })
    expect(await journal.list(projectId)).toHaveLength(kept)
  })

  test('refuses what is not one thing, and leaves nothing', async () => {
    const services = open(entry)
    const { id: projectId } = services.projects.create({ name: 'P', goal: '' })
    await expect(services.models.import({ projectId, task: 'mine' })).rejects.toMatchObject({ code: 'BAD_USAGE' })
    expect(readdirSync(join(services.home, 'imports'))).toEqual([])
  })
})

/** What the settings show of the whole workbench: storage a project, the bundle without anything private, the guard. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import { strFromU8, unzipSync } from 'fflate'
import { beforeAll, describe, expect, test } from 'vitest'
import { scrubbed } from '../../../src/main/services/diagnostics'
import { bundle } from '../support/bundle'
import { temporaryFolder } from '../support/folders'
import { config } from '../support/values'
import { open, over, prepared, until } from './support'

let entry: string
let guard: string
beforeAll(async () => {
  entry = await bundle('test/main/support/fake-engine.ts')
  guard = await bundle('src/main/engine/network-guard.ts')
})

describe('storage', () => {
  test('counts what each project holds, once in the sum, and what nothing refers to', async () => {
    const services = open(entry)
    const { project, model } = await prepared(services, 'sound words')
    const other = services.projects.create({ name: 'Other', goal: '' })
    const second = await services.models.import({ projectId: other.id, path: services.file('sound words') })
    const storage = await services.app.storage()
    const of = (id: string) => storage.projects.find(({ projectId }) => projectId === id)
    expect(of(project.id)).toMatchObject({ name: 'P', models: 'sound words'.length, data: 0, deleted: false })
    expect(of(other.id)).toMatchObject({ models: 'sound words'.length })
    expect(storage).toMatchObject({ unusedBytes: 0, dataFolder: services.home })
    expect(storage.databaseBytes).toBeGreaterThan(10_000)
    expect(storage.totalBytes).toBeGreaterThanOrEqual(storage.databaseBytes + 'sound words'.length)

    services.models.remove(model.id)
    services.models.remove(second.model.id)
    await services.trash.empty()
    // Too young to be deleted: their row might have been on its way.
    expect((await services.app.storage()).unusedBytes).toBe('sound words'.length)
  })
})

describe('the diagnostics bundle', () => {
  test('holds versions, counts and codes, and nothing that names anything of the person', async () => {
    const services = open(entry)
    const project = services.projects.create({ name: 'SecretProject', goal: 'SecretGoal' })
    services.projects.update(project.id, { tags: ['SecretTag'] })
    const path = services.file('non-finite', 'SecretModel.onnx')
    const { model } = await services.models.import({ projectId: project.id, path })
    const dataset = await services.datasets.import({
      projectId: project.id,
      path: services.file('x', 'SecretData.npz'),
    })
    const [run] = await services.runs.start({
      projectId: project.id,
      modelId: model.id,
      datasetId: dataset.id,
      name: 'SecretRun',
      configs: [{ ...config(), protect: ['SecretLayer'] }],
    })
    await until(services, run?.id as string, over)
    services.runs.update(run?.id as string, { notes: 'SecretNote' })
    services.app.saveSettings({ layouts: { 'runs.filter.x': 'SecretFilter' } })

    const { file, fileName } = await services.app.diagnostics()
    const files = unzipSync(new Uint8Array(await file.arrayBuffer()))
    const text = Object.values(files)
      .map((bytes) => strFromU8(bytes))
      .join('\n')
    expect(fileName).toMatch(/^espalier-diagnostics-\d{4}-\d\d-\d\d\.zip$/)
    expect(text).not.toMatch(/secret/i)
    for (const own of [services.home, homedir(), temporaryFolder().slice(0, -6)]) expect(text).not.toContain(own)
    if (userInfo().username !== 'root') expect(text).not.toContain(userInfo().username)
    expect(JSON.parse(strFromU8(files['store.json'] as Uint8Array))).toMatchObject({
      sound: true,
      rows: { projects: 1, models: 1, runs: 1 },
      runsByStatus: { failed: 1 },
    })
    expect(JSON.parse(strFromU8(files['failures.json'] as Uint8Array))).toMatchObject([{ code: 'MODEL_NON_FINITE' }])
  })

  test.each([
    ['/home/zoe/nets/vgg.onnx cannot be read (EACCES)', ['zoe', 'vgg']],
    ['C:\\Users\\Zoe\\net.onnx is not there', ['Zoe', 'net']],
    ['The layer "conv_zoe" and ‘block.zoe’ differ', ['zoe']],
    ["ENOENT: no such file, open '../zoe/data.npz'", ['zoe', 'data.npz']],
    ['file:///opt/zoe/x.js:12:3 failed', ['zoe']],
    ['weights of zoe.onnx are not numbers', ['zoe']],
  ])('scrubs %s', (text, words) => {
    for (const word of words) expect(scrubbed(text)).not.toContain(word)
  })
})

describe('the network guard', () => {
  const ask = (code: string) => {
    const script = join(temporaryFolder(), 'ask.mjs')
    writeFileSync(script, `import * as guard from ${JSON.stringify(guard)}\n${code}`)
    return JSON.parse(execFileSync(process.execPath, [script], { encoding: 'utf8' }))
  }

  test('refuses every way out before anything is sent, counts it, and proves itself', () => {
    const { outcomes, report } = ask(`
      import dns from 'node:dns'
      import dgram from 'node:dgram'
      import http from 'node:http'
      import net from 'node:net'
      import tls from 'node:tls'
      import { lookup } from 'node:dns/promises'
      guard.guardNetwork()
      const attempt = async (work) => { try { await work(); return 'left' } catch (error) { return error.code ?? error.cause?.code } }
      const event = (emitter) => new Promise((resolve, reject) => { emitter.once('error', reject); emitter.once('connect', resolve); emitter.once('response', resolve) })
      const outcomes = []
      for (const work of [
        () => event(net.connect(80, '192.0.2.7')),
        () => event(net.connect({ port: 80, host: 'example.com' })),
        () => event(tls.connect(443, 'example.com')),
        () => event(http.get('http://example.com/')),
        () => fetch('https://example.com/'),
        () => new Promise((resolve, reject) => dns.resolve4('example.com', (error) => (error ? reject(error) : resolve()))),
        () => dns.promises.lookup('example.com'),
        () => new Promise((resolve) => dgram.createSocket('udp4').send('x', 53, '192.0.2.7', resolve)),
      ]) outcomes.push(await attempt(work))
      process.stdout.write(JSON.stringify({ outcomes, report: guard.networkReport() }))
      process.exit(0)`)
    expect(outcomes).toEqual(Array(8).fill('ENETUNREACH'))
    expect(report).toMatchObject({ guarded: true, proven: true })
    expect(report.refused).toBeGreaterThanOrEqual(8)
  })

  test('lets the machine talk to itself', () => {
    const { heard, report } = ask(`
      import http from 'node:http'
      guard.guardNetwork()
      const server = http.createServer((_, response) => response.end('here'))
      server.listen(0, '127.0.0.1', async () => {
        const heard = []
        for (const host of ['127.0.0.1', 'localhost']) {
          try { heard.push(await (await fetch('http://' + host + ':' + server.address().port)).text()) } catch (error) { heard.push(String(error.cause ?? error)) }
        }
        process.stdout.write(JSON.stringify({ heard, report: guard.networkReport() }))
        process.exit(0)
      })`)
    expect(heard).toEqual(['here', 'here'])
    expect(report).toEqual({ guarded: true, refused: 0, proven: true })
  })

  test('claims nothing where it is not in force', () => {
    const report = ask('process.stdout.write(JSON.stringify(guard.networkReport()))')
    expect(report).toEqual({ guarded: false, refused: 0, proven: false })
  })
})

/** The loopback shell over real HTTP and real WebSockets, visited by friends and by others. */
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createORPCClient, ORPCError } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import type { ContractRouterClient } from '@orpc/contract'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Contract } from '../../../src/contract/api'
import type { WorkbenchEvent } from '../../../src/contract/entities'
import { forkLauncher } from '../../../src/main/engine/channel'
import { type RunningServer, startServer } from '../../../src/main/server/index'
import { bundle } from '../support/bundle'
import { temporaryFolder } from '../support/folders'
import { config } from '../support/values'

let entry: string
beforeAll(async () => {
  entry = await bundle('test/main/support/fake-engine.ts')
})

async function served(): Promise<RunningServer & { readonly home: string }> {
  const home = temporaryFolder()
  const page = join(home, 'page')
  mkdirSync(page)
  writeFileSync(join(page, 'index.html'), '<!doctype html><title>Espalier</title>')
  writeFileSync(join(page, 'app.js'), 'export {}')
  writeFileSync(join(home, 'secret.js'), 'secret')
  const server = await startServer({
    home,
    page,
    resources: join(home, 'none'),
    engineLauncher: forkLauncher({ entry }),
  })
  onTestFinished(() => server.close())
  return { ...server, home }
}

interface Answer {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly body: string
}

/** Sends exactly the path and headers given, which fetch would tidy up. */
const get = (port: number, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      let body = ''
      response.on('data', (chunk) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    sent.once('error', reject)
    sent.end()
  })

/** What a browser has after it opened the printed address. */
async function visit(server: RunningServer): Promise<Record<string, string>> {
  const answer = await get(server.port, `/?token=${server.token}`)
  expect(answer).toMatchObject({ status: 303, headers: { location: '/' } })
  const [cookie] = answer.headers['set-cookie'] as string[]
  expect(cookie).toMatch(/HttpOnly; SameSite=Strict/)
  return { cookie: cookie?.split(';')[0] as string, origin: `http://127.0.0.1:${server.port}` }
}

const socketTo = (server: RunningServer, headers: Record<string, string>, path = '/rpc') =>
  new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers })

const outcome = (socket: WebSocket): Promise<'open' | number> =>
  new Promise((resolve) => {
    socket.once('open', () => {
      resolve('open')
      socket.close()
    })
    socket.once('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
    socket.once('error', () => {})
  })

async function client(server: RunningServer, headers?: Record<string, string>) {
  const socket = socketTo(server, headers ?? (await visit(server)))
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  onTestFinished(() => socket.terminate())
  const api: ContractRouterClient<Contract> = createORPCClient(new RPCLink({ websocket: socket as never }))
  return { api, socket }
}

describe('the page', () => {
  test('is given to whoever has the token, under a strict policy, and the token leaves the address', async () => {
    const server = await served()
    const answer = await get(server.port, '/', await visit(server))
    expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('Espalier') })
    const policy = answer.headers['content-security-policy'] as string
    expect(policy).toContain("default-src 'self'")
    expect(policy).not.toContain('unsafe')
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
  })

  test.each([
    ['no token', '/', {}],
    ['a wrong token', '/?token=wrong', {}],
    ['an empty token', '/?token=', {}],
    ['a wrong cookie', '/', { cookie: 'espalier=1' }],
    ['a wrong bearer', '/', { authorization: 'Bearer wrong' }],
  ])('is refused with %s', async (_, path, headers) => {
    const server = await served()
    const answer = await get(server.port, path, headers)
    expect(answer).toMatchObject({ status: 401, body: expect.stringContaining('token') })
    expect(answer.headers['set-cookie']).toBeUndefined()
  })

  test('is refused under another name (DNS rebinding) and to another origin', async () => {
    const server = await served()
    const visitor = await visit(server)
    expect(await get(server.port, '/', { ...visitor, host: 'evil.example' })).toMatchObject({ status: 403 })
    expect(await get(server.port, '/', { ...visitor, host: `evil.example:${server.port}` })).toMatchObject({
      status: 403,
    })
    expect(await get(server.port, '/', { ...visitor, origin: 'http://evil.example' })).toMatchObject({ status: 403 })
    expect(await get(server.port, '/', { ...visitor, origin: 'null' })).toMatchObject({ status: 403 })
  })

  test.each([
    '/../secret.js',
    '/..%2fsecret.js',
    '/%2e%2e/secret.js',
    '/a/../../secret.js',
    '/..\\secret.js',
    '/..%5csecret.js',
    '/%00.js',
    '/%zz.js',
    '//etc/hosts.js',
  ])('%s does not lead out of its folder', async (path) => {
    const server = await served()
    const answer = await get(server.port, path, await visit(server))
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.body).not.toContain('secret')
  })

  test('can only be read', async () => {
    const server = await served()
    expect(await get(server.port, '/', await visit(server), 'POST')).toMatchObject({ status: 405 })
    expect(await get(server.port, '/app.js', await visit(server), 'HEAD')).toMatchObject({ status: 200, body: '' })
  })

  test('is not served on any other address of this machine', async () => {
    const server = await served()
    await expect(
      new Promise((resolve, reject) => {
        const socket = connect({ host: '127.0.0.2', port: server.port }, () => resolve('connected'))
        socket.once('error', reject)
      }),
    ).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})

describe('the socket', () => {
  test('opens for the page with its cookie and for a program with the token', async () => {
    const server = await served()
    expect(await outcome(socketTo(server, await visit(server)))).toBe('open')
    expect(await outcome(socketTo(server, { authorization: `Bearer ${server.token}` }))).toBe('open')
  })

  test('stays shut for everybody else', async () => {
    const server = await served()
    const visitor = await visit(server)
    const strangers: [Record<string, string>, string?][] = [
      [{}],
      [{ origin: visitor.origin as string }],
      [{ cookie: visitor.cookie as string }],
      [{ ...visitor, origin: 'http://evil.example' }],
      [{ ...visitor, origin: 'null' }],
      [{ ...visitor, origin: `http://127.0.0.1:${server.port + 1}` }],
      [{ ...visitor, host: 'evil.example' }],
      [{ authorization: 'Bearer wrong' }],
      [visitor, '/other'],
    ]
    for (const [headers, path] of strangers) expect(await outcome(socketTo(server, headers, path))).toBe(403)
  })
})

describe('the API', () => {
  test('answers calls, streams events until they are ended, and forgets the listener', async () => {
    const server = await served()
    const { api } = await client(server)
    expect(await api.app.shell()).toMatchObject({ kind: 'server', canPickPaths: false })
    const events = await api.events()
    expect((await events.next()).value).toEqual({ type: 'engine-state', state: 'ready' })
    const project = await api.projects.create({ name: 'P' })
    expect((await events.next()).value).toEqual({ type: 'project-changed', projectId: project.id })
    await events.return(undefined)
    await expect.poll(() => server.services.events.listeners).toBe(0)
  })

  test('forgets the listeners of a connection that breaks', async () => {
    const server = await served()
    const { api, socket } = await client(server)
    await (await api.events()).next()
    expect(server.services.events.listeners).toBe(1)
    socket.terminate()
    await expect.poll(() => server.services.events.listeners).toBe(0)
  })

  test('takes files and gives files', async () => {
    const server = await served()
    const { api } = await client(server)
    const project = await api.projects.create({ name: 'P' })
    const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251)
    const file = new File([bytes], 'big.onnx')
    const { model } = await api.models.import({ projectId: project.id, file })
    expect(model.name).toBe('big')
    const [exported] = await api.exports.create({ modelId: model.id, datasetId: null, formats: ['onnx'] })
    const { file: zip, fileName } = await api.exports.download({ id: exported?.id as string })
    expect(fileName).toBe('big-onnx.zip')
    expect(new Uint8Array(await zip.arrayBuffer()).subarray(0, 2)).toEqual(new TextEncoder().encode('PK'))
  })

  test('writes nothing beside a data folder that was moved, says so, and goes on when it is back', async () => {
    const server = await served()
    const { api } = await client(server)
    const project = await api.projects.create({ name: 'P' })
    const { dataFolder: home } = await api.app.storage()
    renameSync(home, `${home}-moved`)
    await expect(api.projects.create({ name: 'Q' })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining('was moved or deleted'),
    })
    expect((await api.projects.list({})).map(({ id }) => id)).toContain(project.id)
    expect(existsSync(home)).toBe(false)
    renameSync(`${home}-moved`, home)
    expect(await api.projects.create({ name: 'Q' })).toMatchObject({ name: 'Q' })
  })

  test('runs a sweep whose progress arrives as events', async () => {
    const server = await served()
    const { api } = await client(server)
    const project = await api.projects.create({ name: 'P' })
    const { model } = await api.models.import({ projectId: project.id, file: new File(['x'], 'n.onnx') })
    const dataset = await api.datasets.import({ projectId: project.id, file: new File(['x'], 'd.npz') })
    const events = await api.events()
    const started = await api.runs.start({
      projectId: project.id,
      modelId: model.id,
      datasetId: dataset.id,
      configs: [config({ seed: 0 }), config({ seed: 1 })],
    })
    const done = new Set<string>()
    const kinds = new Set<WorkbenchEvent['type']>()
    for await (const event of events) {
      kinds.add(event.type)
      if (event.type === 'run-changed' && event.run.status === 'done') done.add(event.run.id)
      if (done.size === 2) break
    }
    expect([...done].sort()).toEqual(started.map(({ id }) => id).sort())
    expect([...kinds]).toEqual(expect.arrayContaining(['run-changed', 'run-metric', 'run-log', 'engine-state']))
    expect(await api.runs.list({ projectId: project.id })).toHaveLength(2)
  })

  test('says every error as code, sentence and cause', async () => {
    const server = await served()
    const { api } = await client(server)
    const errorOf = async (call: Promise<unknown>) => {
      const error = await call.then(
        () => null,
        (thrown: unknown) => thrown,
      )
      expect(error).toBeInstanceOf(ORPCError)
      return error as ORPCError<string, { cause?: string }>
    }
    expect(await errorOf(api.runs.get({ id: 'none' }))).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('none'),
    })
    expect(await errorOf(api.projects.create({ name: '' }))).toMatchObject({
      code: 'BAD_USAGE',
      message: expect.stringMatching(/name/),
    })
    expect(
      await errorOf(
        (api as unknown as Record<string, Record<string, () => Promise<unknown>>>).no?.such?.() as Promise<unknown>,
      ),
    ).toMatchObject({
      code: 'NOT_FOUND',
    })
    const project = await api.projects.create({ name: 'P' })
    expect(
      await errorOf(api.models.import({ projectId: project.id, file: new File(['invalid'], 'n.onnx') })),
    ).toMatchObject({
      code: 'MODEL_INVALID',
      message: 'This is no network.',
      data: { cause: 'byte 0' },
    })
    server.services.store.database.exec('DROP TABLE comparisons')
    expect(await errorOf(api.comparisons.list({ projectId: project.id }))).toMatchObject({
      code: 'INTERNAL',
      data: { cause: expect.stringContaining('comparisons') },
    })
  })

  test('lists ten thousand runs', async () => {
    const server = await served()
    const { api } = await client(server)
    const { store } = server.services
    const project = await api.projects.create({ name: 'P' })
    const { model } = await api.models.import({ projectId: project.id, file: new File(['x'], 'n.onnx') })
    const dataset = await api.datasets.import({ projectId: project.id, file: new File(['x'], 'd.npz') })
    store.transaction(() => {
      for (let seed = 0; seed < 10_000; seed++) {
        const { id } = store.runs.create({
          projectId: project.id,
          modelId: model.id,
          datasetId: dataset.id,
          name: `r${seed}`,
          config: config({ seed }),
          sweepId: null,
        })
        store.runs.finish(id, { status: 'cancelled' })
      }
    })
    expect(await api.runs.list({ projectId: project.id })).toHaveLength(10_000)
  })
})

describe('starting and ending', () => {
  test('closing ends open connections and streams', async () => {
    const server = await served()
    const { api, socket } = await client(server)
    await api.events()
    const closed = new Promise((resolve) => socket.once('close', resolve))
    await server.close()
    await closed
    await expect(get(server.port, '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('a taken port is said to be taken, and the store is closed again', async () => {
    const server = await served()
    const home = temporaryFolder()
    const options = { home, port: server.port, engineLauncher: forkLauncher({ entry }) }
    await expect(startServer(options)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(String(server.port)),
    })
    const other = await startServer({ ...options, port: 0, resources: home })
    await other.close()
  })
})

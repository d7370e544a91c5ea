/** Every migration from every earlier version: rows survive, a broken step leaves no trace. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import BetterSqlite from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { say } from '../../../src/contract/sentences'
import { openDatabase } from '../../../src/main/store/database'
import { openStore } from '../../../src/main/store/index'
import { migrate, versionOf } from '../../../src/main/store/migrate'
import { migrations } from '../../../src/main/store/migrations/index'
import { temporaryFolder } from '../support/folders'
import { config, result, view } from '../support/values'
import { openTemporary, seeded } from './support'

const rows = `
  INSERT INTO projects (id, name, goal, created_at, updated_at) VALUES ('p', 'P', 'g', 't0', 't0');
  INSERT INTO models (id, project_id, name, format, hash, files, macs, params, bytes, nodes, created_at)
    VALUES ('m', 'p', 'net', 'onnx', 'h', '[{"name":"net.onnx","hash":"h"}]', 10, 5, 20, 3, 't1');
  INSERT INTO datasets (id, project_id, name, kind, path, hash, facts, created_at)
    VALUES ('d', 'p', 'data', 'npz', '/data.npz', 'h', '{"classes":[]}', 't1');
  INSERT INTO runs (id, project_id, model_id, dataset_id, name, config, status, queue_order, created_at)
    VALUES ('r', 'p', 'm', 'd', 'run', '{}', 'queued', 1, 't2');
  INSERT INTO metrics VALUES ('r', 'loss', 1, 0.5), ('r', 'loss', 2, NULL);
`
const tables = ['projects', 'models', 'datasets', 'runs', 'metrics']

const snapshot = (database: BetterSqlite.Database) =>
  Object.fromEntries(tables.map((table) => [table, database.prepare(`SELECT * FROM ${table}`).all()]))

describe('migrations', () => {
  for (let version = 1; version < migrations.length; version++) {
    test(`from ${version} to ${migrations.length} keep every row`, () => {
      const database = new BetterSqlite(':memory:')
      migrate(database, migrations, version)
      expect(versionOf(database)).toBe(version)
      database.exec(rows)
      const before = snapshot(database)

      migrate(database)

      expect(versionOf(database)).toBe(migrations.length)
      for (const table of tables) expect(snapshot(database)[table]).toMatchObject(before[table] as object[])
      expect(database.pragma('foreign_key_check')).toEqual([])
    })
  }

  test('0002 adds a place for what was understood of a model', () => {
    const path = join(temporaryFolder(), 'espalier.db')
    const old = new BetterSqlite(path)
    migrate(old, migrations, 1)
    old.exec(rows)
    old.close()

    const store = openTemporary(path)

    expect(store.models.view('m', '1')).toBeNull()
    store.models.keepView('m', '1', view)
    expect(store.models.view('m', '1')).toEqual(view)
    expect(store.models.view('m', '2')).toBeNull()
  })

  test('0003 lays the rounds of a result beside it', () => {
    const path = join(temporaryFolder(), 'espalier.db')
    const old = new BetterSqlite(path)
    migrate(old, migrations, 2)
    old.exec(rows)
    const { kept, ...whole } = result()
    old
      .prepare("UPDATE runs SET status = 'done', config = ?, result = ?, kept = ?")
      .run(JSON.stringify(config()), JSON.stringify({ ...whole, kept: {} }), JSON.stringify(kept))
    old.close()

    const store = openTemporary(path)

    expect(store.runs.get('r').result).toEqual(result())
    expect(store.runs.list('p')[0]?.result).toEqual({ ...result(), kept: {}, rounds: [] })
  })

  test('0004 adds a place for what a log line says in other languages', () => {
    const path = join(temporaryFolder(), 'espalier.db')
    const old = new BetterSqlite(path)
    migrate(old, migrations, 3)
    old.exec(`${rows} INSERT INTO logs (run_id, at, level, message) VALUES ('r', 't3', 'info', 'as it was');`)
    old.close()

    const store = openTemporary(path)

    const line = { at: 't4', level: 'info', message: 'Trial 1', said: say('doing.trial', { trial: 1 }) } as const
    store.logs.add('r', line)
    expect(store.logs.list('r')).toEqual([{ at: 't3', level: 'info', message: 'as it was' }, line])
  })

  test('0005 gives each piece of the interface a row, and to its project what ends with its id', () => {
    const path = join(temporaryFolder(), 'espalier.db')
    const old = new BetterSqlite(path)
    migrate(old, migrations, 4)
    old.exec(rows)
    const layouts = {
      sidebar: false,
      'runs.pins.p': ['r'],
      'charts.p': [{ "a'b": 1 }],
      'runs.filter.gone': 'x',
      none: null,
    }
    old.prepare("INSERT INTO settings VALUES ('layouts', ?), ('theme', '\"dark\"')").run(JSON.stringify(layouts))
    old.close()

    const store = openTemporary(path)

    expect(store.settings.get()).toMatchObject({ theme: 'dark', layouts })
    expect(
      store.database.prepare('SELECT key FROM layouts WHERE project_id = ? ORDER BY key').pluck().all('p'),
    ).toEqual(['charts.p', 'runs.pins.p'])
  })

  test.each(['', 'no JSON', '[]', '7'])('0005 passes over layouts that are none: %j', (value) => {
    const path = join(temporaryFolder(), 'espalier.db')
    const old = new BetterSqlite(path)
    migrate(old, migrations, 4)
    old.prepare("INSERT INTO settings VALUES ('layouts', ?)").run(value)
    old.close()

    expect(openTemporary(path).settings.get().layouts).toEqual({})
  })

  test('0006 gives a run the latency that its latest ONNX export was measured at', () => {
    const path = join(temporaryFolder(), 'espalier.db')
    const old = new BetterSqlite(path)
    migrate(old, migrations, 5)
    old.exec(rows)
    const timed = (runtime: string, median: number) => {
      const found = { median, low: median, high: median }
      return { latency: [{ runtime, batch: 1, rounds: 5, before: null, after: found }] }
    }
    const put = old.prepare("INSERT INTO exports VALUES (?, 'p', 'r', 'm', ?, ?)")
    put.run('e1', JSON.stringify(timed('onnxruntime-node 1', 9)), 't1')
    put.run('e2', JSON.stringify(timed('onnxruntime-node 1', 3)), 't2')
    put.run('e3', JSON.stringify(timed('Espalier, wasm', 7)), 't3')
    put.run('e4', JSON.stringify({ format: 'onnx' }), 't4')
    old.close()

    expect(openTemporary(path).runs.get('r').latency?.after.median).toBe(3)
  })

  test('a step that fails is undone as a whole, with its version', () => {
    const database = new BetterSqlite(':memory:')
    migrate(database)
    database.exec(rows)
    const before = snapshot(database)

    expect(() =>
      migrate(database, [...migrations, 'CREATE TABLE extra (x); DELETE FROM metrics; SELECT nonsense;']),
    ).toThrow()

    expect(versionOf(database)).toBe(migrations.length)
    expect(snapshot(database)).toEqual(before)
    expect(database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'extra'").get()).toBeUndefined()
  })

  test('an upgrade leaves a backup of the old format beside it', () => {
    const path = join(temporaryFolder(), 'espalier.db')
    const old = new BetterSqlite(path)
    migrate(old, migrations, 1)
    old.exec(rows)
    old.close()

    openDatabase(path).close()

    const backup = new BetterSqlite(`${path}.backup-v1`)
    expect(versionOf(backup)).toBe(1)
    expect(backup.prepare('SELECT count(*) AS n FROM runs').get()).toEqual({ n: 1 })
    backup.close()
  })
})

describe('a database that cannot be used', () => {
  test('from a newer version is refused and left alone', () => {
    const path = join(temporaryFolder(), 'espalier.db')
    const future = new BetterSqlite(path)
    future.pragma('user_version = 99')
    future.exec('CREATE TABLE of_the_future (x)')
    future.close()

    expect(() => openStore(path)).toThrow(
      expect.objectContaining({ code: 'STORE_FROM_THE_FUTURE', message: expect.stringContaining('newer Espalier') }),
    )

    const after = new BetterSqlite(path)
    expect(versionOf(after)).toBe(99)
    expect(after.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()).toEqual([
      { name: 'of_the_future' },
    ])
    after.close()
  })

  test('that is no database at all is refused', () => {
    const path = join(temporaryFolder(), 'espalier.db')
    writeFileSync(path, 'this was once a database, long ago, before somebody edited it'.repeat(100))
    expect(() => openStore(path)).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }))
    expect(readFileSync(path, 'utf8')).toContain('long ago')
  })

  test('with damaged pages is refused', () => {
    const path = join(temporaryFolder(), 'espalier.db')
    const store = openStore(path)
    const { queue } = seeded(store)
    for (let i = 0; i < 200; i++) queue()
    store.database.pragma('wal_checkpoint(TRUNCATE)')
    store.close()
    const bytes = readFileSync(path)
    bytes.fill(0xab, 4096 * 3, bytes.length)
    writeFileSync(path, bytes)
    expect(existsSync(`${path}-wal`)).toBe(false)

    expect(() => openStore(path)).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }))
  })
})

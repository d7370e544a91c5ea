/** A data folder as large as years of work leave it: runs, series of metrics, a deep network. Written straight into SQLite. */
import { deflateRawSync } from 'node:zlib'
import BetterSqlite from 'better-sqlite3'

const strategies = ['result-oriented', 'l1', 'l2', 'random', 'taylor', 'fpgm', 'hrank', 'bn-scale']
const keeps = [0.7, 0.5, 0.35, 0.25, 0.15]
const before = { macs: 12_600_000, params: 288_000, bytes: 1_152_000 }

/** The same figures every time, spread as real ones are. */
const noise = (seed) => {
  const x = Math.sin(seed * 12.9898) * 43_758.5453
  return x - Math.floor(x)
}

const configOf = (at) => ({
  strategy: strategies[at % strategies.length],
  allocation: 'global',
  goal: { kind: 'keep-macs', value: keeps[Math.floor(at / strategies.length) % keeps.length] },
  calibration: 2048,
  refit: at % 3 === 0 ? 'sequential' : 'none',
  finetune: { epochs: at % 4 === 1 ? 2 : 0, samples: 0, learningRate: 0.02, distill: false },
  roundTo: 1,
  protect: [],
  backend: 'auto',
  seed: Math.floor(at / (strategies.length * keeps.length)),
  batch: 128,
})

const resultOf = (at, { strategy, goal, seed }) => {
  const kept = goal.value * (1 - 0.02 * noise(at))
  const after = Object.fromEntries(Object.entries(before).map(([key, value]) => [key, Math.round(value * kept)]))
  const accuracy = 94.2 - (1 - goal.value) * 8 * noise(at + 1)
  const ms = 4000 + 9000 * noise(at + 2)
  return {
    model: { before, after },
    result: {
      metric: 'accuracy',
      before: 94.2,
      afterPruning: accuracy - 2,
      afterRecovery: accuracy,
      others: [{ name: 'f1', before: 94.1, after: accuracy - 0.1 }],
      agreement: 0.9 + 0.1 * noise(at + 3),
      kl: 0.2 * noise(at + 4),
      split: 'test',
      samples: 2000,
    },
    strategy,
    backend: 'wasm',
    seed,
    rounds: [],
    timing: { analysisMs: 20, statisticsMs: ms / 3, decisionMs: ms / 3, surgeryMs: 5, recoveryMs: ms / 3, totalMs: ms },
    exports: [],
    kept: {},
    warnings: [],
  }
}

/** Runs side by side, each with its curves and what it kept of every group of the deep network. */
const compared = 50

const keptOf = (at, { goal }, groups) =>
  Object.fromEntries(
    groups.map(({ name, units }, index) => {
      const stay = Math.max(1, Math.round(units * Math.min(1, goal.value * (0.6 + 0.8 * noise(at + index)))))
      return [name, Array.from({ length: stay }, (_value, unit) => unit)]
    }),
  )

/** A residual network in the words of the models screen: `nodes` operators, blocks of seven. */
function deepView(nodes) {
  const graph = []
  const add = (op, inputs, groups, macs = 0, params = 0) => {
    const name = `block${Math.floor(graph.length / 7)}/${op.toLowerCase()}_${graph.length}`
    graph.push({
      ...{ name, op, inputs, outputs: [`${name}_out`], shapes: [['N', 64, 32, 32]] },
      attributes: op === 'Conv' ? { kernel_shape: '[3, 3]', pads: '[1, 1, 1, 1]' } : {},
      ...{ macs, params, bytes: 4 * params, groups },
    })
    return `${name}_out`
  }
  const groups = []
  let value = 'input'
  while (graph.length < nodes) {
    const inside = `inside${groups.length}`
    groups.push(inside)
    const skip = value
    value = add('Conv', [value], ['stream', inside], 37_748_736, 36_928)
    value = add('BatchNormalization', [value], [inside], 0, 256)
    value = add('Relu', [value], [inside])
    value = add('Conv', [value], [inside, 'stream'], 37_748_736, 36_928)
    value = add('BatchNormalization', [value], ['stream'], 0, 256)
    value = add('Add', [value, skip], ['stream'])
    value = add('Relu', [value], ['stream'])
  }
  const sum = (key) => graph.reduce((total, node) => total + node[key], 0)
  return {
    inspection: {
      inputs: [{ name: 'input', dtype: 'float32', shape: ['N', 64, 32, 32] }],
      outputs: [{ name: value, dtype: 'float32', shape: ['N', 64, 32, 32] }],
      nodes: graph.length,
      operators: { Conv: graph.filter(({ op }) => op === 'Conv').length },
      ...{ macs: sum('macs'), params: sum('params'), bytes: sum('bytes') },
      groups: ['stream', ...groups].map((name) => ({
        ...{ name, units: 64, prunable: name !== 'stream', reason: name === 'stream' ? 'It is the input.' : null },
        members: graph.filter((node) => node.groups.includes(name)).map((node) => node.name),
      })),
      ...{ notes: [], runnable: true, analysisMs: 12 },
    },
    graph,
  }
}

/**
 * Fills the folder of a server that has opened its sample project and is closed again.
 * @param sizes how many runs, metric points (in `series` runs, two series each) and nodes
 * @returns ids: project, run (the one with most points), model (the deep one)
 */
export function fill(path, { runs, points, series, nodes }) {
  const database = new BetterSqlite(path)
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = OFF')
  const project = database.prepare('SELECT id FROM projects WHERE sample = 1').pluck().get()
  const model = database.prepare('SELECT * FROM models WHERE project_id = ?').get(project)
  const dataset = database.prepare('SELECT id FROM datasets WHERE project_id = ?').pluck().get(project)
  const product = database.prepare('SELECT product FROM model_views').pluck().get()
  const environment = JSON.stringify({
    ...{ espalier: product, node: '24', platform: 'linux x64', cpu: 'measured', cores: 2, backend: 'wasm' },
    ...{ modelHash: model.hash, dataHash: 'measured' },
  })
  const insertRun = database.prepare(
    `INSERT INTO runs (id, project_id, model_id, dataset_id, name, config, status, queue_order, result, rounds, kept,
       macs_kept, metric_drop, environment, sweep_id, tags, notes, created_at, started_at, finished_at)
     VALUES (@id, @project, @model, @dataset, '', @config, @status, @at, @result, '[]', @kept,
       @macs, @drop, @environment, @sweep, @tags, @notes, @created, @created, @finished)`,
  )
  const insertPoint = database.prepare('INSERT INTO metrics (run_id, name, step, value) VALUES (?, ?, ?, ?)')
  const idOf = (at) => `bench-${String(at).padStart(6, '0')}`
  database.transaction(() => {
    const start = Date.UTC(2026, 0, 1)
    const view = deepView(nodes)
    database
      .prepare(
        `INSERT INTO models (id, project_id, name, format, hash, files, macs, params, bytes, nodes, created_at)
         VALUES ('bench-deep', ?, 'deep.onnx', 'onnx', ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        ...[project, model.hash, model.files, view.inspection.macs, view.inspection.params, view.inspection.bytes],
        ...[view.inspection.nodes, new Date(start).toISOString()],
      )
    database
      .prepare('INSERT INTO model_views (model_id, product, body) VALUES (?, ?, ?)')
      .run('bench-deep', product, deflateRawSync(Buffer.from(JSON.stringify(view))))
    for (let at = 0; at < runs; at++) {
      const config = configOf(at)
      const failed = at % 97 === 5
      const result = failed ? null : resultOf(at, config)
      insertRun.run({
        ...{
          id: idOf(at),
          project,
          model: at < compared ? 'bench-deep' : model.id,
          dataset,
          at,
          environment,
          sweep: `sweep-${Math.floor(at / 40)}`,
        },
        config: JSON.stringify(config),
        status: failed ? 'failed' : 'done',
        result: result && JSON.stringify(result),
        kept: JSON.stringify(at < compared ? keptOf(at, config, view.inspection.groups) : {}),
        macs: result && result.model.after.macs / before.macs,
        drop: result && 94.2 - result.result.afterRecovery,
        tags: JSON.stringify(at % 11 === 0 ? ['keep'] : []),
        notes: at % 50 === 0 ? 'looked at twice' : '',
        created: new Date(start + at * 60_000).toISOString(),
        finished: new Date(start + at * 60_000 + 30_000).toISOString(),
      })
    }
    // In the order of the key, which is how SQLite writes fastest.
    const each = Math.floor(points / series / 2)
    for (let at = 0; at < series; at++) {
      for (const name of ['loss.train', 'loss.verification']) {
        for (let step = 0; step < each; step++) {
          insertPoint.run(idOf(at), name, step, 2.3 * Math.exp((-3 * step) / each) + 0.1 * noise(step))
        }
      }
    }
  })()
  database.pragma('wal_checkpoint(TRUNCATE)')
  database.close()
  return {
    project,
    run: idOf(0),
    model: 'bench-deep',
    runs: Array.from({ length: compared }, (_value, at) => idOf(at)),
  }
}

/**
 * Measures cells in this process: the pipeline that `espalier compress` calls, with networks, data and kept steps that
 * cells share. Needs tsx (`--import tsx`), because the engine is imported from source.
 */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { runConfigSchema } from '../../src/contract/run.ts'
import { fitToNetwork } from '../../src/engine/data/index.ts'
import { describeTask, PairMeter } from '../../src/engine/evaluation/index.ts'
import { readModel, writeModel } from '../../src/engine/formats/index.ts'
import { pack, unpack } from '../../src/engine/pipeline/checkpoint/archive.ts'
import { stepFingerprints } from '../../src/engine/pipeline/fingerprint.ts'
import { compress } from '../../src/engine/pipeline/index.ts'
import { openRawData } from '../../src/main/cli/inputs.ts'
import { startBackend } from '../../src/main/engine/backend.ts'
import { openOnnxRunner } from '../../src/main/engine/proof/onnx-runtime.ts'
import { configOf, decisionOf, own, prunedOf } from './cells.mjs'

const batch = 250
const cpuSeconds = () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6

export async function openLab(backend) {
  const { name: device } = await startBackend(backend)
  const sources = new Map()
  /** The one network that is open: cells come in an order that goes through the networks once. */
  let opened = null
  const kept = { network: '', steps: new Map() }

  async function open(file, dataPath) {
    if (opened?.file === file && opened.dataPath === dataPath) return opened
    if (!sources.has(dataPath)) sources.set(dataPath, (await openRawData(dataPath)).source)
    const { graph } = await readModel({ name: basename(file), bytes: readFileSync(file) })
    const source = fitToNetwork(sources.get(dataPath), graph)
    const task = describeTask(graph, source)
    const expected = await answers(readFileSync(file), source, graph)
    opened = { file, dataPath, graph, source, task, expected }
    return opened
  }

  /** Outputs of an ONNX file on the test split in ONNX Runtime, batch by batch. */
  async function answers(bytes, source, graph) {
    const runner = await openOnnxRunner(bytes, { threads: 1 })
    const name = graph.outputs[0].name
    try {
      const outputs = []
      for (let at = 0; at < source.test.count; at += batch) {
        const rows = Int32Array.from({ length: Math.min(batch, source.test.count - at) }, (_, i) => at + i)
        const read = source.test.read(rows)
        outputs.push({ output: (await runner.run(read.inputs)).get(name), labels: read.labels })
      }
      return outputs
    } finally {
      await runner.dispose()
    }
  }

  /** Which samples a network names rightly, a bit each. */
  function rightOf(outputs) {
    const total = outputs.reduce((sum, { labels }) => sum + labels.length, 0)
    const bits = new Uint8Array(Math.ceil(total / 8))
    let at = 0
    for (const { output, labels } of outputs) {
      const width = output.data.length / labels.length
      for (let n = 0; n < labels.length; n++, at++) {
        let best = 0
        for (let k = 1; k < width; k++) if (output.data[n * width + k] > output.data[n * width + best]) best = k
        const named = width === 1 ? Number(output.data[n] > 0) : best
        if (named === labels[n]) bits[at >> 3] |= 1 << (at & 7)
      }
    }
    return Buffer.from(bits).toString('base64')
  }

  /**
   * The pipeline would measure the test split in its own backend; here ONNX Runtime does. What it verifies of a budget
   * decides nothing about the network, unless fine-tuning chooses by it, so that a criterion's cells spare most of it.
   */
  function sourceFor({ source }, { strategy, goal, finetune }) {
    const spared = strategy !== own && goal.kind === 'keep-macs' && !finetune?.epochs
    const { validation } = source
    if (!spared || !validation) return { ...source, test: null }
    const few = { count: 64, labels: validation.labels?.subarray(0, 64) ?? null, read: (rows) => validation.read(rows) }
    return { ...source, test: null, validation: few }
  }

  /**
   * The result-oriented decision is the same under both refits that go with it, but the pipeline keeps it for one refit
   * only.
   */
  function asDecidedFor(network, config, bytes) {
    const fingerprint = stepFingerprints(network.graph, network.source, runConfigSchema.parse(config), device)
    return pack({ fingerprint: fingerprint('decision'), value: unpack(bytes).value })
  }

  async function run(network, config, checkpoints) {
    const output = await compress(
      { graph: network.graph, data: sourceFor(network, config), config: runConfigSchema.parse(config) },
      {
        progress() {},
        log() {},
        signal: new AbortController().signal,
        checkpoints,
      },
    )
    const [file] = await writeModel(output.graph, 'onnx', 'model')
    const got = await answers(file.bytes, network.source, network.graph)
    const meter = new PairMeter(network.task, network.source.classes.length)
    got.forEach(({ output: answer, labels }, i) => {
      meter.add(network.expected[i].output, answer, labels)
    })
    const score = meter.score()
    const { before, after } = output.result.model
    return {
      before: score.original.value,
      after: score.result.value,
      agreement: score.agreement,
      kl: score.kl,
      samples: score.samples,
      macsKept: after.macs / before.macs,
      paramsKept: after.params / before.params,
      right: rightOf(got),
      backend: output.result.backend,
      rounds: output.result.rounds,
      trace: output.trace,
      warnings: output.result.warnings,
    }
  }

  return {
    /** One cell. Seconds are CPU seconds: of observing and deciding, of the refit, and of fine-tuning. */
    async measure(cell, file, dataPath) {
      const network = await open(file, dataPath)
      if (kept.network !== file) {
        kept.network = file
        kept.steps.clear()
      }
      const names = { decision: decisionOf(cell), pruned: prunedOf(cell), verified: prunedOf(cell) }
      const seconds = {}
      let since = cpuSeconds()
      const lap = (key, spent) => {
        seconds[key] = spent ?? cpuSeconds() - since
        since = cpuSeconds()
      }
      const epochs = new Map()
      const config = configOf(cell, backend)
      const checkpoints = {
        async load(key) {
          const found = kept.steps.get(`${key} of ${names[key]}`)
          if (!found || (key === 'decision' && cell.strategy === own && found.keep !== cell.keep)) {
            return epochs.get(key) ?? null
          }
          lap(key, found.seconds)
          return key === 'decision' && cell.strategy === own ? asDecidedFor(network, config, found.bytes) : found.bytes
        },
        async save(key, bytes) {
          if (key === 'best-epoch') epochs.set(key, bytes)
          if (!/^(decision|pruned|verified|recovered)$/.test(key)) return
          lap(key)
          if (key in names) kept.steps.set(`${key} of ${names[key]}`, { bytes, seconds: seconds[key], keep: cell.keep })
        },
      }
      const { trace, rounds: _rounds, warnings: _warnings, ...figures } = await run(network, config, checkpoints)
      return {
        ...figures,
        decideSeconds: seconds.decision,
        refitSeconds: seconds.pruned,
        ...(cell.finetune > 0 ? { finetuneSeconds: seconds.recovered } : {}),
        ...(cell.strategy === own ? { checkpoints: trace.checkpoints } : {}),
        ...(cell.strategy === own && trace.correlation.groups.length > 0 ? { correlation: trace.correlation } : {}),
      }
    },

    /** Any configuration, with the trials of a tolerance told as well. */
    async promise(config, file, dataPath) {
      const network = await open(file, dataPath)
      const started = cpuSeconds()
      const done = await run(network, { ...config, backend }, { load: async () => null, save: async () => {} })
      return { ...done, seconds: cpuSeconds() - started }
    },
  }
}

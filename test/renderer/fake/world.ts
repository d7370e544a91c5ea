/** The fake workbench's things: projects, models, data sets, runs with results and traces. */
import type {
  Comparison,
  Dataset,
  DecisionTrace,
  Doctor,
  Export,
  LogLine,
  MetricPoint,
  Model,
  ModelView,
  NativeStatus,
  Project,
  Reached,
  Run,
  RunConfig,
  RunResult,
  Settings,
  StrategyInfo,
  UnfinishedImport,
} from '../../../src/contract'
import { resnetView, vggView } from './networks'
import { seeded } from './random'

export const strategies: StrategyInfo[] = [
  {
    name: 'result-oriented',
    title: 'Result-oriented',
    summary: 'Prices every removal in change of the result.',
    paper: 'Wu et al., Data-Driven Pruning Algorithm Based on Result Orientation, ICNLP 2023',
    needsData: true,
    needsGradients: true,
  },
  {
    name: 'random',
    title: 'Random',
    summary: 'Removes units by lot.',
    paper: '',
    needsData: false,
    needsGradients: false,
  },
  {
    name: 'l1',
    title: 'L1 norm',
    summary: 'Least absolute weight.',
    paper: 'Li et al., Pruning Filters for Efficient ConvNets, ICLR 2017',
    needsData: false,
    needsGradients: false,
  },
  {
    name: 'l2',
    title: 'L2 norm',
    summary: 'Least Euclidean length.',
    paper: 'He et al., Soft Filter Pruning, IJCAI 2018',
    needsData: false,
    needsGradients: false,
  },
  {
    name: 'group-norm',
    title: 'Group norm',
    summary: 'L2 over every coupled slice.',
    paper: 'Fang et al., DepGraph, CVPR 2023',
    needsData: false,
    needsGradients: false,
  },
  {
    name: 'bn-scale',
    title: 'BN scale',
    summary: 'Least scale.',
    paper: 'Liu et al., Network Slimming, ICCV 2017',
    needsData: false,
    needsGradients: false,
  },
  {
    name: 'fpgm',
    title: 'FPGM',
    summary: 'Geometric median.',
    paper: 'He et al., FPGM, CVPR 2019',
    needsData: false,
    needsGradients: false,
  },
  {
    name: 'apoz',
    title: 'APoZ',
    summary: 'Zero most often.',
    paper: 'Hu et al., Network Trimming, 2016',
    needsData: true,
    needsGradients: false,
  },
  {
    name: 'taylor',
    title: 'Taylor',
    summary: 'First-order loss.',
    paper: 'Molchanov et al., CVPR 2019',
    needsData: true,
    needsGradients: true,
  },
  {
    name: 'fisher',
    title: 'Fisher',
    summary: 'Second-order loss.',
    paper: 'Liu et al., Group Fisher Pruning, ICML 2021',
    needsData: true,
    needsGradients: true,
  },
]

export const classes = [
  'T-shirt',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
]

const hash = (seed: number): string => {
  const random = seeded(seed)
  return Array.from({ length: 64 }, () => Math.floor(random() * 16).toString(16)).join('')
}

export interface World {
  now: number
  nextId: number
  projects: Project[]
  models: Model[]
  views: Map<string, ModelView>
  datasets: Dataset[]
  runs: Run[]
  traces: Map<string, DecisionTrace>
  /** What runs that ended before their end have kept. */
  reached: Map<string, Reached>
  metrics: Map<string, MetricPoint[]>
  logs: Map<string, LogLine[]>
  comparisons: Comparison[]
  exports: Export[]
  settings: Settings
  doctor: Doctor
  native: NativeStatus
  unfinished: UnfinishedImport[]
}

const drops: Record<string, [half: number, third: number]> = {
  'result-oriented': [0.15, 0.62],
  'group-norm': [0.4, 1.35],
  l2: [0.7, 1.9],
  random: [0.9, 2.6],
}

export const baseConfig = (strategy: string, keep: number, seed: number): RunConfig => ({
  strategy,
  allocation: 'global',
  goal: { kind: 'keep-macs', value: keep },
  calibration: 2048,
  refit: 'sequential',
  finetune: { epochs: 0, samples: 0, learningRate: 0.02, distill: false },
  roundTo: 1,
  protect: [],
  backend: 'auto',
  seed,
  batch: 128,
})

export const environment = (backend = 'wasm'): NonNullable<Run['environment']> => ({
  espalier: '0.1.0',
  node: '24.21.0',
  platform: 'linux x64',
  cpu: 'Intel Xeon, 2 cores',
  cores: 2,
  backend,
  modelHash: hash(11),
  dataHash: hash(12),
})

const groupsOf = (view: ModelView) => view.inspection.groups.filter((group) => group.prunable)

export function makeTrace(view: ModelView, config: RunConfig, random: () => number): DecisionTrace {
  const groups = groupsOf(view)
  const before = view.inspection
  const keep = Math.sqrt(config.goal.value)
  const kept = groups.map((group, index) => {
    const tilt = config.strategy === 'result-oriented' ? 1.25 - (0.55 * index) / groups.length : 1
    const count = Math.max(2, Math.min(group.units, Math.round(group.units * keep * tilt * (0.94 + 0.12 * random()))))
    const order = Array.from({ length: group.units }, (_v, unit) => ({ unit, key: random() })).sort(
      (a, b) => a.key - b.key,
    )
    return {
      group: group.name,
      unitsBefore: group.units,
      kept: order
        .slice(0, count)
        .map(({ unit }) => unit)
        .sort((a, b) => a - b),
    }
  })
  const removals = kept.flatMap(({ group, unitsBefore, kept: stays }) =>
    Array.from({ length: unitsBefore }, (_v, unit) => unit)
      .filter((unit) => !stays.includes(unit))
      .map((unit) => ({ group, unit, stays, key: random() })),
  )
  removals.sort((a, b) => a.key - b.key)
  const total = removals.length
  const steps = removals.map(({ group, unit, stays }, index) => {
    const price = 0.00004 * Math.exp((4.2 * index) / total) * (0.6 + 0.8 * random())
    const share = 1 - ((1 - config.goal.value) * (index + 1)) / total
    return {
      step: index + 1,
      round: 1,
      group,
      unit,
      price,
      heirs:
        config.strategy === 'result-oriented'
          ? stays.slice(0, 3).map((heir, at) => ({ unit: heir, share: [0.46, 0.21, 0.08][at] ?? 0 }))
          : [],
      macs: Math.round(before.macs * share),
      params: Math.round(before.params * (0.1 + 0.9 * share)),
    }
  })
  let predicted = 0
  const checkpoints = steps.flatMap((step) => {
    predicted += step.price
    if (step.step % Math.max(1, Math.round(total / 14)) !== 0 && step.step !== total) return []
    return [{ step: step.step, macs: step.macs, predicted, measured: predicted * (0.86 + 0.2 * random()) }]
  })
  const names = kept.map(({ group }) => group)
  const values = names.map((_r, i) =>
    names.map((_c, j) =>
      i === j ? 1 : Math.max(0.02, Math.exp(-Math.abs(i - j) / 1.6) * (0.7 + 0.3 * Math.sin(i * 3 + j * 3))),
    ),
  )
  const symmetric = values.map((row, i) => row.map((value, j) => (value + (values[j]?.[i] ?? value)) / 2))
  return {
    steps,
    checkpoints,
    groups: kept,
    correlation:
      config.strategy === 'result-oriented' ? { groups: names, values: symmetric } : { groups: [], values: [] },
  }
}

export function makeResult(view: ModelView, config: RunConfig, trace: DecisionTrace, random: () => number): RunResult {
  const { macs, params, bytes } = view.inspection
  const keep = config.goal.kind === 'keep-macs' ? config.goal.value : 0.4
  const [half, third] = drops[config.strategy] ?? [0.8, 2.2]
  const raw = keep >= 0.5 ? half : keep >= 0.3 ? third : third * (0.3 / keep) * 1.6
  const drop = config.refit === 'none' ? raw * 12 + 18 * random() : raw + (random() - 0.5) * 0.34
  const before = 90.75 + 0.2 * (random() - 0.5)
  const got = keep * (0.975 + 0.024 * random())
  const shareParams = got * (0.85 + 0.2 * random())
  return {
    model: {
      before: { macs, params, bytes },
      after: {
        macs: Math.round(macs * got),
        params: Math.round(params * shareParams),
        bytes: Math.round(bytes * shareParams),
      },
    },
    result: {
      metric: 'accuracy',
      before,
      afterPruning: before - drop,
      afterRecovery: config.finetune.epochs > 0 ? before - drop * 0.4 : before - drop,
      agreement: Math.max(0.3, 0.985 - drop / 60),
      kl: 0.004 + drop * 0.018,
      split: 'test',
      samples: 2000,
    },
    strategy: config.strategy,
    backend: 'wasm',
    seed: config.seed,
    rounds: [
      {
        predicted: 0.021 * (1 - keep),
        measured: 0.019 * (1 - keep),
        macs: Math.round(macs * got),
        removed: Object.fromEntries(trace.groups.map((group) => [group.group, group.unitsBefore - group.kept.length])),
        kept: true,
      },
    ],
    timing: {
      analysisMs: 41,
      statisticsMs: 5200 + 900 * random(),
      decisionMs: 640 + 200 * random(),
      surgeryMs: 3900 + 800 * random(),
      recoveryMs: 0,
      totalMs: 11_400 + 2500 * random(),
    },
    exports: [],
    kept: {},
    warnings: [
      'The verification split was drawn from the train split: a promise made on it is weaker than one on new data.',
    ],
  }
}

/** As a measurement leaves it on a run. */
export const latencyOf = (median: number): NonNullable<Run['latency']> => ({
  runtime: 'onnxruntime-node 1.30.0',
  batch: 1,
  rounds: 50,
  before: { median: 2, low: 1.9, high: 2.2 },
  after: { median, low: 0.9 * median, high: 1.1 * median },
})

export function makeWorld(now = Date.UTC(2026, 10, 24, 9, 30)): World {
  const ago = (minutes: number) => new Date(now - minutes * 60_000).toISOString()
  const views = new Map<string, ModelView>()
  const vgg = vggView()
  const resnet = resnetView()
  views.set('m-vgg', vgg)
  views.set('m-resnet', resnet)
  const sizeOf = ({ inspection: { macs, params, bytes } }: ModelView) => ({ macs, params, bytes })
  const models: Model[] = [
    {
      id: 'm-vgg',
      projectId: 'p-sample',
      name: 'fashion-vgg.onnx',
      format: 'onnx',
      hash: hash(1),
      size: sizeOf(vgg),
      nodes: vgg.inspection.nodes,
      parentId: null,
      runId: null,
      deletedAt: null,
      createdAt: ago(3000),
    },
    {
      id: 'm-resnet',
      projectId: 'p-sample',
      name: 'resnet18-cifar.onnx',
      format: 'onnx',
      hash: hash(2),
      size: sizeOf(resnet),
      nodes: resnet.inspection.nodes,
      parentId: null,
      runId: null,
      deletedAt: null,
      createdAt: ago(4000),
    },
  ]
  const datasets: Dataset[] = [
    {
      id: 'd-fashion',
      projectId: 'p-sample',
      name: 'Fashion-MNIST, 12,000 + 2,000',
      kind: 'npz',
      path: '/data/fashion.npz',
      hash: hash(3),
      sampleShape: [1, 28, 28],
      classes,
      mean: [0.286],
      std: [0.353],
      splits: { train: 10_000, verification: 2000, test: 2000 },
      verificationFromTrain: true,
      balance: [1012, 988, 1004, 1021, 973, 995, 1009, 1002, 991, 1005],
      deletedAt: null,
      createdAt: ago(2990),
    },
  ]
  const runs: Run[] = []
  const traces = new Map<string, DecisionTrace>()
  const metrics = new Map<string, MetricPoint[]>()
  const logs = new Map<string, LogLine[]>()
  let count = 0
  const add = (config: RunConfig, change: Partial<Run> & { status: Run['status'] }): Run => {
    count += 1
    const id = `r-${count}`
    const random = seeded(count * 77)
    const done = change.status === 'done'
    const trace = makeTrace(vgg, config, random)
    traces.set(
      id,
      done || change.status === 'running'
        ? trace
        : { steps: [], checkpoints: [], groups: [], correlation: { groups: [], values: [] } },
    )
    const at = 600 - count * 12
    logs.set(id, [
      { at: ago(at), level: 'info', message: `Read fashion-vgg.onnx: 22 nodes, 6 prunable groups` },
      { at: ago(at - 0.05), level: 'info', message: 'Observed 2,048 samples in 5.3 s on wasm' },
      { at: ago(at - 0.1), level: 'warning', message: 'The verification split was drawn from the train split' },
      { at: ago(at - 0.15), level: 'info', message: `Removed ${trace.steps.length} units` },
    ])
    metrics.set(
      id,
      config.finetune.epochs === 0
        ? []
        : Array.from({ length: 60 }, (_v, step) => [
            { name: 'loss.train', step, value: 0.2 + 0.6 * Math.exp(-step / 14) + 0.03 * random() },
            { name: 'loss.verification', step, value: 0.24 + 0.55 * Math.exp(-step / 16) + 0.02 * random() },
            { name: 'accuracy.verification', step, value: 91 - 6 * Math.exp(-step / 12) + 0.3 * random() },
          ]).flat(),
    )
    const result = done ? makeResult(vgg, config, trace, random) : null
    const run: Run = {
      id,
      projectId: 'p-sample',
      modelId: 'm-vgg',
      datasetId: 'd-fashion',
      name: '',
      config,
      progress: null,
      heardAt: ago(at),
      etaSeconds: null,
      result,
      error: null,
      environment: change.status === 'queued' ? null : environment(),
      resultModelId: done ? `m-${id}` : null,
      sweepId: null,
      tags: [],
      notes: '',
      deletedAt: null,
      createdAt: ago(at),
      startedAt: ago(at),
      finishedAt: done ? ago(at - 0.2) : null,
      ...change,
    }
    runs.push(run)
    if (result) {
      const small = vggView(new Map(trace.groups.map(({ group, kept }) => [group, kept.length])))
      views.set(`m-${id}`, small)
      models.push({
        id: `m-${id}`,
        projectId: 'p-sample',
        name: `fashion-vgg-${config.strategy}-${Math.round(config.goal.value * 100)}-s${config.seed}`,
        format: 'onnx',
        hash: hash(count + 100),
        size: result.model.after,
        nodes: vgg.inspection.nodes,
        parentId: 'm-vgg',
        runId: id,
        deletedAt: null,
        createdAt: ago(at - 0.2),
      })
    }
    return run
  }
  for (const keep of [0.5, 0.3])
    for (const strategy of ['random', 'l2', 'group-norm', 'result-oriented'])
      for (let seed = 0; seed < 3; seed++)
        add(baseConfig(strategy, keep, seed), {
          status: 'done',
          sweepId: 's-1',
          tags: seed === 0 && strategy === 'result-oriented' ? ['candidate'] : [],
        })
  for (const strategy of ['l2', 'group-norm'])
    add({ ...baseConfig(strategy, 0.3, 0), refit: 'none' }, { status: 'done', tags: ['as-published'] })
  add(
    {
      ...baseConfig('result-oriented', 0.15, 0),
      finetune: { epochs: 2, samples: 4000, learningRate: 0.02, distill: true },
    },
    {
      status: 'done',
      notes: 'Two epochs with the original as teacher bring back more than half of the loss.',
      tags: ['fine-tuned'],
    },
  )
  add(baseConfig('taylor', 0.15, 0), {
    status: 'failed',
    error: {
      code: 'OUT_OF_MEMORY',
      message:
        'The gradients of one batch need 2.1 GB and 1.4 GB are free. Nothing was lost; the run can go on with a smaller batch.',
      cause: 'Error: table index is out of bounds',
    },
  })
  add(baseConfig('fpgm', 0.3, 1), {
    status: 'interrupted',
    progress: { stage: 'apply', fraction: 0.62, detail: 'Refitting conv4' },
  })
  add(baseConfig('result-oriented', 0.15, 1), {
    status: 'running',
    progress: { stage: 'observe', fraction: 0.34, detail: 'Batch 6 of 16' },
    etaSeconds: 14,
    heardAt: new Date(now).toISOString(),
    finishedAt: null,
  })
  add(baseConfig('random', 0.15, 1), { status: 'queued', startedAt: null })
  const counts = { models: models.length, datasets: 1, runs: runs.length }
  const project = (id: string, name: string, goal: string, change: Partial<Project>): Project => ({
    id,
    name,
    goal,
    tags: [],
    archived: false,
    deletedAt: null,
    sample: false,
    createdAt: ago(9000),
    updatedAt: ago(30),
    counts: { models: 0, datasets: 0, runs: 0 },
    best: null,
    ...change,
  })
  return {
    now,
    nextId: 1000,
    models,
    views,
    datasets,
    runs,
    traces,
    reached: new Map(),
    metrics,
    logs,
    projects: [
      project(
        'p-sample',
        'Fashion classifier',
        'Make the small VGG fit a camera board: a third of its MACs, at most a point lost.',
        {
          sample: true,
          counts,
          best: { runId: 'r-22', macsKept: 0.296, drop: 0.62, metric: 'accuracy' },
          tags: ['vision'],
          updatedAt: ago(2),
        },
      ),
      project('p-doorbell', 'Doorbell keyword spotting', 'Under 250 kB and 3 ms on a Cortex-M7.', {
        counts: { models: 3, datasets: 2, runs: 184 },
        best: { runId: 'x', macsKept: 0.412, drop: 0.31, metric: 'accuracy' },
        tags: ['audio', 'embedded'],
        updatedAt: ago(1500),
      }),
      project('p-retina', 'Retina screening', 'Halve latency on the clinic laptops without losing sensitivity.', {
        counts: { models: 2, datasets: 1, runs: 41 },
        tags: ['medical', 'vision'],
        updatedAt: ago(8000),
      }),
      project('p-empty', 'Defect detection', 'Try what a quarter of the MACs costs.', { updatedAt: ago(9000) }),
      project('p-old', 'Digits baseline', 'Reproduce the published table on LeNet.', {
        archived: true,
        counts: { models: 3, datasets: 1, runs: 96 },
        updatedAt: ago(60_000),
      }),
      project('p-gone', 'Scratch', '', { deletedAt: ago(700) }),
    ],
    comparisons: [
      {
        id: 'c-1',
        projectId: 'p-sample',
        name: '30 %: everyone against random',
        runIds: ['r-13', 'r-16', 'r-19', 'r-22'],
        baselineRunId: 'r-13',
        createdAt: ago(100),
        updatedAt: ago(100),
      },
    ],
    exports: [],
    settings: { language: 'en', theme: 'light', backend: 'auto', layouts: {} },
    native: { supported: true, off: false, built: false, missing: [], building: null, error: null },
    unfinished: [],
    doctor: {
      versions: {
        espalier: '0.1.0',
        node: '24.21.0',
        electron: '45.4.1',
        'onnxruntime-node': '1.30.0',
        '@tensorflow/tfjs-core': '4.22.0',
      },
      platform: 'linux x64',
      cpu: 'Intel Xeon Platinum, 2.6 GHz',
      cores: 2,
      memoryBytes: 25_200_000_000,
      dataFolder: '/home/me/.local/share/espalier',
      storeBytes: 48_300_000,
      network: { guarded: true, refused: 0, proven: true, engineProven: true },
      backends: [
        {
          name: 'cuda',
          available: false,
          chosen: false,
          gflops: null,
          reason: 'The package @tensorflow/tfjs-node-gpu is not installed.',
        },
        {
          name: 'webgpu',
          available: false,
          chosen: false,
          gflops: null,
          reason: 'No Vulkan, Metal or D3D12 adapter was found.',
        },
        {
          name: 'native',
          available: false,
          chosen: false,
          gflops: null,
          reason: 'The native library is not built; run npm run native:build.',
        },
        {
          name: 'wasm',
          available: true,
          chosen: true,
          gflops: 29.4,
          reason: 'Verified on a small convolution with gradients; always there.',
        },
      ],
    },
  }
}

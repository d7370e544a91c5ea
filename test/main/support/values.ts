/** Valid entities for tests of what carries them. */
import type { Dataset, ModelView } from '../../../src/contract/entities'
import {
  type DecisionTrace,
  type Environment,
  type RunConfig,
  type RunResult,
  runConfigSchema,
} from '../../../src/contract/run'

export const config = (changes: Partial<RunConfig> = {}): RunConfig => ({
  ...runConfigSchema.parse({ goal: { kind: 'keep-macs', value: 0.5 }, strategy: 'l1', refit: 'none' }),
  ...changes,
})

export const result = (changes: { before?: number | null; after?: number | null; macs?: number } = {}): RunResult => {
  const { before = 90, after = 89.5, macs = 500 } = changes
  return {
    model: { before: { macs: 1000, params: 100, bytes: 400 }, after: { macs, params: 50, bytes: 200 } },
    result: {
      metric: before === null ? 'none' : 'accuracy',
      before,
      afterPruning: after,
      afterRecovery: after,
      agreement: 0.97,
      kl: 0.01,
      split: 'test',
      samples: 1000,
    },
    strategy: 'l1',
    backend: 'wasm',
    seed: 0,
    rounds: [{ predicted: 0.1, measured: 0.2, macs, removed: { conv1: 2 }, kept: true }],
    timing: { analysisMs: 1, statisticsMs: 2, decisionMs: 3, surgeryMs: 4, recoveryMs: 5, totalMs: 15 },
    exports: [],
    kept: { conv1: [0, 2, 3] },
    warnings: [],
  }
}

export const trace: DecisionTrace = {
  steps: [
    { step: 0, round: 0, group: 'conv1', unit: 1, price: 0.5, heirs: [{ unit: 2, share: 0.7 }], macs: 900, params: 90 },
  ],
  checkpoints: [{ step: 0, macs: 900, predicted: 0.5, measured: 0.4 }],
  groups: [{ group: 'conv1', unitsBefore: 4, kept: [0, 2, 3] }],
  correlation: { groups: ['conv1'], values: [[1]] },
}

export const environment: Environment = {
  espalier: '0.1.0',
  node: '24.0.0',
  platform: 'linux x64',
  cpu: 'test',
  cores: 2,
  backend: 'wasm',
  modelHash: 'a'.repeat(64),
  dataHash: 'b'.repeat(64),
}

export const hash = (digit: string): string => digit.repeat(64)

export const model = (projectId: string, digit = 'a') => ({
  projectId,
  name: 'net',
  format: 'onnx' as const,
  size: { macs: 1000, params: 100, bytes: 400 },
  nodes: 5,
  files: [{ name: 'net.onnx', hash: hash(digit) }],
  parentId: null,
  runId: null,
})

export const dataset = (
  projectId: string,
): Omit<Dataset, 'id' | 'createdAt' | 'deletedAt'> & { artifact: string | null } => ({
  projectId,
  name: 'data',
  kind: 'npz',
  path: 'data.npz',
  hash: hash('b'),
  artifact: null,
  sampleShape: [1, 28, 28],
  classes: ['a', 'b'],
  mean: [0.5],
  std: [0.25],
  splits: { train: 100, verification: 0, test: 20 },
  verificationFromTrain: true,
  balance: [50, 50],
})

export const view: ModelView = {
  inspection: {
    inputs: [{ name: 'x', dtype: 'float32', shape: ['batch', 1, 28, 28] }],
    outputs: [{ name: 'y', dtype: 'float32', shape: ['batch', 2] }],
    nodes: 5,
    operators: { Conv: 1 },
    macs: 1000,
    params: 100,
    bytes: 400,
    groups: [{ name: 'conv1', units: 4, members: ['conv1'], prunable: true, reason: null }],
    notes: [],
    runnable: true,
    analysisMs: 1,
  },
  graph: [],
}

/** What a report says, in both languages. */
import { environmentTitles } from '../../../contract/environment'
import { metricWords } from '../../../contract/metrics'
import type { Environment } from '../../../contract/run'

export interface Words {
  readonly language: string
  readonly run: string
  readonly before: string
  readonly after: string
  readonly change: string
  readonly agreement: string
  readonly macs: string
  readonly params: string
  readonly bytes: string
  readonly latency: string
  readonly time: string
  readonly baseline: string
  readonly results: string
  readonly tradeOff: string
  readonly widths: string
  readonly settings: string
  readonly warnings: string
  readonly allRuns: string
  /** What stands between the names of a list. */
  readonly between: string
  readonly environment: string
  /** What is captured of the machine, by its keys. */
  readonly captured: Readonly<Record<keyof Environment, string>>
  readonly setting: string
  readonly onlyDiffers: string
  readonly allAlike: string
  readonly apart: string
  readonly points: string
  readonly front: string
  readonly project: string
  readonly model: string
  readonly data: string
  readonly macsKept: string
  readonly chart: string
  readonly widthsChart: string
  readonly atEdge: string
  readonly metric: Readonly<Record<string, string>>
  measured(samples: number, split: string, dataset: string): string
  head(runs: number, metrics: string, measured: string): string
  named(name: string, text: string): string
  at(figure: string, macs: string, seed: number): string
  of(kept: number, before: number): string
}

const en: Words = {
  language: 'en',
  run: 'Run',
  before: 'Before',
  after: 'After',
  change: 'Change',
  agreement: 'Agreement',
  macs: 'MACs',
  params: 'Parameters',
  bytes: 'Bytes',
  latency: 'Latency',
  time: 'Time',
  baseline: ' (baseline)',
  results: 'Results',
  tradeOff: 'Trade-off',
  widths: 'Kept width a group',
  settings: 'Settings',
  warnings: 'To be read with care',
  allRuns: 'All runs',
  between: ', ',
  environment: 'Environment',
  captured: environmentTitles.en,
  setting: 'Setting',
  onlyDiffers: 'Only what differs between the runs.',
  allAlike: 'All runs have the same settings.',
  apart:
    'These runs were measured on different data, so their accuracies do not compare; differences stand only beside runs on the baseline’s data.',
  points: 'Each point is a run; up is better.',
  front: 'The line joins the runs that no other beats in both directions; dashed is the network before pruning.',
  project: 'project',
  model: 'model',
  data: 'data',
  macsKept: 'MACs kept',
  chart: 'Result against the share of MACs kept',
  widthsChart: 'Kept width of every group',
  atEdge: 'On the lower edge: runs far below, see the table',
  metric: { ...metricWords.en, none: 'agreement' },
  measured: (samples, split, dataset) => `${samples} samples of the ${split} split of ${dataset}`,
  head: (runs, metrics, measured) => `${runs} runs · ${metrics} on ${measured}`,
  named: (name, text) => `${name}: ${text}`,
  at: (figure, macs, seed) => `${figure} at ${macs} of MACs, seed ${seed}`,
  of: (kept, before) => `${kept} of ${before}`,
}

const splits: Readonly<Record<string, string>> = { test: '测试集', verification: '验证集', train: '训练集' }

const zh: Words = {
  language: 'zh-CN',
  run: '运行',
  before: '之前',
  after: '之后',
  change: '变化',
  agreement: '一致率',
  macs: '乘加数',
  params: '参数量',
  bytes: '字节数',
  latency: '延迟',
  time: '用时',
  baseline: '（基线）',
  results: '结果',
  tradeOff: '权衡',
  widths: '各组保留宽度',
  settings: '设置',
  warnings: '使用前请阅读',
  allRuns: '所有运行',
  between: '、',
  environment: '环境',
  captured: environmentTitles['zh-CN'],
  setting: '设置项',
  onlyDiffers: '仅列出运行之间不同的设置。',
  allAlike: '所有运行的设置相同。',
  apart: '这些运行在不同的数据上测量，准确率不可比较；只有与基线数据相同的运行旁才有差值。',
  points: '每个点是一个运行；越高越好。',
  front: '折线连接在两个方向上都没有被超过的运行；虚线是剪枝前的网络。',
  project: '项目',
  model: '模型',
  data: '数据',
  macsKept: '保留的乘加数',
  chart: '结果与保留的乘加数',
  widthsChart: '各组的保留宽度',
  atEdge: '位于下边缘：这些运行远低于此，见表格',
  metric: { ...metricWords['zh-CN'], none: '一致率' },
  measured: (samples, split, dataset) => `${dataset} 的${splits[split] ?? split}（${samples} 个样本）`,
  head: (runs, metrics, measured) => `${runs} 个运行 · ${metrics}，测量于 ${measured}`,
  named: (name, text) => `${name}：${text}`,
  at: (figure, macs, seed) => `${figure}，乘加数 ${macs}，种子 ${seed}`,
  of: (kept, before) => `${before} 中的 ${kept}`,
}

export const reportLanguages = ['en', 'zh-CN'] as const
export type ReportLanguage = (typeof reportLanguages)[number]

export const wordsOf = (language: ReportLanguage = 'en'): Words => ({ en, 'zh-CN': zh })[language]

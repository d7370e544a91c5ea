/** What the facts of a captured environment are called, in the page and in the reports. */
import type { Environment } from './run'

type Titles = Readonly<Record<keyof Environment, string>>

/** As they stand before a fact. */
export const environmentTitles = {
  en: {
    espalier: 'Espalier',
    node: 'Node',
    platform: 'Platform',
    cpu: 'Processor',
    cores: 'Cores',
    backend: 'Backend',
    modelHash: 'Model (SHA-256)',
    dataHash: 'Data (SHA-256)',
  },
  'zh-CN': {
    espalier: 'Espalier',
    node: 'Node 版本',
    platform: '平台',
    cpu: '处理器',
    cores: '核心数',
    backend: '后端',
    modelHash: '模型 (SHA-256)',
    dataHash: '数据 (SHA-256)',
  },
} as const satisfies Readonly<Record<string, Titles>>

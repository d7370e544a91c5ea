/** vue-i18n with every feature's texts, and the language in force. */
import { createI18n } from 'vue-i18n'
import type { Settings } from '../../../contract'
import commands from '../../commands/messages'
import compare from '../../features/compare/messages'
import datasets from '../../features/datasets/messages'
import diff from '../../features/diff/messages'
import exports from '../../features/exports/messages'
import featureMaps from '../../features/feature-maps/messages'
import graph from '../../features/graph/messages'
import imports from '../../features/imports/messages'
import models from '../../features/models/messages'
import expect from '../../features/new-run/expect-messages'
import newRun from '../../features/new-run/messages'
import ownCharts from '../../features/own-charts/messages'
import projects from '../../features/projects/messages'
import runDetail from '../../features/run-detail/messages'
import reached from '../../features/run-detail/reached-messages'
import grouping from '../../features/runs/grouping-messages'
import runs from '../../features/runs/messages'
import settings from '../../features/settings/messages'
import shell from '../../features/shell/messages'
import tradeoff from '../../features/tradeoff/messages'
import trash from '../../features/trash/messages'
import common from './common'

export const features = {
  common,
  commands,
  shell,
  projects,
  runs,
  grouping,
  runDetail,
  reached,
  newRun,
  models,
  graph,
  datasets,
  imports,
  diff,
  featureMaps,
  expect,
  compare,
  ownCharts,
  tradeoff,
  trash,
  exports,
  settings,
}

export type Language = 'en' | 'zh-CN'

const texts = (language: 'en' | 'zh') =>
  Object.fromEntries(Object.entries(features).map(([name, pair]) => [name, pair[language]]))

/** One instance an application: it ends with the application it was installed in. */
export const makeI18n = () =>
  createI18n({
    legacy: false,
    locale: 'en',
    fallbackLocale: 'en',
    messages: { en: texts('en'), 'zh-CN': texts('zh') },
  })

/** The language of the settings, or the closest to the system's. */
export function resolveLanguage(setting: Settings['language'], system: readonly string[]): Language {
  if (setting !== 'system') return setting
  return system[0]?.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en'
}

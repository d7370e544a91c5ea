/** The commands that are there on every screen. */
import type { Ref } from 'vue'
import type { RouteLocationNormalizedLoaded, Router } from 'vue-router'
import { typing } from '../commands/hotkeys'
import type { Command } from '../commands/types'
import type { IconName } from '../ui/icons'
import type { useToasts } from '../ui/toasts.store'
import type { useSettings } from './settings.store'

interface Hands {
  readonly router: Router
  readonly route: RouteLocationNormalizedLoaded
  readonly settings: ReturnType<typeof useSettings>
  readonly theme: Ref<'light' | 'dark'>
  readonly toasts: ReturnType<typeof useToasts>
  openPalette(): void
  openHelp(): void
}

const filledIn = (field: Element | null): boolean =>
  !(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) || field.value !== ''

export function appCommands({ router, route, settings, theme, toasts, openPalette, openHelp }: Hands): Command[] {
  const always = () => true
  const inProject = () => typeof route.params.projectId === 'string'
  const go = (id: string, name: string, icon: IconName, keys: string, keywords: string): Command => ({
    id,
    group: 'go',
    icon,
    keys,
    keywords,
    enabled: inProject,
    perform: () => void router.push({ name, params: { projectId: String(route.params.projectId) } }),
  })
  const setting = (
    id: string,
    icon: IconName,
    keywords: string,
    change: Parameters<typeof settings.save>[0],
  ): Command => ({
    id,
    group: 'view',
    icon,
    keywords,
    enabled: always,
    perform: () => settings.save(change),
  })
  const sidebar = settings.layout('sidebar', true)
  return [
    {
      id: 'palette',
      group: 'help',
      icon: 'search',
      keywords: 'command 命令',
      keys: 'Mod+K',
      enabled: always,
      perform: openPalette,
    },
    {
      id: 'help',
      group: 'help',
      icon: 'help',
      keywords: 'keys hotkeys 快捷键',
      keys: '?',
      enabled: always,
      perform: openHelp,
    },
    {
      id: 'projects',
      group: 'go',
      icon: 'folder',
      keywords: 'home 项目',
      keys: 'G P',
      enabled: always,
      perform: () => void router.push({ name: 'projects' }),
    },
    go('goRuns', 'runs', 'runs', 'G R', 'table 运行'),
    go('goModels', 'models', 'model', 'G M', 'graph network 模型'),
    go('goDatasets', 'datasets', 'data', 'G D', 'images 数据'),
    go('goCompare', 'compare', 'compare', 'G C', 'diff 比较'),
    go('goCharts', 'charts', 'chart', 'G H', 'plot 图表'),
    go('goExports', 'exports', 'exportBox', 'G E', 'onnx tfjs 导出'),
    go('goTrash', 'trash', 'trash', 'G T', 'deleted restore 回收站 恢复'),
    { ...go('newRun', 'new-run', 'add', 'N', 'sweep prune 剪枝'), group: 'runs' },
    {
      id: 'settings',
      group: 'go',
      icon: 'settings',
      keywords: 'doctor backend 后端',
      keys: 'G S',
      enabled: always,
      perform: () => void router.push({ name: 'settings' }),
    },
    {
      id: 'toggleTheme',
      group: 'view',
      icon: 'moon',
      keywords: 'dark light',
      keys: 'Mod+Shift+L',
      enabled: always,
      perform: () => settings.save({ theme: theme.value === 'dark' ? 'light' : 'dark' }),
    },
    setting('themeLight', 'sun', 'bright 亮', { theme: 'light' }),
    setting('themeDark', 'moon', 'night 暗', { theme: 'dark' }),
    setting('themeSystem', 'settings', 'auto 自动', { theme: 'system' }),
    setting('english', 'globe', 'language 语言', { language: 'en' }),
    setting('chinese', 'globe', 'language 中文 zhongwen', { language: 'zh-CN' }),
    {
      id: 'undo',
      group: 'view',
      icon: 'restore',
      keywords: 'back restore 恢复 返回',
      keys: 'Mod+Z',
      // A field undoes what was typed in it; an empty one may have the focus because what had it is gone.
      enabled: () =>
        toasts.undoable !== undefined && !(typing(document.activeElement) && filledIn(document.activeElement)),
      perform: toasts.undo,
    },
    {
      id: 'toggleSidebar',
      group: 'view',
      icon: 'columns',
      keywords: 'panel',
      keys: 'Mod+B',
      enabled: always,
      perform: () => {
        sidebar.value = !sidebar.value
      },
    },
  ]
}

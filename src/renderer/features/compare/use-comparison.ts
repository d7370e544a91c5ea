/** The comparison as rows in the present language, for the table and for whoever takes it along. */
import { useI18n } from 'vue-i18n'
import type { Run } from '../../../contract'
import { markdownTable } from '../../ui/markdown'
import { useFormat } from '../../ui/use-format'
import { useProjects } from '../projects'
import { useLabels } from '../runs'
import { type ComparisonRow, compareRuns } from './comparison-rows'
import { useGround } from './same-ground'

export function useComparison() {
  const { t } = useI18n()
  const format = useFormat()
  const labels = useLabels()
  const projects = useProjects()
  const ground = useGround()

  const rowsOf = (runs: readonly Run[], baseline: Run, onlyDiffers: boolean): ComparisonRow[] =>
    compareRuns(runs, baseline, {
      format,
      t,
      strategy: labels.strategy,
      goal: labels.goal,
      project: (run) => projects.byId(run.projectId)?.name ?? run.projectId,
      model: ground.modelName,
      dataset: ground.dataName,
      sameData: ground.sameData,
    }).filter((row) => !onlyDiffers || row.differs)

  /** Of each run what was set, in the words of the form. */
  const settingsOf = (runs: readonly Run[], baseline: Run): Map<string, { name: string; value: string }[]> => {
    const rows = rowsOf(runs, baseline, false).filter(({ section }) => section === 'configuration')
    return new Map(
      runs.map((run, at) => [
        run.id,
        rows.map(({ id, cells }) => ({ name: t(`compare.row.${id}`), value: cells[at]?.text ?? '' })),
      ]),
    )
  }

  /** As the table shows it: the baseline first, a difference in every other cell. */
  function markdown(runs: readonly Run[], baseline: Run, onlyDiffers: boolean): string {
    const ordered = [baseline, ...runs.filter((run) => run.id !== baseline.id)]
    const columns = ordered.map((run, at) => ({
      title: at === 0 ? t('common.withUnit', { name: labels.run(run), unit: t('compare.baseline') }) : labels.run(run),
      numeric: true,
    }))
    return markdownTable(
      [{ title: '', numeric: false }, ...columns],
      rowsOf(ordered, baseline, onlyDiffers).map((row) => [
        t(`compare.row.${row.id}`),
        ...row.cells.map(({ text, delta }) => (delta === '' || delta === '≠' ? text : `${text} (${delta})`)),
      ]),
    )
  }

  return { rowsOf, settingsOf, markdown }
}

/** The comparison as one JSON document: the figures, and of each run its configuration, environment and kept widths. */
import { type ReportInput, toRow } from './model'

export function reportJson(input: ReportInput): string {
  const { runs, ...head } = input
  const document = {
    ...head,
    runs: runs.map((entry) => ({
      ...toRow(entry),
      config: entry.run.config,
      environment: entry.run.environment,
      rounds: entry.run.result.rounds,
      warnings: entry.run.result.warnings,
      widths: entry.trace.groups.map(({ group, unitsBefore, kept }) => ({
        group,
        before: unitsBefore,
        after: kept.length,
      })),
    })),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

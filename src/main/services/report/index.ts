/** Reports of a comparison: pure functions from stored runs to a document; the command line writes the same ones. */
import { reportCsv } from './csv'
import { reportHtml } from './document'
import { reportJson } from './json'
import type { ReportInput } from './model'

export type { ReportInput, ReportRow, ReportRun } from './model'
export { toRow } from './model'

export const reportFormats = { html: reportHtml, csv: reportCsv, json: reportJson } as const

export const report = (input: ReportInput, format: keyof typeof reportFormats): string => reportFormats[format](input)

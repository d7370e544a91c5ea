/** What a person arranges in a project, as it is kept and as it travels with the project. */
import { z } from 'zod'
import { chartKinds, chartSplits, colourCount, groupKeys, mostGroups } from './arrangement'

export const ownChartSchema = z.object({
  id: z.string(),
  /** Empty: called by its columns. */
  name: z.string(),
  kind: z.enum(chartKinds),
  /** Ids of columns; a scatter and a line take figures for x, bars take anything. */
  x: z.string(),
  y: z.string(),
  split: z.enum(chartSplits),
})
export type OwnChart = Readonly<z.infer<typeof ownChartSchema>>

export const tableLayoutSchema = z.object({
  /** Every column's id, in order. */
  order: z.array(z.string()).readonly(),
  hidden: z.array(z.string()).readonly(),
  /** Pixels by column. */
  widths: z.record(z.string(), z.number()).readonly(),
  sort: z.object({ id: z.string(), descending: z.boolean() }).readonly(),
  /** The outermost first; a single word is how layouts of one level were kept. */
  group: z.union([
    z.enum(groupKeys),
    z
      .array(z.enum(groupKeys).exclude(['none']))
      .max(mostGroups)
      .readonly(),
  ]),
})
export type TableLayout = Readonly<z.infer<typeof tableLayoutSchema>>

export const savedViewSchema = z.object({ name: z.string(), filter: z.string(), layout: tableLayoutSchema })
export type SavedView = Readonly<z.infer<typeof savedViewSchema>>

/** What a person arranged in a project beside its rows; it travels with the project. */
export const arrangementSchema = z.object({
  /** Ids of runs that stay at the top of the table. */
  pins: z.array(z.string().min(1)),
  /** Place in the palette by a run's id. */
  colours: z.record(
    z.string().min(1),
    z
      .int()
      .min(0)
      .max(colourCount - 1),
  ),
  views: z.array(savedViewSchema),
  charts: z.array(ownChartSchema),
})
export type Arrangement = z.infer<typeof arrangementSchema>

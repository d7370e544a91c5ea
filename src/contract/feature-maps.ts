/** Feature maps of one sample, and what the units that stay say about those that went. */
import { z } from 'zod'

export const removedMapSchema = z.object({
  unit: z.number().int(),
  /** Share of its variance that the kept ones explain on held-out samples, at most 1; null where it is constant there. */
  explained: z.number().nullable(),
  /** The same on the shown sample. */
  explainedHere: z.number().nullable(),
  /** Kept units by their part in the prediction, largest first. */
  from: z.array(z.object({ group: z.string(), unit: z.number().int(), part: z.number() })),
})
export type RemovedMap = z.infer<typeof removedMapSchema>

export const featureMapsSchema = z.object({
  /** Node that reads the maps, and the value it reads. */
  layer: z.string(),
  value: z.string(),
  /** Every node at which this group's maps can be seen. */
  places: z.array(z.string()),
  units: z.number().int(),
  kept: z.array(z.number().int()),
  height: z.number().int(),
  width: z.number().int(),
  /** Each pixel is the mean of so many by so many of the map; 1: as it is. */
  shrunk: z.number().int(),
  /** Base64 of little-endian 32-bit floats, [units, height, width], of the network before pruning. */
  maps: z.string(),
  removed: z.array(removedMapSchema),
  /** The same form, [removed, height, width], in the order of `removed`. */
  predicted: z.string(),
  /** Samples times positions that the prediction was fitted to, and others on which `explained` was taken. */
  fittedRows: z.number().int(),
  heldOutRows: z.number().int(),
})
export type FeatureMaps = z.infer<typeof featureMapsSchema>

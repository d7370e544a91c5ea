/** Splits that cannot overlap: one shuffled order of the train rows, cut into calibration, verification and the rest. */
import { EspalierError } from '../../contract/errors'
import { stream } from './rng'
import type { DataSource, SampleTable, Selection, Splits } from './types'

export interface SplitOptions {
  /** Calibration samples wanted; fewer where the data has fewer. */
  readonly calibration: number
  readonly seed: number
  /** Verification samples to draw from the train split at most, where there is no validation split. Default 2000. */
  readonly verification?: number
  /** Where it trains, calibration leaves half of what is not for verification. */
  readonly finetune?: { readonly epochs: number }
}

/** The least a statistic or a bound can be made from. */
export const fewestSamples = 16

/** Of the train split at most this share goes to verification, where it must be drawn from there. */
const verificationShare = 0.2

export const wholeTable = (table: SampleTable): Selection => ({
  table,
  indices: Int32Array.from({ length: table.count }, (_, i) => i),
})

/**
 * Disjoint by construction. Calibration comes from the train split; verification is the data's own validation split,
 * or else drawn from the train split; what is left of it is for fine-tuning.
 * @throws DATA_TOO_FEW_SAMPLES
 */
export function makeSplits(source: DataSource, options: SplitOptions): Splits {
  const { calibration, seed, verification = 2000, finetune } = options
  const { train, validation, test } = source
  const drawn = validation ? 0 : Math.min(verification, Math.floor(train.count * verificationShare))
  const needed = validation ? fewestSamples : Math.ceil(fewestSamples / verificationShare)
  if (train.count < needed || (validation && validation.count < fewestSamples)) {
    throw new EspalierError(
      'DATA_TOO_FEW_SAMPLES',
      `The data has ${train.count} training samples${validation ? ` and ${validation.count} validation samples` : ''}, but at least ${needed}${validation ? ` and ${fewestSamples}` : ''} are needed to observe the network and to verify the result. Add more samples.`,
    )
  }
  const order = stream(seed, 'splits').shuffle(Int32Array.from({ length: train.count }, (_, i) => i))
  const left = order.length - drawn
  const most = (finetune?.epochs ?? 0) > 0 ? Math.floor(left / 2) : left
  const end = drawn + Math.min(most, calibration)
  return {
    verification: validation ? wholeTable(validation) : { table: train, indices: order.slice(0, drawn).sort() },
    calibration: { table: train, indices: order.slice(drawn, end) },
    finetune: { table: train, indices: order.slice(end) },
    test: test && wholeTable(test),
    verificationFromTrain: validation === null,
  }
}

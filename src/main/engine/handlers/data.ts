/** Looking at data: what it holds, how it is split, and some of its samples. */
import { basename } from 'node:path'
import { EspalierError } from '../../../contract/errors'
import { type DataSource, makeSplits, type SampleTable } from '../../../engine/data'
import type { JobHandlers } from '../serve'
import { openLocation } from './data-files'
import { previewSamples } from './samples'

/** Drawn with the settings a run has by default, so that the preview shows what a run would verify on. */
const usualDraw = { calibration: 2048, seed: 0 }

/** Rows of the train table that verification would be drawn from; none where there are too few. */
function drawnVerification(source: DataSource): Int32Array {
  try {
    return makeSplits(source, usualDraw).verification.indices
  } catch (error) {
    if (error instanceof EspalierError && error.code === 'DATA_TOO_FEW_SAMPLES') return new Int32Array(0)
    throw error
  }
}

/** Samples a class; empty where labels are no classes. */
function balanceOf({ labels, count }: SampleTable, classes: number): number[] {
  // Several labels a sample stand a column each, 0 or 1 of whatever type.
  if (labels && classes > 1 && labels.length === count * classes && labels.every((label) => label <= 1)) {
    const columns = new Array<number>(classes).fill(0)
    labels.forEach((label, i) => {
      if (label === 1) columns[i % classes] = (columns[i % classes] as number) + 1
    })
    return columns
  }
  if (!(labels instanceof Int32Array)) return []
  const width = Math.max(
    classes,
    labels.reduce((most, label) => Math.max(most, label + 1), 0),
  )
  const counts = new Array<number>(width).fill(0)
  for (const label of labels) if (label >= 0) counts[label] = (counts[label] ?? 0) + 1
  return counts
}

const firstRows = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

export const probe: JobHandlers['probe'] = async ({ data, samples }, { signal, progress }) => {
  let told = 0
  const onRead = (fraction: number) => {
    if (fraction - told < 0.01) return
    told = fraction
    progress({ stage: 'read', fraction, detail: '' })
  }
  const source = await openLocation(data, { signal, onRead })
  const { train, validation, test } = source
  const name = basename(data.name ?? data.path)
  return {
    dataset: {
      name: name.replace(/\.(npz|csv|jsonl)$/i, '') || name,
      kind: source.kind,
      path: data.path,
      hash: source.hash,
      sampleShape: [...source.sampleShape],
      classes: [...source.classes],
      mean: [...source.mean],
      std: [...source.std],
      splits: {
        train: train.count,
        verification: validation ? validation.count : drawnVerification(source).length,
        test: test?.count ?? 0,
      },
      verificationFromTrain: validation === null,
      balance: balanceOf(train, source.classes.length),
    },
    samples: previewSamples(source, train, firstRows(Math.min(samples, train.count))),
  }
}

/** The rows of a split, as indices of the table they are in. */
function splitOf(
  source: DataSource,
  split: 'train' | 'verification' | 'test',
): { table: SampleTable; rows: Int32Array | number } | null {
  if (split === 'train') return { table: source.train, rows: source.train.count }
  if (split === 'test') return source.test && { table: source.test, rows: source.test.count }
  if (source.validation) return { table: source.validation, rows: source.validation.count }
  return { table: source.train, rows: drawnVerification(source) }
}

export const preview: JobHandlers['preview'] = async ({ data, split, offset, count }) => {
  const source = await openLocation(data)
  const found = splitOf(source, split)
  if (!found) return []
  const { table, rows } = found
  const total = typeof rows === 'number' ? rows : rows.length
  const wanted = firstRows(Math.max(0, Math.min(count, total - offset))).map((i) => i + offset)
  return previewSamples(source, table, typeof rows === 'number' ? wanted : wanted.map((i) => rows[i] as number))
}

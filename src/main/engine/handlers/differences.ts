/** Where networks that do not name one class a sample answer most differently, small enough to be sent. */
import type { Answer, Differences } from '../../../contract/differences'
import type { DataSource, SampleTable } from '../../../engine/data'
import type { Differing } from '../../../engine/pipeline'
import { averaged, base64 } from './maps'
import { previewSamples } from './samples'

/** A side of a picture at most; beyond, pixels stand for several. */
const mostPixels = 128
/** Pixels of all pictures together, and samples that are shown all the same. */
const mostOfAll = 1 << 21
const leastSamples = 12
/** Values of a list that are sent at most: steps of a sequence, or numbers. */
const mostValues = 256
/** Less than this on a side is a list of numbers and no picture. */
const leastPixels = 4

interface Picture {
  readonly channels: number
  readonly height: number
  readonly width: number
}

/** Extents of an answer as a picture: planes of classes, or of numbers; null for lists. */
function pictureOf(shape: readonly number[], numbers: boolean): Picture | null {
  const planes = shape.length === 2 ? [1, ...shape] : numbers && shape.length === 3 ? shape : null
  if (!planes) return null
  const [channels, height, width] = planes as [number, number, number]
  return height >= leastPixels && width >= leastPixels ? { channels, height, width } : null
}

/** Every `by`th pixel: classes have no mean. */
function everyNth(values: ArrayLike<number>, { height, width }: Picture, by: number): Float32Array {
  const [rows, columns] = [Math.ceil(height / by), Math.ceil(width / by)]
  return Float32Array.from(
    { length: rows * columns },
    (_, i) => values[Math.floor(i / columns) * by * width + (i % columns) * by] as number,
  )
}

/** One plane of the mean over the channels. */
function meanPlane(values: ArrayLike<number>, { channels, height, width }: Picture): Float32Array {
  const plane = height * width
  const mean = new Float32Array(plane)
  for (let i = 0; i < values.length; i++)
    mean[i % plane] = (mean[i % plane] as number) + (values[i] as number) / channels
  return mean
}

/** A loss of one sample as the metric says it. */
function scoreOf(metric: Differing['task']['metric'], loss: number | null): number | null {
  if (loss === null) return null
  if (metric === 'rmse') return Math.sqrt(loss)
  return metric === 'perplexity' ? Math.exp(loss) : 100 * (1 - loss)
}

export function differencesOf(found: Differing, source: DataSource, table: SampleTable): Differences {
  const { task, shape } = found
  const says = task.kind === 'gaussian' ? 'numbers' : task.metric === 'f1' ? 'labels' : 'classes'
  const values = shape.reduce((product, extent) => product * extent, 1)
  const picture = says === 'labels' ? null : pictureOf(shape, says === 'numbers')
  const shrunk = picture ? Math.ceil(Math.max(picture.height, picture.width) / mostPixels) : 1
  const answerOf = (said: ArrayLike<number>): Answer => {
    if (!picture) return { list: Array.from(said).slice(0, mostValues) }
    if (says === 'classes') return { picture: base64(everyNth(said, picture, shrunk)) }
    const plane = meanPlane(said, picture)
    return { picture: base64(averaged(plane, 1, picture.height, picture.width, shrunk)) }
  }
  const size = picture ? Math.ceil(picture.height / shrunk) * Math.ceil(picture.width / shrunk) : 0
  const networks = found.perClass.length
  const most = Math.max(leastSamples, Math.floor(mostOfAll / Math.max(1, size * (networks + 1))))
  const samples = size > 0 ? found.samples.slice(0, most) : found.samples
  const rows = samples.map(({ row }) => row)
  const shown = previewSamples(source, table, rows)
  const { labels } = rows.length > 0 ? table.read(Int32Array.from(rows)) : { labels: null }
  const told = labels && labels.length === rows.length * values ? labels : null
  const lists = says === 'classes' && !picture ? [...samples.flatMap(({ said }) => said), ...(told ? [told] : [])] : []
  const { word } = table
  const ids = word ? [...new Set(lists.flatMap((list) => Array.from(list)))].filter((id) => id >= 0) : []
  return {
    metric: labels ? task.metric : 'none',
    says,
    height: picture && Math.ceil(picture.height / shrunk),
    width: picture && Math.ceil(picture.width / shrunk),
    shrunk,
    values,
    ...(word && ids.length > 0 ? { words: Object.fromEntries(ids.map((id) => [String(id), word(id)])) } : {}),
    samples: samples.map(({ said, losses, apart }, i) => ({
      sample: shown[i] as (typeof shown)[number],
      target: told && answerOf(told.subarray(i * values, (i + 1) * values)),
      answers: said.map(answerOf),
      scores: losses.map((loss) => scoreOf(task.metric, loss)),
      apart: [...apart],
    })),
  }
}

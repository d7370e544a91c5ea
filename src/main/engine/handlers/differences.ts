/** Where networks that do not name one class a sample answer most differently, small enough to be sent. */
import type { Differences } from '../../../contract/differences'
import type { DataSource, SampleTable } from '../../../engine/data'
import type { Differing } from '../../../engine/pipeline'
import { answerOf, answerPicture, shrinkage } from './answers'
import { previewSamples } from './samples'

/** A side of a picture at most; beyond, pixels stand for several. */
const mostPixels = 128
/** Pixels of all pictures together, and samples that are shown all the same. */
const mostOfAll = 1 << 21
const leastSamples = 12
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
  const picture = says === 'labels' ? null : answerPicture(shape, says === 'numbers')
  const shrunk = shrinkage(picture, mostPixels)
  const shownAs = (said: ArrayLike<number>) => answerOf(said, picture, says === 'numbers', shrunk)
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
      target: told && shownAs(told.subarray(i * values, (i + 1) * values)),
      answers: said.map(shownAs),
      scores: losses.map((loss) => scoreOf(task.metric, loss)),
      apart: [...apart],
    })),
  }
}

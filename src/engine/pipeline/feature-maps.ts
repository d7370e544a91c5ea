/** Feature maps of one sample: what each unit shows, and what the units that stay say about those that went. */
import { EspalierError } from '../../contract/errors'
import type { RunConfig } from '../../contract/run'
import { detailOf, say } from '../../contract/sentences'
import { analyseCoupling, type Coupling } from '../coupling'
import { batches, firstOf, fitToNetwork, makeSplits, type RandomStream, stream } from '../data'
import type { Batch, DataSource, Selection } from '../data/types'
import type { Graph } from '../graph/graph'
import { createSession, disposeValues, initBackend, type Session, tensors, toPlain } from '../runtime'
import { type ChannelMoments, predictChannels } from '../statistics/prediction'
import { type Place, placesOf } from './map-places'
import { breathe } from './progress'
import type { PipelineHooks, SplitName } from './types'

type Tensor2D = ReturnType<typeof tensors.tensor2d>
const { matMul, gather, reshape, sum, tensor1d, tidy, transpose } = tensors

export interface FeatureMapRequest {
  /** Coupling group whose units are shown. */
  readonly group: string
  /** Node that reads the maps; absent: the first one that does. */
  readonly layer?: string | undefined
  /** Original indices of the units that stay, by group; a group that is not named stays whole. */
  readonly kept: Readonly<Record<string, readonly number[]>>
  readonly sample: { readonly split: SplitName; readonly index: number }
  readonly config: Pick<RunConfig, 'calibration' | 'seed' | 'backend'>
  readonly hooks?: Partial<Pick<PipelineHooks, 'progress' | 'signal'>>
}

export interface RemovedMap {
  readonly unit: number
  /** Share of its variance that the kept ones explain on samples they were not fitted to; null where it is constant there. */
  readonly explained: number | null
  /** The same on the shown sample. */
  readonly explainedHere: number | null
  /** Kept units by their part in the prediction, largest first; parts of the variance, which can be negative. */
  readonly from: readonly { readonly group: string; readonly unit: number; readonly part: number }[]
}

export interface FeatureMapResult {
  /** Node that reads the maps, and the value it reads. */
  readonly layer: string
  readonly value: string
  /** Every node at which this group's maps can be seen. */
  readonly places: readonly string[]
  readonly units: number
  readonly kept: readonly number[]
  readonly height: number
  readonly width: number
  /** Of the original network, unit by unit: [units, height, width]. */
  readonly maps: Float32Array
  readonly removed: readonly RemovedMap[]
  /** In the order of `removed`: [removed, height, width]. */
  readonly predicted: Float32Array
  /** Rows (samples x positions) that were fitted to, and others that `explained` was taken on. */
  readonly fittedRows: number
  readonly heldOutRows: number
}

const fittedSamples = 128
const heldOutSamples = 64
const batchSize = 32
const fewestRows = 2048
const shownSources = 6

/** The maps of a batch as [samples x positions, channels], at these positions. Runs inside a tidy scope. */
function rowsOf(
  session: Session,
  batch: Batch,
  { value, axis }: Place,
  choose: (positions: number) => Int32Array | null,
) {
  const live = session.forward(batch.inputs, [value])
  const found = live.get(value)
  if (!found) throw new EspalierError('INTERNAL', `The value "${value}" was not computed.`)
  const plain = toPlain(found)
  disposeValues(live)
  const { shape } = plain
  const others = shape.map((_extent, at) => at).filter((at) => at !== 0 && at !== axis)
  const extents = others.map((at) => shape[at] as number)
  const positions = extents.reduce((a, b) => a * b, 1)
  const channels = shape[axis] as number
  const ordered = reshape(transpose(plain, [0, ...others, axis]), [shape[0] as number, positions, channels])
  const chosen = choose(positions)
  const picked = chosen ? gather(ordered, tensor1d(chosen, 'int32'), 1) : ordered
  return { rows: reshape(picked, [-1, channels]) as Tensor2D, extents }
}

async function momentsOf(
  session: Session,
  selection: Selection,
  place: Place,
  wantedRows: number,
  random: RandomStream,
  onBatch: (done: number) => Promise<void>,
): Promise<ChannelMoments> {
  const channels = place.ids.length
  const total = new Float64Array(channels)
  const products = new Float64Array(channels * channels)
  let rows = 0
  let done = 0
  const each = Math.max(1, Math.ceil(wantedRows / selection.indices.length))
  for (const batch of batches(selection, batchSize)) {
    let part: Float32Array = new Float32Array(0)
    let square: Float32Array = new Float32Array(0)
    tidy(() => {
      const made = rowsOf(session, batch, place, (positions) =>
        positions <= each ? null : Int32Array.from({ length: each }, () => random.integer(positions)),
      )
      part = sum(made.rows, 0).dataSync<'float32'>()
      square = matMul(made.rows, made.rows, true).dataSync<'float32'>()
      rows += made.rows.shape[0]
    })
    for (let i = 0; i < channels; i++) total[i] = (total[i] as number) + (part[i] as number)
    for (let i = 0; i < products.length; i++) products[i] = (products[i] as number) + (square[i] as number)
    done += batch.count
    await onBatch(done)
  }
  return { channels, rows, sum: total, products }
}

/** Share of the variance of `map` that `predicted` explains; null where the map is flat. */
function explainedOf(map: Float32Array, predicted: Float32Array): number | null {
  const mean = map.reduce((all, value) => all + value, 0) / map.length
  let [variance, error] = [0, 0]
  for (let i = 0; i < map.length; i++) {
    variance += ((map[i] as number) - mean) ** 2
    error += ((map[i] as number) - (predicted[i] as number)) ** 2
  }
  return variance > 1e-9 * map.length ? 1 - error / variance : null
}

const tableOf = (source: DataSource, split: SplitName) =>
  split === 'test' ? source.test : split === 'verification' ? (source.validation ?? source.train) : source.train

/**
 * The original network's maps of one sample, and for every removed unit of the group what the channels that stay in
 * the same value say about it at the same position: least squares on the run's calibration samples, judged on its
 * verification samples. A refit sees whole patches and can only do better.
 * @throws NOT_FOUND for a group or sample that is not there; CONFLICT where a group has no maps to show
 */
export async function featureMaps(
  graph: Graph,
  source: DataSource,
  request: FeatureMapRequest,
): Promise<FeatureMapResult> {
  const data = fitToNetwork(source, graph)
  const coupling = analyseCoupling(graph)
  const group = coupling.groups.find(({ name }) => name === request.group)
  if (!group) throw new EspalierError('NOT_FOUND', `This network has no group "${request.group}". Choose another one.`)
  const places = placesOf(graph, coupling, group)
  const place = places.find(({ layer }) => layer === request.layer) ?? places[0]
  if (!place) {
    throw new EspalierError(
      'CONFLICT',
      `The units of "${request.group}" are nowhere whole channels of one value, so they have no maps to show. Choose another group.`,
    )
  }
  const table = tableOf(data, request.sample.split)
  const { index } = request.sample
  if (!table || index < 0 || index >= table.count) {
    throw new EspalierError(
      'NOT_FOUND',
      `The ${request.sample.split} split has no sample ${index}. Choose another one.`,
    )
  }
  await initBackend({ backend: request.config.backend })
  const splits = makeSplits(data, request.config)
  const goes = removedIds(coupling, request.kept)
  const predictors: number[] = []
  place.ids.forEach((id, channel) => {
    if (!goes.has(id)) predictors.push(channel)
  })
  const channelOf = group.units.map((id, unit) =>
    id > 0 ? place.ids.indexOf(id) : unit < place.ids.length ? unit : -1,
  )
  const gone: number[] = []
  group.units.forEach((id, unit) => {
    if (goes.has(id) && (channelOf[unit] as number) >= 0) gone.push(unit)
  })
  const session = createSession(graph, { fuse: true, taps: [place.value] })
  try {
    const random = stream(request.config.seed, 'feature-maps')
    const rows = Math.max(fewestRows, 4 * place.ids.length)
    const fitting = firstOf(splits.calibration, fittedSamples)
    const judging = firstOf(splits.verification, heldOutSamples)
    const all = fitting.indices.length + judging.indices.length
    const report = (before: number) => async (done: number) => {
      const fraction = (before + done) / all
      request.hooks?.progress?.({
        stage: 'observe',
        fraction,
        ...detailOf(say('doing.samples', { done: before + done, total: all })),
      })
      await breathe(request.hooks?.signal)
    }
    const fitted = await momentsOf(session, fitting, place, rows, random, report(0))
    const heldOut = await momentsOf(session, judging, place, rows, random, report(fitting.indices.length))
    let shown: { data: Float32Array; extents: number[] } = { data: new Float32Array(0), extents: [] }
    tidy(() => {
      const made = rowsOf(session, table.read(Int32Array.of(index)), place, () => null)
      shown = { data: transpose(made.rows).dataSync<'float32'>(), extents: made.extents }
    })
    const [height, width] =
      shown.extents.length === 2 ? (shown.extents as [number, number]) : [1, shown.extents.reduce((a, b) => a * b, 1)]
    const size = height * width
    const mapOf = (channel: number) => shown.data.subarray(channel * size, (channel + 1) * size)
    const maps = new Float32Array(group.units.length * size)
    channelOf.forEach((channel, unit) => {
      if (channel >= 0) maps.set(mapOf(channel), unit * size)
    })
    const predicted = new Float32Array(gone.length * size)
    const predictions = predictChannels(
      fitted,
      heldOut,
      predictors,
      gone.map((unit) => channelOf[unit] as number),
    )
    const removed = predictions.map((prediction, at): RemovedMap => {
      const target = predicted.subarray(at * size, (at + 1) * size).fill(prediction.intercept)
      prediction.coefficients.forEach((factor, i) => {
        const map = mapOf(predictors[i] as number)
        for (let p = 0; p < size; p++) target[p] = (target[p] as number) + factor * (map[p] as number)
      })
      const order = [...prediction.parts.keys()].sort(
        (a, b) => (prediction.parts[b] as number) - (prediction.parts[a] as number),
      )
      return {
        unit: gone[at] as number,
        explained: prediction.explained,
        explainedHere: explainedOf(mapOf(prediction.target), target),
        from: order.slice(0, shownSources).map((i) => ({
          ...nameOf(coupling, place.ids[predictors[i] as number] as number, predictors[i] as number, group.name),
          part: prediction.parts[i] as number,
        })),
      }
    })
    const removedUnits = new Set(gone)
    return {
      layer: place.layer,
      value: place.value,
      places: [...new Set(places.map(({ layer }) => layer))],
      units: group.units.length,
      kept: [...group.units.keys()].filter((unit) => !removedUnits.has(unit)),
      height,
      width,
      maps,
      removed,
      predicted,
      fittedRows: fitted.rows,
      heldOutRows: heldOut.rows,
    }
  } finally {
    session.dispose()
  }
}

/** Ids of all units that went, over all groups. */
function removedIds({ groups }: Coupling, kept: FeatureMapRequest['kept']): ReadonlySet<number> {
  const gone = new Set<number>()
  for (const { name, units } of groups) {
    const stays = kept[name]
    if (stays === undefined) continue
    const indices = new Set(stays)
    units.forEach((id, unit) => {
      if (id > 0 && !indices.has(unit)) gone.add(id)
    })
  }
  return gone
}

const nameOf = ({ groups, groupOf, indexOf }: Coupling, id: number, channel: number, fallback: string) =>
  id > 0
    ? { group: groups[groupOf[id] as number]?.name as string, unit: indexOf[id] as number }
    : { group: fallback, unit: channel }

/** Sample and step of every row of a value, and which rows are padding that the result does not read. */
import { EspalierError } from '../../contract/errors'
import type { Layer } from '../coupling/index'
import type { Batch, Selection } from '../data/types'
import type { Graph } from '../graph/graph'
import { disposeValues, logitsValue, openExtents, withExtents } from '../runtime/index'
import { square, sum, tidy } from '../runtime/tensors'
import type { Feed, LiveValue, LiveValues, Session } from '../runtime/types'
import { type AxisFactors, type Factor, SAMPLES, traceAxes } from './axes'
import { type Asked, logitVector, type ResultForm } from './result'
import { asRows } from './rows'

/** Samples that tell which values the result reads at padding. */
const TRIED = 48
/** Share of the gradient's energy below which padding counts as not read. */
const NOTHING = 1e-8

/** Sample and step of each row of a value; `steps` null where rows are no steps of a sequence. */
export interface RowPlaces {
  readonly samples: Int32Array
  readonly steps: Int32Array | null
}

/** Which entry of a sequence is a token (1) and which padding (0), [samples, steps]. */
export interface Presence {
  readonly steps: number
  readonly present: Uint8Array
}

/** The input that says what is padding: a mask, or token ids of which 0 only fills up. */
interface PaddingInput {
  readonly name: string
  readonly steps: number
}

const arrayOf = (batch: Pick<Batch, 'inputs'>, graph: Graph, name: string) =>
  batch.inputs.get(name) ?? (graph.inputs.length === 1 ? batch.inputs.get('') : undefined)

/** Whether zeros stand only before or behind the tokens of a row, and whether there are any. */
function fillsUp(data: ArrayLike<number>, from: number, steps: number): 'none' | 'some' | 'within' {
  let [first, last, zeros] = [-1, -1, 0]
  for (let t = 0; t < steps; t++) {
    if (data[from + t] === 0) zeros++
    else {
      if (first < 0) first = t
      last = t
    }
  }
  if (zeros === 0) return 'none'
  return first >= 0 && last - first + 1 === steps - zeros ? 'some' : 'within'
}

function paddingInput(graph: Graph, batch: Batch): PaddingInput | null {
  const candidates = graph.inputs.flatMap(({ name, dtype }) => {
    const array = arrayOf(batch, graph, name)
    return array && array.dims.length === 2 && (array.dims[1] as number) > 1 ? [{ name, dtype, array }] : []
  })
  const ordered = [
    ...candidates.filter(({ name }) => /mask/i.test(name)),
    ...candidates.filter(({ name, dtype }) => /int/.test(dtype) && readByIndex(graph, name)),
  ]
  for (const { name, array } of ordered) {
    const steps = array.dims[1] as number
    const kinds = Array.from({ length: array.dims[0] as number }, (_, n) => fillsUp(array.data, n * steps, steps))
    // A few texts may be empty, or hold an id 0 of their own.
    const within = kinds.filter((kind) => kind === 'within').length
    if (kinds.includes('some') && within <= 0.02 * kinds.length) return { name, steps }
  }
  return null
}

/** Whether an input picks rows of a table, perhaps behind a cast. */
function readByIndex(graph: Graph, value: string): boolean {
  return graph
    .consumers(value)
    .some((node) =>
      node.op === 'Cast' || node.op === 'Identity'
        ? readByIndex(graph, node.outputs[0] as string)
        : node.op === 'Gather' && node.inputs[1] === value && graph.constants.has(node.inputs[0] as string),
    )
}

/** What is known of rows, as plain data. */
export interface KnownPlaces {
  readonly axes: ReadonlyMap<string, AxisFactors>
  readonly padding: PaddingInput | null
  /** Values whose padding the result does not read. */
  readonly ignoring: ReadonlySet<string>
}

/** What rows mean in one network on one kind of data. */
export class Places {
  private readonly axes: ReadonlyMap<string, AxisFactors>
  private readonly padding: PaddingInput | null
  private readonly known = new Map<string, RowPlaces | null>()
  private ignoring: ReadonlySet<string> = new Set()

  /** @param sample some samples, or what another one knows of them */
  constructor(
    private readonly graph: Graph,
    sample: Batch | KnownPlaces,
  ) {
    if ('axes' in sample) {
      this.axes = sample.axes
      this.padding = sample.padding
      this.ignoring = sample.ignoring
      return
    }
    this.padding = paddingInput(graph, sample)
    const longest = [...sample.inputs.values()].find(({ dims }) => dims.length > 1 && dims.length < 4)?.dims[1] ?? 0
    const extents = openExtents(graph, sample.inputs as Feed)
    for (const { shape } of graph.inputs) if (typeof shape?.[0] === 'string') extents.set(shape[0], SAMPLES)
    this.axes = traced(graph, extents, this.padding?.steps ?? longest)
  }

  /** For another one, perhaps elsewhere. */
  get plain(): KnownPlaces {
    const { axes, padding, ignoring } = this
    return { axes, padding, ignoring }
  }

  /** Whether sequences of this data are filled up with something. */
  get padded(): boolean {
    return this.padding !== null
  }

  /** Entries of a batch that are tokens; null where nothing is padding. */
  presence(batch: Batch): Presence | null {
    if (!this.padding) return null
    const { name, steps } = this.padding
    const array = arrayOf(batch, this.graph, name)
    if (!array) return null
    return { steps, present: Uint8Array.from(array.data as ArrayLike<number>, (value) => (value === 0 ? 0 : 1)) }
  }

  /**
   * Sample and step of each row of a value; null where rows are samples, position by position, and no steps.
   * @param channelAxis axis that is no part of the rows.
   */
  rows(value: string, channelAxis: 1 | -1, samples: number): RowPlaces | null {
    const key = `${channelAxis}|${samples}|${value}`
    const found = this.known.get(key)
    if (found !== undefined) return found
    const axes = this.axes.get(value)
    const rowAxes = axes?.filter((_, axis) => axis !== (channelAxis === 1 ? 1 : axes.length - 1)) ?? []
    const places = placesOf(rowAxes.flat(), samples)
    this.known.set(key, places)
    return places
  }

  /** Whether the first axis of a value runs over samples and nothing else. */
  samplesFirst(value: string): boolean {
    const [first] = this.axes.get(value) ?? []
    return !first || first.every(({ role, size }) => role === 'sample' || size === 1)
  }

  /** Learns, from one backward pass, which values' padding the result does not read. */
  learn(
    session: Session,
    taps: readonly string[],
    calibration: Selection,
    form: ResultForm,
    random: () => number,
  ): void {
    if (!this.padding) return
    const batch = calibration.table.read(calibration.indices.subarray(0, TRIED))
    const presence = this.presence(batch)
    if (!presence?.present.includes(0)) return
    let gradients: LiveValues
    try {
      const found = session.backward(batch.inputs, {
        of: logitsValue(this.graph),
        seed: (value) => logitVector(value, form, random, this.asked(value, presence)),
        taps,
      })
      found.of.tensor.dispose()
      disposeValues(found.values)
      gradients = found.gradients
    } catch {
      // Without gradients nothing is known to be ignored, so every position counts.
      return
    }
    const ignoring = new Set<string>()
    for (const [name, value] of gradients) {
      const energy = energies(value, presence, this.rowsOfTap(name, value, batch.count))
      if (energy && energy.padding <= NOTHING * energy.tokens) ignoring.add(name)
    }
    disposeValues(gradients)
    this.ignoring = ignoring
  }

  private rowsOfTap(name: string, value: LiveValue, samples: number): RowPlaces | null {
    // Inside a recurrent layer steps come first.
    if (name.includes('#')) return timeMajor(value.tensor.shape[0] as number, samples)
    return this.rows(name, value.layout === 'nhwc' ? 1 : -1, samples) ?? this.rows(name, 1, samples)
  }

  /** Whether a value's padding does not reach the result. */
  ignores(value: string): boolean {
    return this.ignoring.has(value)
  }

  /**
   * Rows that count among those drawn: indices into [first extent x positions], or null where all do.
   * @param total positions of the value; `positions` those that were drawn.
   */
  counting(
    layer: Layer,
    samples: number,
    presence: Presence | null,
    total: number,
    positions: Int32Array,
  ): Int32Array | null {
    if (!presence || !this.ignores(layer.output)) return null
    const places = this.rows(layer.output, layer.kind === 'conv' ? 1 : -1, samples)
    if (!places?.steps) return null
    const { steps } = places
    const chosen: number[] = []
    const first = steps.length / total
    for (let a = 0; a < first; a++) {
      for (let p = 0; p < positions.length; p++) {
        const row = a * total + (positions[p] as number)
        const at = (places.samples[row] as number) * presence.steps + (steps[row] as number)
        if (presence.present[at] === 1) chosen.push(a * positions.length + p)
      }
    }
    return chosen.length === first * positions.length ? null : Int32Array.from(chosen)
  }

  /** For an output with a result a step: which of them are of tokens. */
  asked(value: LiveValue, presence: Presence | null): Asked {
    const { shape } = value.tensor
    const sequence = shape.length === 3 && presence !== null && shape.slice(1).includes(presence.steps)
    return sequence ? presence.present : null
  }
}

/** Empty where the graph holds a batch size of its own somewhere: rows then are what they seem to be. */
function traced(graph: Graph, extents: ReadonlyMap<string, number>, steps: number): ReadonlyMap<string, AxisFactors> {
  try {
    return traceAxes(withExtents(graph, extents), steps)
  } catch (error) {
    if (error instanceof EspalierError && error.code === 'SHAPE_MISMATCH') return new Map()
    throw error
  }
}

/** Rows [steps, samples], as recurrent layers hold them. */
export function timeMajor(steps: number, samples: number): RowPlaces {
  const count = steps * samples
  return {
    samples: Int32Array.from({ length: count }, (_, i) => i % samples),
    steps: Int32Array.from({ length: count }, (_, i) => Math.floor(i / samples)),
  }
}

/** Null for rows that are samples first and no steps: nothing has to be known of them. */
function placesOf(factors: readonly Factor[], samples: number): RowPlaces | null {
  const sizes = factors.map(({ role, size }) => (role === 'sample' ? samples : size))
  const at = factors.findIndex(({ role }) => role === 'sample')
  const step = factors.findIndex(({ role }) => role === 'step')
  if (at < 0 || (at === 0 && step < 0)) return null
  const count = sizes.reduce((a, b) => a * b, 1)
  const stride = (k: number) => sizes.slice(k + 1).reduce((a, b) => a * b, 1)
  const read = (k: number) => {
    const [by, extent] = [stride(k), sizes[k] as number]
    return Int32Array.from({ length: count }, (_, i) => Math.floor(i / by) % extent)
  }
  return { samples: read(at), steps: step < 0 ? null : read(step) }
}

/** Squared norm of a gradient over rows of tokens and over rows of padding; null where rows are no steps. */
function energies(
  value: LiveValue,
  presence: Presence,
  places: RowPlaces | null,
): { tokens: number; padding: number } | null {
  if (!places?.steps) return null
  const data = tidy(() => sum(square(asRows(value, value.layout === 'nhwc' ? 1 : -1)), -1).dataSync())
  if (data.length !== places.steps.length) return null
  let [tokens, padding] = [0, 0]
  for (let i = 0; i < data.length; i++) {
    const at = (places.samples[i] as number) * presence.steps + (places.steps[i] as number)
    if (presence.present[at] === 1) tokens += data[i] as number
    else padding += data[i] as number
  }
  return { tokens, padding }
}

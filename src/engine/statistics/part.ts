/** What one part of an observing pass sees: a few batches that follow one another, here or in a worker. */
import { EspalierError } from '../../contract/errors'
import type { Coupling, Layer } from '../coupling/index'
import { stream } from '../data/rng'
import type { Batch } from '../data/types'
import { Graph, type GraphParts } from '../graph/graph'
import { createSession, disposeValues, logitsValue } from '../runtime/index'
import type { Piece } from '../runtime/parallel'
import { tidy } from '../runtime/tensors'
import type { LiveValue, LiveValues, Session } from '../runtime/types'
import { gateProducts, type ReadValue, UnitSums } from './gates'
import { type CountingRows, extentsOfLayer, type LayerExtents, LayerObserver } from './layer-observer'
import type { ObservedLayer } from './layer-sums'
import { isObservable, shapeOfLayer } from './linear-layer'
import { type KeptMaps, MapKeeper } from './maps'
import { type KnownPlaces, Places, type Presence } from './places'
import { type RecurrentLayer, recurrentLayers } from './recurrent-layer'
import { RecurrentObserver, recurrentSources, recurrentTaps, stateGates } from './recurrent-observer'
import { logitVector, lossVector, type ResultForm } from './result'
import { asRows } from './rows'
import type { ObserveOptions, StatisticsRequest, UnitStatistics } from './types'

/**
 * Batches of a part. Sums of a part are made in float32 on the backend, those over parts in float64; the parts are the
 * same however many there are to work on them, and so are the bytes.
 */
export const batchesOfPart = 4

const defaults = { positions: 24, maxRows: 2000 } as const

/** Linear operators whose input units can be priced. */
export const pricedLayers = (coupling: Coupling): Layer[] =>
  coupling.layers.filter((layer) => isObservable(layer) && layer.inputUnits.some((unit) => unit !== 0))

/** What is looked for. Plain data. */
export interface ObservingTask {
  readonly coupling: Coupling
  readonly request: StatisticsRequest
  readonly options: ObserveOptions
  /** Samples of the whole pass. */
  readonly samples: number
}

/** How a linear operator is observed, which its feature maps decide. */
export interface LayerForm {
  readonly extents: LayerExtents
  /** Whether its sensitivity is known without gradients. */
  readonly isExact: boolean
}

/** What a part saw, as plain data; operators by node name. */
export interface ObservedPart {
  readonly layers: ReadonlyMap<string, { readonly form: LayerForm; readonly seen: ObservedLayer }>
  readonly recurrent: ReadonlyMap<string, ObservedLayer>
  readonly units: UnitStatistics
  readonly maps: KeptMaps
}

export const sampleForm = ({ result, classesLast = false }: ObserveOptions): ResultForm => ({
  kind: result,
  classesLast,
})

/** The observer of an operator of this form. */
export function observerOf(
  graph: Graph,
  layer: Layer,
  { extents, isExact }: LayerForm,
  { request, options, samples }: ObservingTask,
): LayerObserver {
  const { positions = defaults.positions, maxRows = defaults.maxRows } = options
  const { moments, sensitivity } = request
  const exact = isExact ? exactSensitivity(graph, layer, options) : null
  return new LayerObserver(graph, layer, { positions, maxRows, samples, moments, sensitivity, exact }, extents)
}

export const recurrentObserverOf = (layer: RecurrentLayer, { request, options }: ObservingTask): RecurrentObserver =>
  new RecurrentObserver(layer, {
    positions: options.positions ?? defaults.positions,
    moments: request.moments,
    sensitivity: request.sensitivity,
  })

/** G of an operator that emits the logits at one position: I - 11^T/K, or I where nothing is centred. */
function exactSensitivity(graph: Graph, layer: Layer, { result }: ObserveOptions): Float64Array {
  const k = shapeOfLayer(graph, layer).outputs
  const off = result === 'softmax' ? 1 / k : 0
  return Float64Array.from({ length: k * k }, (_, i) => (i % (k + 1) === 0 ? 1 : 0) - off)
}

export const observedRecurrent = (graph: Graph, coupling: Coupling): RecurrentLayer[] =>
  recurrentLayers(graph, coupling).filter((layer) => layer.inputUnits.some((unit) => unit !== 0))

/** Whoever makes one disposes it. */
export class PartObserver {
  private readonly layers: Layer[]
  private readonly recurrent: RecurrentLayer[]
  private readonly reads: ReadValue[]
  private readonly form: ResultForm
  private readonly logits: string
  private readonly forms = new Map<string, LayerForm>()
  private readonly observers = new Map<string, LayerObserver>()
  private readonly recurrentObservers = new Map<string, RecurrentObserver>()
  private readonly units: UnitSums
  private readonly maps: MapKeeper

  /** @param before samples of the parts before this one */
  constructor(
    private readonly session: Session,
    private readonly places: Places,
    private readonly task: ObservingTask,
    before: number,
  ) {
    const { coupling, request, options } = task
    this.layers = pricedLayers(coupling)
    this.recurrent = observedRecurrent(session.graph, coupling)
    this.reads = readValues(this.layers, this.recurrent)
    this.form = sampleForm(options)
    this.logits = logitsValue(session.graph)
    this.units = new UnitSums(coupling.units, request.activations, request.gradients)
    this.maps = new MapKeeper(this.reads, request.keepMaps ?? 0, before)
  }

  private random(purpose: string): () => number {
    return stream(this.task.options.seed, purpose)
  }

  /** Runs one batch. @param index of it in the whole pass */
  add(batch: Batch, index: number): void {
    const { moments, sensitivity, activations, gradients } = this.task.request
    const inputs = this.wantedValues()
    const presence = this.places.presence(batch)
    const outputs = this.layers.map((layer) => layer.output)
    let values: LiveValues
    if (sensitivity) {
      const random = this.random(`sensitivity/${index}`)
      const result = this.session.backward(batch.inputs, {
        of: this.logits,
        seed: (value) => logitVector(value, this.form, random, this.places.asked(value, presence)),
        taps: [...new Set([...outputs, ...this.recurrent.flatMap(recurrentTaps)])],
        values: inputs,
      })
      result.of.tensor.dispose()
      values = result.values
      try {
        this.withLayers(batch, values, result.gradients, index)
      } finally {
        disposeValues(result.gradients)
      }
    } else {
      values = this.session.forward(batch.inputs, [...inputs, ...(moments ? outputs : [])])
      if (moments) this.withLayers(batch, values, null, index)
    }
    try {
      if (activations || gradients) {
        for (const read of this.reads) {
          const value = live(values, read.value)
          const counting = this.counting(read.reader, batch, presence)
          tidy(() => {
            const [, total] = asRows(value, read.channelAxis).shape as [number, number, number]
            const all = Int32Array.from({ length: total }, (_, i) => i)
            this.units.addActivation(read, value, counting?.(total, all) ?? null)
          })
        }
      }
      this.maps.add(values)
    } finally {
      disposeValues(values)
    }
    if (gradients) this.gateBatch(batch, inputs, index)
  }

  /** What was seen; the observer has done its work. */
  take(): ObservedPart {
    const layers = [...this.observers].map(
      ([name, observer]) => [name, { form: this.forms.get(name) as LayerForm, seen: observer.sums.take() }] as const,
    )
    const recurrent = [...this.recurrentObservers].map(([name, observer]) => [name, observer.sums.take()] as const)
    return {
      layers: new Map(layers),
      recurrent: new Map(recurrent),
      units: this.units.finish(),
      maps: this.maps.take(),
    }
  }

  dispose(): void {
    for (const observer of [...this.observers.values(), ...this.recurrentObservers.values()]) observer.sums.dispose()
  }

  private wantedValues(): string[] {
    return [...new Set([...this.reads.map((read) => read.value), ...this.recurrent.flatMap(recurrentSources)])]
  }

  /** Which of a layer's rows count in this batch. */
  private counting(layer: Layer, batch: Batch, presence: Presence | null): CountingRows {
    if (!presence || !this.places.ignores(layer.output)) return null
    return (total, positions) => this.places.counting(layer, batch.count, presence, total, positions)
  }

  /** A and G of every layer from one batch. `gradients` is null where only A is wanted. */
  private withLayers(batch: Batch, values: LiveValues, gradients: LiveValues | null, index: number): void {
    const presence = this.places.presence(batch)
    for (const layer of this.recurrent) {
      const { name } = layer.node
      let observer = this.recurrentObservers.get(name)
      if (!observer) {
        observer = recurrentObserverOf(layer, this.task)
        this.recurrentObservers.set(name, observer)
      }
      const observing = observer
      const ignored = recurrentTaps(layer).every((tap) => this.places.ignores(tap))
      tidy(() => {
        const pick = (from: LiveValues) => (value: string) => live(from, value)
        observing.add(
          pick(values),
          gradients && pick(gradients),
          ignored ? presence : null,
          batch.count,
          this.random(`positions/${name}/${index}`),
        )
      })
    }
    for (const layer of this.layers) {
      const input = live(values, layer.input)
      const output = live(gradients ?? values, layer.output)
      const { name } = layer.node
      let observer = this.observers.get(name)
      if (!observer) {
        const isExact = gradients !== null && this.isExact(layer, output, batch)
        this.forms.set(name, { extents: extentsOfLayer(layer, input, output), isExact })
        observer = observerOf(this.session.graph, layer, this.forms.get(name) as LayerForm, this.task)
        this.observers.set(name, observer)
      }
      const observing = observer
      const counting = this.counting(layer, batch, presence)
      const random = this.random(`positions/${name}/${index}`)
      tidy(() => observing.addInput(input, batch.count, random, counting))
      if (gradients) tidy(() => observing.addGradient(output, batch.count, counting))
    }
  }

  /** Whether an operator emits the logits, at one position. */
  private isExact(layer: Layer, { tensor }: LiveValue, batch: Batch): boolean {
    return layer.output === this.logits && tensor.rank === 2 && tensor.shape[0] === batch.count
  }

  private gateBatch(batch: Batch, inputs: string[], index: number): void {
    const labels = this.task.request.gradientOf === 'sampled' ? null : batch.labels
    if (labels === null && this.task.request.gradientOf === 'labels') {
      throw new EspalierError(
        'DATA_INVALID',
        'The gradient of the loss needs labels, but the data has none. Use data with labels or another criterion.',
      )
    }
    const random = this.random(`labels/${index}`)
    const presence = this.places.presence(batch)
    const result = this.session.backward(batch.inputs, {
      of: this.logits,
      seed: (value) => lossVector(value, this.form, labels, random, this.places.asked(value, presence)),
      taps: [...new Set([...this.reads.map((read) => read.value), ...this.recurrent.flatMap(recurrentTaps)])],
      values: inputs,
    })
    try {
      tidy(() => {
        const [values, gradients] = [result.values, result.gradients].map((from) => (name: string) => live(from, name))
        if (!values || !gradients) return
        const products = this.reads.map((read) => {
          const places = this.places.rows(read.value, read.channelAxis, batch.count)
          return gateProducts(read, values(read.value), gradients(read.value), places)
        })
        const states = this.recurrent.flatMap((layer) =>
          stateGates(this.session.graph, layer, values, gradients, batch.count),
        )
        this.units.addGates([...products, ...states], batch.count)
      })
    } finally {
      result.of.tensor.dispose()
      disposeValues(result.values)
      disposeValues(result.gradients)
    }
  }
}

/** Every value that linear operators read, once. */
export function readValues(layers: readonly Layer[], recurrent: readonly RecurrentLayer[]): ReadValue[] {
  const result = new Map<string, ReadValue>()
  for (const layer of recurrent) {
    const units = layer.inputUnits.subarray(0, layer.inputUnits.length - layer.outputUnits.length)
    if (!units.some((unit) => unit !== 0)) continue
    result.set(layer.input, { value: layer.input, units, channelAxis: -1, reader: layer })
  }
  for (const layer of layers) {
    const channelAxis = layer.kind === 'conv' ? 1 : -1
    if (!result.has(layer.input)) {
      result.set(layer.input, { value: layer.input, units: layer.inputUnits, channelAxis, reader: layer })
    }
  }
  return [...result.values()]
}

export function live(values: LiveValues, name: string): LiveValue {
  const value = values.get(name)
  if (value) return value
  throw new EspalierError('INTERNAL', `The value "${name}" was not computed.`)
}

export interface ObservationSetup {
  readonly network: GraphParts
  readonly places: KnownPlaces
  readonly task: ObservingTask
}

export interface ObservedBatch {
  readonly part: number
  readonly batch: Batch
  /** Of the batch in the whole pass. */
  readonly index: number
  /** Whether the part ends with it. */
  readonly ends: boolean
}

/** Observes parts batch by batch, and answers the last batch of each with what was seen. */
export const observationPiece: Piece<ObservationSetup, ObservedBatch, ObservedPart | null> = {
  name: 'observation',
  open({ network, places, task }) {
    const graph = new Graph(network)
    const session = createSession(graph, { fuse: false })
    const known = new Places(graph, places)
    let observer: PartObserver | null = null
    let current = -1
    return {
      run({ part, batch, index, ends }) {
        if (part !== current) {
          observer?.dispose()
          observer = new PartObserver(session, known, task, part * batchesOfPart * task.options.batch)
          current = part
        }
        observer?.add(batch, index)
        return ends && observer ? observer.take() : null
      },
      dispose() {
        observer?.dispose()
        session.dispose()
      },
    }
  },
}

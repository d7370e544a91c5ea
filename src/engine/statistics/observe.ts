/** Steps 1 and 2: one pass over the calibration samples for everything that data-driven strategies ask for. */
import { EspalierError } from '../../contract/errors'
import type { Coupling, Layer } from '../coupling/index'
import { stream } from '../data/rng'
import type { Batch, Selection } from '../data/types'
import type { Graph } from '../graph/graph'
import { createSession, disposeValues, logitsValue } from '../runtime/index'
import { pause } from '../runtime/pause'
import { tidy } from '../runtime/tensors'
import type { LiveValue, LiveValues, Session } from '../runtime/types'
import { gateProducts, type ReadValue, UnitSums } from './gates'
import { type CountingRows, LayerObserver } from './layer-observer'
import { isObservable, shapeOfLayer } from './linear-layer'
import { MapKeeper } from './maps'
import { Places, type Presence } from './places'
import { correlationOf, LayerPropagation } from './propagation'
import { type RecurrentLayer, recurrentLayers } from './recurrent-layer'
import { RecurrentObserver, recurrentSources, recurrentTaps, stateGates } from './recurrent-observer'
import { fisherVector, logitVector, lossVector, type ResultForm } from './result'
import { asRows } from './rows'
import type { LayerStatistics, ObserveOptions, Statistics, StatisticsRequest } from './types'

export interface ObserveHooks {
  /** Checked between batches. */
  readonly signal?: AbortSignal
  /** Share of the pass that is done, 0..1. */
  readonly progress?: (fraction: number) => void
}

/** Samples that tell what is padding. */
const trialSamples = 256

const defaults = { positions: 24, maxRows: 2000, propagationSamples: 128 } as const

/** Linear operators whose input units can be priced. */
export const pricedLayers = (coupling: Coupling): Layer[] =>
  coupling.layers.filter((layer) => isObservable(layer) && layer.inputUnits.some((unit) => unit !== 0))

/**
 * Runs the calibration samples through the network once (and a part of them a second time where propagation is asked
 * for). The backend must have been started. Deterministic for a seed on one backend.
 * @param graph with inferred shapes; `coupling` was analysed on this very graph.
 * @throws CANCELLED between batches, DATA_TOO_FEW_SAMPLES without samples, MODEL_NON_FINITE where activations are not
 * finite.
 */
export async function observe(
  graph: Graph,
  coupling: Coupling,
  calibration: Selection,
  request: StatisticsRequest,
  options: ObserveOptions,
  hooks: ObserveHooks = {},
): Promise<Statistics> {
  if (calibration.indices.length === 0) {
    throw new EspalierError('DATA_TOO_FEW_SAMPLES', 'There are no calibration samples, so nothing can be observed.')
  }
  const session = createSession(graph, { fuse: false })
  try {
    const pass = new Pass(session, coupling, calibration, request, options, hooks)
    try {
      return await pass.run()
    } finally {
      pass.dispose()
    }
  } finally {
    session.dispose()
  }
}

class Pass {
  private readonly layers: Layer[]
  private readonly observers = new Map<string, LayerObserver>()
  private readonly recurrent: RecurrentLayer[]
  private readonly recurrentObservers = new Map<string, RecurrentObserver>()
  private readonly places: Places
  private readonly form: ResultForm
  private readonly reads: ReadValue[]
  private readonly units: UnitSums
  private readonly maps: MapKeeper
  private readonly logits: string
  private readonly done: () => void
  private readonly propagationSamples: number

  constructor(
    private readonly session: Session,
    private readonly coupling: Coupling,
    private readonly calibration: Selection,
    private readonly request: StatisticsRequest,
    private readonly options: ObserveOptions,
    private readonly hooks: ObserveHooks,
  ) {
    this.layers = pricedLayers(coupling)
    const { graph } = session
    this.recurrent = recurrentLayers(graph, coupling).filter((layer) => layer.inputUnits.some((unit) => unit !== 0))
    this.reads = readValues(this.layers, this.recurrent)
    this.places = new Places(graph, calibration.table.read(calibration.indices.subarray(0, trialSamples)))
    const { result, classesLast = false } = options
    this.form = { kind: result, classesLast }
    this.units = new UnitSums(coupling.units, request.activations, request.gradients)
    this.maps = new MapKeeper(this.reads, request.keepMaps ?? 0)
    this.logits = logitsValue(session.graph)
    const wish = options.propagationSamples ?? defaults.propagationSamples
    this.propagationSamples = request.propagation ? Math.min(wish, calibration.indices.length) : 0
    const total = this.batches(calibration.indices.length) + this.batches(this.propagationSamples)
    let count = 0
    this.done = () => hooks.progress?.(Math.min(1, ++count / total))
  }

  private batches(samples: number): number {
    return Math.ceil(samples / this.options.batch)
  }

  async run(): Promise<Statistics> {
    const { moments, sensitivity, activations, gradients, keepMaps = 0 } = this.request
    if (this.places.padded) {
      const taps = [...this.layers.map((layer) => layer.output), ...this.recurrent.flatMap(recurrentTaps)]
      this.places.learn(this.session, [...new Set(taps)], this.calibration, this.form, this.random('padding'))
    }
    const first = moments || sensitivity || activations || gradients || keepMaps > 0
    if (first) {
      await this.eachBatch(this.calibration.indices.length, (batch, index) => this.observeBatch(batch, index))
    }
    const layers = new Map<string, LayerStatistics>()
    for (const [name, observer] of this.observers) {
      layers.set(name, observer.finish())
      await pause()
    }
    const propagation = await this.propagate(layers)
    const all = new Map(propagation.layers)
    for (const [name, observer] of this.recurrentObservers) {
      all.set(name, observer.finish())
      await pause()
    }
    return {
      samples: this.calibration.indices.length,
      layers: all,
      units: this.units.finish(),
      maps: this.maps.finish(),
      nats: propagation.nats,
      correlation: propagation.correlation,
    }
  }

  dispose(): void {
    for (const observer of [...this.observers.values(), ...this.recurrentObservers.values()]) observer.dispose()
  }

  private async eachBatch(samples: number, visit: (batch: Batch, index: number) => void): Promise<void> {
    const { indices, table } = this.calibration
    for (let start = 0, index = 0; start < samples; start += this.options.batch, index++) {
      if (this.hooks.signal?.aborted) throw new EspalierError('CANCELLED', 'The observation was cancelled.')
      visit(table.read(indices.subarray(start, Math.min(start + this.options.batch, samples))), index)
      this.done()
      await pause()
    }
  }

  private random(purpose: string): () => number {
    return stream(this.options.seed, purpose)
  }

  private wantedValues(): string[] {
    return [...new Set([...this.reads.map((read) => read.value), ...this.recurrent.flatMap(recurrentSources)])]
  }

  /** Which of a layer's rows count in this batch. */
  private counting(layer: Layer, batch: Batch, presence: Presence | null): CountingRows {
    if (!presence || !this.places.ignores(layer.output)) return null
    return (total, positions) => this.places.counting(layer, batch.count, presence, total, positions)
  }

  private observeBatch(batch: Batch, index: number): void {
    const { moments, sensitivity, activations, gradients } = this.request
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
        this.withLayers(batch, values, result.gradients, moments, index)
      } finally {
        disposeValues(result.gradients)
      }
    } else {
      values = this.session.forward(batch.inputs, [...inputs, ...(moments ? outputs : [])])
      if (moments) this.withLayers(batch, values, null, true, index)
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

  /** A and G of every layer from one batch. `gradients` is null where only A is wanted. */
  private withLayers(
    batch: Batch,
    values: LiveValues,
    gradients: LiveValues | null,
    moments: boolean,
    index: number,
  ): void {
    const { positions = defaults.positions, maxRows = defaults.maxRows } = this.options
    const presence = this.places.presence(batch)
    for (const layer of this.recurrent) {
      const { name } = layer.node
      let observer = this.recurrentObservers.get(name)
      if (!observer) {
        observer = new RecurrentObserver(layer, { positions, moments, sensitivity: gradients !== null })
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
        const { samples } = { samples: this.calibration.indices.length }
        const exact = gradients ? this.exactSensitivity(layer, output, batch) : null
        const wanted = { positions, maxRows, samples, moments, sensitivity: gradients !== null, exact }
        observer = new LayerObserver(this.session.graph, layer, wanted, input, output)
        this.observers.set(name, observer)
      }
      const observing = observer
      const counting = this.counting(layer, batch, presence)
      const random = this.random(`positions/${name}/${index}`)
      tidy(() => observing.addInput(input, batch.count, random, counting))
      if (gradients) tidy(() => observing.addGradient(output, batch.count, counting))
    }
  }

  /** G of an operator that emits the logits at one position is known: I - 11^T/K, or I where nothing is centred. */
  private exactSensitivity(layer: Layer, output: LiveValue, batch: Batch): Float64Array | null {
    const { rank, shape } = output.tensor
    if (layer.output !== this.logits || rank !== 2 || shape[0] !== batch.count) return null
    const k = shapeOfLayer(this.session.graph, layer).outputs
    const off = this.options.result === 'softmax' ? 1 / k : 0
    return Float64Array.from({ length: k * k }, (_, i) => (i % (k + 1) === 0 ? 1 : 0) - off)
  }

  private gateBatch(batch: Batch, inputs: string[], index: number): void {
    const labels = this.request.gradientOf === 'sampled' ? null : batch.labels
    if (labels === null && this.request.gradientOf === 'labels') {
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

  private async propagate(layers: Map<string, LayerStatistics>) {
    const nothing = { layers, nats: 1, correlation: { groups: [], values: [] } }
    if (this.propagationSamples === 0 || layers.size === 0) return nothing
    const { units } = this.coupling
    const changes = new Float64Array(this.propagationSamples * (units + 1))
    // Rows that are not sorted by samples do not tell whose change they are.
    const sorted = [...layers].filter(([, { layer }]) => this.places.samplesFirst(layer.output))
    const inputs = sorted.map(([, { layer }]) => layer.input)
    const outputs = [...new Set(sorted.map(([, { layer }]) => layer.output))]
    const propagations = new Map(
      sorted.map(([name, statistics]) => [name, new LayerPropagation(this.session.graph, statistics)] as const),
    )
    let before = 0
    await this.eachBatch(this.propagationSamples, (batch, index) => {
      const backward = (seed: (value: LiveValue) => ReturnType<typeof logitVector>, values: string[]) => {
        const result = this.session.backward(batch.inputs, { of: this.logits, seed, taps: outputs, values })
        result.of.tensor.dispose()
        return result
      }
      const { form } = this
      const presence = this.places.presence(batch)
      const random = this.random(`propagation/${index}`)
      const asked = (value: LiveValue) => this.places.asked(value, presence)
      const logits = backward((value) => logitVector(value, form, random, asked(value)), [...new Set(inputs)])
      const fisher = backward((value) => fisherVector(value, form, random, asked(value)), [])
      const part = changes.subarray(before * (units + 1), (before + batch.count) * (units + 1))
      try {
        for (const [name, propagation] of propagations) {
          const layer = layers.get(name)?.layer as Layer
          const places = this.random(`propagation/${name}/${index}`)
          tidy(() => {
            const gradient = live(logits.gradients, layer.output)
            const other = live(fisher.gradients, layer.output)
            propagation.addBatch(live(logits.values, layer.input), gradient, other, part, units, places)
          })
        }
      } finally {
        for (const values of [logits.values, logits.gradients, fisher.values, fisher.gradients]) disposeValues(values)
      }
      before += batch.count
    })
    let logits = 0
    let fisher = 0
    for (const propagation of propagations.values()) {
      logits += propagation.totals.logits
      fisher += propagation.totals.fisher
    }
    return {
      layers: new Map(
        [...layers].map(([name, statistics]) => [name, { ...statistics, kappa: propagations.get(name)?.kappa ?? 1 }]),
      ),
      nats: logits > 0 && fisher > 0 ? fisher / logits : 1,
      correlation: correlationOf(this.coupling, changes, this.propagationSamples),
    }
  }
}

/** Every value that linear operators read, once. */
function readValues(layers: readonly Layer[], recurrent: readonly RecurrentLayer[]): ReadValue[] {
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

function live(values: LiveValues, name: string): LiveValue {
  const value = values.get(name)
  if (value) return value
  throw new EspalierError('INTERNAL', `The value "${name}" was not computed.`)
}

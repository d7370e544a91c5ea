/** Steps 1 and 2: one pass over the calibration samples for everything that data-driven strategies ask for. */
import { EspalierError } from '../../contract/errors'
import type { Coupling, Layer } from '../coupling/index'
import { stream } from '../data/rng'
import type { Batch, Selection } from '../data/types'
import type { Graph } from '../graph/graph'
import { createSession, disposeValues, logitsValue } from '../runtime/index'
import { tidy } from '../runtime/tensors'
import type { LiveValue, LiveValues, Session } from '../runtime/types'
import { type ReadValue, UnitSums } from './gates'
import { LayerObserver } from './layer-observer'
import { isObservable, shapeOfLayer } from './linear-layer'
import { MapKeeper } from './maps'
import { correlationOf, LayerPropagation } from './propagation'
import { fisherVector, logitVector, lossVector } from './result'
import type { LayerStatistics, ObserveOptions, Statistics, StatisticsRequest } from './types'

export interface ObserveHooks {
  /** Checked between batches. */
  readonly signal?: AbortSignal
  /** Share of the pass that is done, 0..1. */
  readonly progress?: (fraction: number) => void
}

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
    return await new Pass(session, coupling, calibration, request, options, hooks).run()
  } finally {
    session.dispose()
  }
}

class Pass {
  private readonly layers: Layer[]
  private readonly observers = new Map<string, LayerObserver>()
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
    this.reads = readValues(this.layers)
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
    return {
      samples: this.calibration.indices.length,
      layers: propagation.layers,
      units: this.units.finish(),
      maps: this.maps.finish(),
      nats: propagation.nats,
      correlation: propagation.correlation,
    }
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

  private observeBatch(batch: Batch, index: number): void {
    const { moments, sensitivity, activations, gradients } = this.request
    const inputs = [...new Set(this.reads.map((read) => read.value))]
    const outputs = this.layers.map((layer) => layer.output)
    let values: LiveValues
    if (sensitivity) {
      const random = this.random(`sensitivity/${index}`)
      const result = this.session.backward(batch.inputs, {
        of: this.logits,
        seed: (value) => logitVector(value, this.options.result, random),
        taps: [...new Set(outputs)],
        values: inputs,
      })
      result.of.tensor.dispose()
      values = result.values
      try {
        this.withLayers(values, result.gradients, moments, index)
      } finally {
        disposeValues(result.gradients)
      }
    } else {
      values = this.session.forward(batch.inputs, [...inputs, ...(moments ? outputs : [])])
      if (moments) this.withLayers(values, null, true, index)
    }
    try {
      if (activations || gradients) {
        for (const read of this.reads) tidy(() => this.units.addActivation(read, live(values, read.value)))
      }
      this.maps.add(values)
    } finally {
      disposeValues(values)
    }
    if (gradients) this.gateBatch(batch, inputs, index)
  }

  /** A and G of every layer from one batch. `gradients` is null where only A is wanted. */
  private withLayers(values: LiveValues, gradients: LiveValues | null, moments: boolean, index: number): void {
    const { positions = defaults.positions, maxRows = defaults.maxRows } = this.options
    for (const layer of this.layers) {
      const input = live(values, layer.input)
      const output = live(gradients ?? values, layer.output)
      const { name } = layer.node
      let observer = this.observers.get(name)
      if (!observer) {
        const { samples } = { samples: this.calibration.indices.length }
        const exact = gradients ? this.exactSensitivity(layer, output) : null
        const wanted = { positions, maxRows, samples, moments, sensitivity: gradients !== null, exact }
        observer = new LayerObserver(this.session.graph, layer, wanted, input, output)
        this.observers.set(name, observer)
      }
      const observing = observer
      tidy(() => observing.addInput(input, this.random(`positions/${name}/${index}`)))
      if (gradients) tidy(() => observing.addGradient(output))
    }
  }

  /** G of an operator that emits the logits at one position is known: I - 11^T/K, or I where nothing is centred. */
  private exactSensitivity(layer: Layer, output: LiveValue): Float64Array | null {
    if (layer.output !== this.logits || output.tensor.rank !== 2) return null
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
    const result = this.session.backward(batch.inputs, {
      of: this.logits,
      seed: (value) => lossVector(value, this.options.result, labels, random),
      taps: inputs,
      values: inputs,
    })
    try {
      tidy(() => {
        this.units.addGates(
          this.reads.map((read) => ({
            read,
            live: live(result.values, read.value),
            gradient: live(result.gradients, read.value),
          })),
        )
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
    const inputs = this.layers.map((layer) => layer.input)
    const outputs = [...new Set(this.layers.map((layer) => layer.output))]
    const propagations = new Map(
      [...layers].map(([name, statistics]) => [name, new LayerPropagation(this.session.graph, statistics)] as const),
    )
    let before = 0
    await this.eachBatch(this.propagationSamples, (batch, index) => {
      const backward = (seed: (value: LiveValue) => ReturnType<typeof logitVector>, values: string[]) => {
        const result = this.session.backward(batch.inputs, { of: this.logits, seed, taps: outputs, values })
        result.of.tensor.dispose()
        return result
      }
      const { result: kind } = this.options
      const random = this.random(`propagation/${index}`)
      const logits = backward((value) => logitVector(value, kind, random), [...new Set(inputs)])
      const fisher = backward((value) => fisherVector(value, kind, random), [])
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
function readValues(layers: readonly Layer[]): ReadValue[] {
  const result = new Map<string, ReadValue>()
  for (const layer of layers) {
    const channelAxis = layer.kind === 'conv' ? 1 : -1
    if (!result.has(layer.input)) {
      result.set(layer.input, { value: layer.input, units: layer.inputUnits, channelAxis })
    }
  }
  return [...result.values()]
}

function live(values: LiveValues, name: string): LiveValue {
  const value = values.get(name)
  if (value) return value
  throw new EspalierError('INTERNAL', `The value "${name}" was not computed.`)
}

/** Lets timers and messages (a cancel) through between batches. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

/** Steps 1 and 2: one pass over the calibration samples for everything that data-driven strategies ask for. */
import { EspalierError } from '../../contract/errors'
import type { Coupling, Layer } from '../coupling/index'
import { stream } from '../data/rng'
import type { Batch, Selection } from '../data/types'
import { costOf } from '../evaluation/cost'
import type { Graph } from '../graph/graph'
import { createSession, disposeValues, logitsValue } from '../runtime/index'
import { Crew, inOrder, plainGraph, workersFor } from '../runtime/parallel'
import { pause } from '../runtime/pause'
import { tidy } from '../runtime/tensors'
import type { LiveValue, Session } from '../runtime/types'
import { UnitSums } from './gates'
import type { LayerObserver } from './layer-observer'
import { MapKeeper } from './maps'
import {
  batchesOfPart,
  live,
  type ObservationSetup,
  type ObservedBatch,
  type ObservedPart,
  type ObservingTask,
  observationPiece,
  observedRecurrent,
  observerOf,
  PartObserver,
  pricedLayers,
  readValues,
  recurrentObserverOf,
  sampleForm,
} from './part'
import { Places } from './places'
import { correlationOf, LayerPropagation } from './propagation'
import type { RecurrentLayer } from './recurrent-layer'
import { type RecurrentObserver, recurrentTaps } from './recurrent-observer'
import { fisherVector, logitVector, type ResultForm } from './result'
import { SumObserver, sumsOverUnits } from './sums'
import type { LayerStatistics, ObserveOptions, Statistics, StatisticsRequest, SumStatistics } from './types'

export interface ObserveHooks {
  /** Checked between batches. */
  readonly signal?: AbortSignal
  /** Share of the pass that is done, 0..1. */
  readonly progress?: (fraction: number) => void
}

/** Samples that tell what is padding. */
const trialSamples = 256

/** Samples of the second pass. */
const propagated = 128

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

/** A last batch, which may be smaller, is never a part of its own: the first batch of a part shows the extents of its maps. */
const partsOf = (batches: number): number => Math.max(1, Math.ceil((batches - 1) / batchesOfPart))

type ObservationCrew = Crew<ObservationSetup, ObservedBatch, ObservedPart | null>

class Pass {
  private readonly layers: Layer[]
  private readonly observers = new Map<string, LayerObserver>()
  private readonly recurrent: RecurrentLayer[]
  private readonly recurrentObservers = new Map<string, RecurrentObserver>()
  private readonly places: Places
  private readonly form: ResultForm
  private readonly units: UnitSums
  private readonly maps: MapKeeper
  private readonly logits: string
  private readonly done: () => void
  private readonly propagationSamples: number
  private readonly task: ObservingTask

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
    this.recurrent = observedRecurrent(graph, coupling)
    this.places = new Places(graph, calibration.table.read(calibration.indices.subarray(0, trialSamples)))
    this.form = sampleForm(options)
    this.units = new UnitSums(coupling.units, request.activations, request.gradients)
    this.maps = new MapKeeper(readValues(this.layers, this.recurrent), request.keepMaps ?? 0)
    this.logits = logitsValue(session.graph)
    const wish = options.propagationSamples ?? propagated
    this.propagationSamples = request.propagation ? Math.min(wish, calibration.indices.length) : 0
    this.task = { coupling, request, options, samples: calibration.indices.length }
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
    if (moments || sensitivity || activations || gradients || keepMaps > 0) await this.observeParts()
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
      sums: moments && sensitivity ? await this.observeSums() : [],
      units: this.units.finish(),
      maps: this.maps.finish(),
      nats: propagation.nats,
      correlation: propagation.correlation,
    }
  }

  /** What units are worth that only products and sums read, from the samples of the second pass. */
  private async observeSums(): Promise<SumStatistics[]> {
    const over = sumsOverUnits(this.session.graph, this.coupling).map((each) => ({
      ...each,
      observer: new SumObserver(each),
    }))
    const samples = Math.min(this.options.propagationSamples ?? propagated, this.calibration.indices.length)
    for (let index = 0; over.length > 0 && index < this.batches(samples); index++) {
      const batch = this.read(index, samples)
      const presence = this.places.presence(batch)
      const random = this.random(`sums/${index}`)
      const { of, values, gradients } = this.session.backward(batch.inputs, {
        of: this.logits,
        seed: (value) => logitVector(value, this.form, random, this.places.asked(value, presence)),
        taps: over.map(({ output }) => output),
        values: [...new Set(over.flatMap(({ inputs }) => inputs))],
      })
      for (const { inputs, output, observer } of over) {
        const operands = inputs.map((name) => live(values, name))
        observer.add(operands, live(gradients, output), batch.count)
      }
      of.tensor.dispose()
      for (const each of [values, gradients]) disposeValues(each)
      await pause()
    }
    return over.map(({ observer }) => observer.finish())
  }

  dispose(): void {
    for (const observer of [...this.observers.values(), ...this.recurrentObservers.values()]) observer.sums.dispose()
  }

  /** The first pass, part by part: on the workers where there are some and it is worth it, with the same bytes. */
  private async observeParts(): Promise<void> {
    const batches = this.batches(this.calibration.indices.length)
    const parts = Array.from({ length: partsOf(batches) }, (_, part) => part)
    // Forward, and twice as much back where gradients are wanted.
    const passes = (this.request.sensitivity ? 3 : 1) + (this.request.gradients ? 3 : 0)
    const macs = passes * costOf(this.session.graph).macs * this.calibration.indices.length
    const workers = parts.length > 1 ? workersFor(macs) : null
    if (!workers) {
      for (const part of parts) this.put(await this.observeHere(part))
      return
    }
    const setup = { network: plainGraph(this.session.graph), places: this.places.plain, task: this.task }
    const crew = new Crew(observationPiece, setup, workers)
    try {
      // One more than is worked on, so that nobody waits for a slow one.
      const seen = inOrder(
        parts,
        (part) => this.observeElsewhere(crew, part),
        () => workers.size + 1,
      )
      for await (const [, part] of seen) this.put(part)
    } finally {
      crew.dispose()
    }
  }

  /** The batches of a part by their place in the pass. */
  private batchesOf(part: number): number[] {
    const all = this.batches(this.calibration.indices.length)
    const first = part * batchesOfPart
    const end = part === partsOf(all) - 1 ? all : first + batchesOfPart
    return Array.from({ length: end - first }, (_, i) => first + i)
  }

  private async observeHere(part: number): Promise<ObservedPart> {
    const observer = new PartObserver(this.session, this.places, this.task, part * batchesOfPart * this.options.batch)
    try {
      for (const index of this.batchesOf(part)) {
        observer.add(this.read(index), index)
        this.done()
        await pause()
      }
      return observer.take()
    } finally {
      observer.dispose()
    }
  }

  /** Two batches at once: one that is worked on, and one that waits. */
  private observeElsewhere(crew: ObservationCrew, part: number): Promise<ObservedPart> {
    return crew.onOne(async (call) => {
      const indices = this.batchesOf(part)
      const answers: Promise<ObservedPart | null>[] = []
      for (const [i, index] of indices.entries()) {
        const answer = call({ part, batch: this.read(index), index, ends: i === indices.length - 1 })
        answer.catch(() => {})
        answers.push(answer)
        if (i > 0) await answers[i - 1]
      }
      const seen = (await answers.at(-1)) as ObservedPart
      for (const _ of indices) this.done()
      return seen
    })
  }

  /** @param samples of the pass */
  private read(index: number, samples = this.calibration.indices.length): Batch {
    if (this.hooks.signal?.aborted) throw new EspalierError('CANCELLED', 'The observation was cancelled.')
    const { table, indices } = this.calibration
    const { batch } = this.options
    return table.read(indices.subarray(index * batch, Math.min((index + 1) * batch, samples)))
  }

  /** Adds what a part saw; parts come in order. */
  private put({ layers, recurrent, units, maps }: ObservedPart): void {
    const { graph } = this.session
    for (const layer of this.layers) {
      const { name } = layer.node
      const part = layers.get(name)
      if (!part) continue
      const observer = this.observers.get(name) ?? observerOf(graph, layer, part.form, this.task)
      this.observers.set(name, observer)
      observer.sums.put(part.seen)
    }
    for (const layer of this.recurrent) {
      const { name } = layer.node
      const seen = recurrent.get(name)
      if (!seen) continue
      const observer = this.recurrentObservers.get(name) ?? recurrentObserverOf(layer, this.task)
      this.recurrentObservers.set(name, observer)
      observer.sums.put(seen)
    }
    this.units.put(units)
    this.maps.put(maps)
  }

  private random(purpose: string): () => number {
    return stream(this.options.seed, purpose)
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
    for (let index = 0; index < this.batches(this.propagationSamples); index++) {
      const batch = this.read(index, this.propagationSamples)
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
      this.done()
      await pause()
    }
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

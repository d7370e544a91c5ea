/** The refit on the result: all parameters of the smaller network together, towards what the original answers. */
import { EspalierError } from '../../contract/errors'
import { stream } from '../data/rng'
import type { Selection } from '../data/types'
import type { Graph } from '../graph/graph'
import { inferShapes } from '../ops/infer'
import { samplesAtOnce, type WorkerPool } from '../runtime/index'
import { createParameterSession, type ParameterSession } from '../runtime/parameter-session'
import { pause } from '../runtime/pause'
import { tidy } from '../runtime/tensors'
import { foldBatchNorm } from './folded-batch-norm'
import { mixed } from './mixing'
import { batchOfStep, mostSteps, shareOfSteps, withinPasses } from './refit-steps'
import { type ResultGradients, resultGradients, Teacher } from './result-gradients'
import { type ResultForm, resultLoss } from './result-loss'
import { type Mover, moversOf } from './whitened-step'

export interface ResultRefitOptions {
  readonly form: ResultForm
  readonly seed: number
  /** Samples a step. Default 128. */
  readonly batch?: number
  /**
   * Steps at most: fewer where little is to be regained, and so few that a sample is seen 20 times at
   * most, or 100 times where the network is far from the original; but at least 96.
   * Default 1,024.
   */
  readonly steps?: number
  /**
   * Step relative to the size of what is moved; falls to zero in a line. Default: as `rateFor` says of the divergence at
   * the start.
   */
  readonly rate?: number
  /** Softens both distributions. Default 2. */
  readonly temperature?: number
  /**
   * Mixtures that the original is asked about, each a copy of the samples; 0: the samples as they are. Default: half the
   * passes where a sample would be seen more than six times, else 0.
   */
  readonly mixtures?: number
  /** Further samples of the same table, which the network that is handed in has not been fitted to. None of them is needed. */
  readonly more?: Int32Array
  /** What feature maps of the original may take at once; a step beyond it is computed in parts. Default 1 GiB. */
  readonly memoryBytes?: number
  /** Workers that share a step; none: this thread alone. */
  readonly workers?: WorkerPool | null
}

/** Where the refit stands after a quarter of its steps. */
export interface ResultRefitState {
  readonly step: number
  readonly rate: number
  /** Divergence on held-out samples of the best numbers so far, and these. */
  readonly best: number
  readonly numbers: readonly Float32Array[]
  readonly current: readonly Float32Array[]
  readonly memory: readonly (readonly Float32Array[])[]
}

export interface ResultRefitHooks {
  readonly signal?: AbortSignal
  readonly progress?: (fraction: number) => void
  /** The state an interrupted refit left, or null. */
  readonly load?: () => Promise<ResultRefitState | null>
  readonly save?: (state: ResultRefitState) => Promise<void>
}

/** Samples by which it is tried whether a batch may be shared. */
const SOME = 8

const TEMPERATURE = 2
/**
 * Up to so many passes the samples themselves tell more than mixtures of them; with more, the network would learn them
 * by heart.
 */
const PASSES_UNMIXED = 6
/** Steps in which the rate grows, at most, and as a share of few. */
const WARM_STEPS = 10
const WARM_SHARE = 1 / 4
const STOPS = 4
/** Samples that are not fitted but choose among what was reached, as a share of those for calibration, and the most there may be. */
const HELD_OUT = 1 / 8
const MOST_HELD_OUT = 256
/** With fewer calibration samples nothing can be told on held-out ones. */
const FEWEST_SAMPLES = 64
/**
 * What a step changes of the result grows with its square: it should be no larger than what is to be regained, so the
 * rate goes with the root of the divergence.
 */
const rateFor = (divergence: number): number => Math.min(0.11, Math.max(0.005, 0.11 * Math.sqrt(divergence)))

/** How much smaller a second attempt's steps are. */
const SMALLER = 1 / 4

/**
 * Minimises the divergence of the result from the original's over the calibration samples and mixtures of them, starting
 * from a network that was refitted in closed form. Iterative, by gradients; needs no labels. Some samples are
 * held out: of four stops on the way the best by the divergence there is what comes back, and the given network where none is
 * better.
 * Deterministic for a seed on one backend.
 * @param original with inferred shapes; `start` is a smaller form of it.
 * @throws CANCELLED, MODEL_UNSUPPORTED_OPERATOR, MODEL_UNSUPPORTED_FEATURE where gradients cannot be had.
 */
export async function resultRefit(
  original: Graph,
  start: Graph,
  calibration: Selection,
  options: ResultRefitOptions,
  hooks: ResultRefitHooks = {},
): Promise<Graph> {
  const { indices, table } = calibration
  if (!isResultRefittable(calibration)) return start
  const { fitted, heldOut } = parted(calibration, options.more ?? new Int32Array())
  const folded = foldBatchNorm(start)
  const graph = inferShapes(folded.graph)
  const session = createParameterSession(graph, table.read(indices.subarray(0, 1)).inputs)
  const teacher = new Teacher(original)
  let gradients: ResultGradients | null = null
  try {
    if (session.names.length === 0) return start
    const some = table.read(indices.subarray(0, SOME)).inputs
    const batch = options.batch ?? batchOfStep
    const atOnce = samplesAtOnce(original, batch, options.memoryBytes)
    const question = { form: options.form, temperature: options.temperature ?? TEMPERATURE, atOnce }
    gradients = await resultGradients(original, graph, some, session, teacher, question, batch, options.workers ?? null)
    const refit = new ResultRefit(graph, session, teacher, gradients, fitted, heldOut, atOnce, options, hooks)
    return (await refit.run()) ? folded.unfold(session.toGraph()) : start
  } finally {
    gradients?.dispose()
    session.dispose()
    teacher.dispose()
  }
}

/** What several trials of smaller forms of one network share, so that the original answers once. */
export interface TrialGround {
  readonly teacher: Teacher
  readonly fitted: Selection
  readonly heldOut: Selection
}

export interface TrialOptions {
  readonly form: ResultForm
  readonly seed: number
  /** All of them are made. */
  readonly steps: number
}

/** Samples by which a trial learns how its parameters move. */
const TRIAL_SAMPLES = 256

/** Whether there are samples enough for a refit on the result. */
export const isResultRefittable = ({ indices }: Selection): boolean => indices.length >= FEWEST_SAMPLES

/** The samples of trials of so many steps, each of which sees samples of its own while there are some. */
export function trialSamples(calibration: Selection, more: Int32Array, steps: number): Omit<TrialGround, 'teacher'> {
  const { fitted, heldOut } = parted(calibration, more)
  return { fitted: { ...fitted, indices: fitted.indices.subarray(0, steps * batchOfStep) }, heldOut }
}

/**
 * Divergence on the held-out samples, in nats, that a network reaches in a few steps of the refit: what it will come to is
 * told by them far better than by the closed form it starts from.
 * @throws CANCELLED, MODEL_UNSUPPORTED_OPERATOR, MODEL_UNSUPPORTED_FEATURE where gradients cannot be had.
 */
export async function tryResultRefit(
  original: Graph,
  start: Graph,
  { teacher, fitted, heldOut }: TrialGround,
  options: TrialOptions,
  hooks: Pick<ResultRefitHooks, 'signal'> = {},
): Promise<number> {
  const { table, indices } = fitted
  const graph = inferShapes(foldBatchNorm(start).graph)
  const session = createParameterSession(graph, table.read(indices.subarray(0, 1)).inputs)
  try {
    const some = table.read(indices.subarray(0, SOME)).inputs
    const atOnce = samplesAtOnce(original, batchOfStep)
    const question = { form: options.form, temperature: TEMPERATURE, atOnce }
    const gradients = await resultGradients(original, graph, some, session, teacher, question, batchOfStep, null)
    const refit = new ResultRefit(graph, session, teacher, gradients, fitted, heldOut, atOnce, options, hooks)
    return await refit.try(options.steps)
  } finally {
    session.dispose()
  }
}

/**
 * What is fitted, and what chooses among what was reached. The closed form has fitted the calibration samples, so on them
 * the network it left looks better than it is: where there are others, those choose.
 */
function parted({ table, indices }: Selection, more: Int32Array): Omit<TrialGround, 'teacher'> {
  const held = Math.min(MOST_HELD_OUT, Math.floor(HELD_OUT * indices.length))
  const all = new Int32Array(indices.length + more.length)
  const [first, last] = more.length >= 2 * held ? [indices, more] : [more, indices]
  all.set(first)
  all.set(last, first.length)
  return {
    fitted: { table, indices: all.subarray(0, all.length - held) },
    heldOut: { table, indices: all.subarray(all.length - held) },
  }
}

class ResultRefit {
  private readonly batch: number
  private readonly perPass: number
  private steps = 0
  private mixtures = 0
  /** The samples as they are drawn for one mixture, in batches. */
  private order = new Int32Array()
  private orderOf = -1
  /** The batches in the order of one pass. */
  private places = new Int32Array()
  private placesOf = -1

  constructor(
    private readonly graph: Graph,
    private readonly session: ParameterSession,
    private readonly teacher: Teacher,
    private readonly gradients: ResultGradients,
    private readonly fitted: Selection,
    private readonly heldOut: Selection,
    /** Samples computed at once: as many for every smaller form, since they share what the original answers. */
    private readonly atOnce: number,
    private readonly options: ResultRefitOptions,
    private readonly hooks: ResultRefitHooks,
  ) {
    const samples = fitted.indices.length
    this.batch = Math.min(options.batch ?? batchOfStep, samples)
    this.perPass = Math.floor(samples / this.batch)
  }

  private planFor(divergence: number): void {
    const { steps = mostSteps, mixtures } = this.options
    this.steps = withinPasses(shareOfSteps(divergence) * steps, this.perPass, divergence)
    const passes = this.steps / this.perPass
    this.mixtures = mixtures ?? (passes > PASSES_UNMIXED ? Math.ceil(passes / 2) : 0)
  }

  /** Leaves the best numbers in the session. @returns whether they are better than those at the start. */
  async run(): Promise<boolean> {
    const first = this.session.read()
    const before = this.divergence()
    this.planFor(before)
    const kept = (await this.hooks.load?.()) ?? null
    const rate = this.options.rate ?? rateFor(before)
    let best = await this.attempt(kept?.rate ?? rate, before, first, kept)
    if (best === before && (kept?.rate ?? rate) === rate) {
      this.session.write(first)
      best = await this.attempt(rate * SMALLER, before, first, null)
    }
    return best < before
  }

  /** Makes all these steps, whatever they are worth. @returns the least divergence, before or after them */
  async try(steps: number): Promise<number> {
    const before = this.divergence()
    this.steps = steps
    const rate = rateFor(before)
    const movers = await this.movers(TRIAL_SAMPLES)
    try {
      for (let step = 0; step < steps; step++) await this.step(step, rate, movers)
    } finally {
      for (const mover of movers) mover.dispose()
    }
    return Math.min(before, this.divergence())
  }

  private movers(samples?: number): Promise<Mover[]> {
    const { graph, session, fitted, batch, options, hooks } = this
    const { seed } = options
    return moversOf(
      graph,
      session,
      fitted,
      { batch: samplesAtOnce(graph, batch), seed, ...(samples === undefined ? {} : { samples }) },
      hooks.signal ? { signal: hooks.signal } : {},
    )
  }

  private async attempt(
    rate: number,
    before: number,
    first: readonly Float32Array[],
    kept: ResultRefitState | null,
  ): Promise<number> {
    let { best, numbers } = kept ?? { best: before, numbers: first }
    if (kept) this.session.write(first)
    const movers = await this.movers()
    try {
      if (kept) {
        this.session.write(kept.current)
        movers.forEach((mover, i) => {
          mover.write(kept.memory[i] as readonly Float32Array[])
        })
      }
      for (let step = kept?.step ?? 0; step < this.steps; step++) {
        await this.step(step, rate, movers)
        if (!this.isStop(step + 1)) continue
        const now = this.divergence()
        if (now < best) {
          best = now
          numbers = this.session.read()
        }
        const memory = movers.map((mover) => mover.read())
        await this.hooks.save?.({ step: step + 1, rate, best, numbers, current: this.session.read(), memory })
      }
    } finally {
      for (const mover of movers) mover.dispose()
    }
    this.session.write(numbers)
    return best
  }

  /** After each quarter of the steps the held-out samples are asked, and the state is kept. */
  private isStop(done: number): boolean {
    return Array.from({ length: STOPS }, (_, i) => Math.round(((i + 1) * this.steps) / STOPS)).includes(done)
  }

  private async step(step: number, rate: number, movers: readonly Mover[]): Promise<void> {
    if (this.hooks.signal?.aborted) throw new EspalierError('CANCELLED', 'The refit was cancelled.')
    const { seed } = this.options
    const { mixtures } = this
    const pass = Math.floor(step / this.perPass)
    const copy = mixtures > 0 ? pass % mixtures : 0
    if (this.placesOf !== pass) {
      this.places = stream(seed, `result refit/pass ${pass}`).shuffle(
        Int32Array.from({ length: this.perPass }, (_, i) => i),
      )
      this.placesOf = pass
    }
    const place = this.places[step % this.perPass] as number
    if (this.orderOf !== copy) {
      this.order = stream(seed, `result refit/${copy}`).shuffle(this.fitted.indices.slice())
      this.orderOf = copy
    }
    const batch = this.fitted.table.read(this.order.subarray(place * this.batch, (place + 1) * this.batch))
    const inputs = mixtures > 0 ? mixed(batch, stream(seed, `result refit/${copy}/${place}`)) : batch.inputs
    const gradients = await this.gradients.of(`${copy}/${place}`, inputs)
    const warm = Math.min(WARM_STEPS, Math.ceil(this.steps * WARM_SHARE))
    const now = rate * Math.min(1, (step + 1) / warm) * (1 - step / this.steps)
    for (const mover of movers) mover.step(this.session, gradients, now)
    for (const gradient of gradients.values()) gradient.dispose()
    this.hooks.progress?.((step + 1) / this.steps)
    await pause()
  }

  /** Mean divergence on the held-out samples, not softened. */
  private divergence(): number {
    const { table, indices } = this.heldOut
    let sum = 0
    const size = Math.min(this.batch, this.atOnce)
    for (let from = 0; from < indices.length; from += size) {
      const batch = table.read(indices.subarray(from, from + size))
      const logits = this.session.logits(batch.inputs)
      sum += tidy(() => {
        const wanted = this.teacher.answer(`held out/${from}`, batch.inputs, logits.layout)
        return batch.count * (resultLoss(logits, wanted, this.options.form, 1).value.dataSync()[0] as number)
      })
      logits.tensor.dispose()
    }
    return sum / indices.length
  }
}

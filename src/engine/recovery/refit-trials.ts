/** How well several smaller forms of one network will end, told by a few steps of the refit on the result. */

import type { Selection } from '../data/types'
import { Graph, type GraphParts } from '../graph/graph'
import { Crew, type Piece, plainGraph, type WorkerPool } from '../runtime/parallel'
import { type TrialGround, type TrialOptions, trialSamples, tryResultRefit } from './refit-result'
import { Teacher } from './result-gradients'
import { type SharedSamples, selectionOf, sharedSamples } from './shared-samples'
import { untilCancelled } from './until-cancelled'

/** Whoever makes them disposes them. */
export interface ResultTrials {
  /** Networks that may be asked about at the same time. */
  readonly atOnce: number
  /** Nats. @throws as `tryResultRefit` */
  divergenceOf(start: Graph): Promise<number>
  dispose(): void
}

interface Setup {
  readonly network: GraphParts
  readonly fitted: SharedSamples
  readonly heldOut: SharedSamples
  readonly options: TrialOptions
}

class TrialsHere implements ResultTrials {
  readonly atOnce = 1
  private readonly teacher: Teacher

  constructor(
    private readonly original: Graph,
    private readonly samples: Omit<TrialGround, 'teacher'>,
    private readonly options: TrialOptions,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.teacher = new Teacher(original)
  }

  divergenceOf(start: Graph): Promise<number> {
    const { original, teacher, samples, options, signal } = this
    return tryResultRefit(original, start, { teacher, ...samples }, options, signal ? { signal } : {})
  }

  dispose(): void {
    this.teacher.dispose()
  }
}

export const resultTrialPiece: Piece<Setup, GraphParts, number> = {
  name: 'trial of a refit',
  open({ network, fitted, heldOut, options }) {
    const samples = { fitted: selectionOf(fitted), heldOut: selectionOf(heldOut) }
    const trials = new TrialsHere(new Graph(network), samples, options, undefined)
    return {
      run: (start) => trials.divergenceOf(new Graph(start)),
      dispose: () => trials.dispose(),
    }
  },
}

/**
 * @param more further samples of the same table, which the networks have not been fitted to
 * @param workers null: this thread, one network after the other; the answers are the same
 */
export function resultTrials(
  original: Graph,
  calibration: Selection,
  more: Int32Array,
  options: TrialOptions,
  signal: AbortSignal | undefined,
  workers: WorkerPool | null,
): ResultTrials {
  const samples = trialSamples(calibration, more, options.steps)
  const [fitted, heldOut] = workers ? [sharedSamples(samples.fitted), sharedSamples(samples.heldOut)] : [null, null]
  if (!workers || !fitted || !heldOut) return new TrialsHere(original, samples, options, signal)
  const crew = new Crew(resultTrialPiece, { network: plainGraph(original), fitted, heldOut, options }, workers)
  return {
    atOnce: workers.size,
    divergenceOf: (start) => untilCancelled(crew.run(plainGraph(start)), signal),
    dispose: () => crew.dispose(),
  }
}

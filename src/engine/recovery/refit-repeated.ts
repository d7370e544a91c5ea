/** Refits of many plans of one network on the same samples. */
import type { Coupling, PruningPlan } from '../coupling/index'
import type { Selection } from '../data/types'
import type { Graph } from '../graph/graph'
import { isRefittable, recurrentLayers } from '../statistics/index'
import { type RefitHooks, type RefitOptions, sequentialRefit, teacherOptions } from './refit'
import { RefitTeacher } from './refit-teacher'

/** What rows of the original may take that several refits share. */
export const SHARED_BYTES = 2 ** 29

/** The original answers once for all of them. Whoever makes one disposes it. */
export class RepeatedRefit {
  private teacher: RefitTeacher | null = null

  /** As for {@link sequentialRefit}. */
  constructor(
    private readonly original: Graph,
    private readonly coupling: Coupling,
    private readonly calibration: Selection,
    private readonly options: RefitOptions,
    private readonly hooks: Pick<RefitHooks, 'signal'> = {},
  ) {}

  /** @param pruned the network after the plan. @throws as {@link sequentialRefit} */
  refit(plan: PruningPlan, pruned: Graph): Promise<Graph> {
    const { original, coupling, calibration, options } = this
    const layers = [
      ...coupling.layers.filter((layer) => isRefittable(original, layer)),
      ...recurrentLayers(original, coupling),
    ]
    const { sharedBytes = SHARED_BYTES } = options
    this.teacher ??= new RefitTeacher(original, layers, calibration, teacherOptions(options, sharedBytes))
    return sequentialRefit(original, pruned, coupling, plan, calibration, options, this.hooks, this.teacher)
  }

  dispose(): void {
    this.teacher?.dispose()
    this.teacher = null
  }
}

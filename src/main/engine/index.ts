/** The engine as the services see it: jobs by kind, each in the process that suits it. */
import type { EngineLauncher } from './channel'
import type { JobInput, JobKind, JobOutput } from './jobs'
import { type EngineState, EngineSupervisor, type JobOptions, type SupervisorLimits } from './supervisor'

export { type ChannelExit, type EngineChannel, type EngineLauncher, forkLauncher, lastWordsOf } from './channel'
export type { DataLocation, JobInput, JobKind, JobOutput, ModelFile } from './jobs'
export { countRefused, guardNetwork, type NetworkReport, networkReport } from './network-guard'
export type { Heard } from './protocol'
export type { EngineState, JobOptions, SupervisorLimits } from './supervisor'

/** `runs`: pruning, for hours. `work`: seconds to minutes. `quick`: what a screen waits for. */
type Lane = 'runs' | 'work' | 'quick'

const laneOf: Record<JobKind, Lane> = {
  compress: 'runs',
  evaluate: 'work',
  export: 'work',
  latency: 'work',
  disagreements: 'work',
  featureMaps: 'work',
  doctor: 'work',
  buildNative: 'work',
  nativeFacts: 'quick',
  inspect: 'quick',
  estimate: 'quick',
  strategies: 'quick',
  reached: 'quick',
  probe: 'quick',
  preview: 'quick',
}

export interface EngineOptions {
  readonly launch: EngineLauncher
  readonly limits?: Partial<SupervisorLimits>
  /** State of the process that does the runs. */
  readonly onState?: (state: EngineState) => void
}

/** Three supervised processes, each started when it is first needed. */
export function createEngine({ launch, limits = {}, onState }: EngineOptions) {
  const lanes: Record<Lane, EngineSupervisor> = {
    runs: new EngineSupervisor(launch, limits, onState),
    work: new EngineSupervisor(launch, { ...limits, idleMs: limits.idleMs ?? 60_000 }),
    quick: new EngineSupervisor(launch, limits),
  }
  return {
    run: <K extends JobKind>(kind: K, input: JobInput<K>, options?: JobOptions): Promise<JobOutput<K>> =>
      lanes[laneOf[kind]].run(kind, input, options),
    state: (): EngineState => lanes.runs.state,
    /** Of the process that does the runs. */
    pid: (): number | undefined => lanes.runs.pid,
    /** Every process starts anew before its next job, those that work when they are done. */
    renew: (): void => {
      for (const lane of Object.values(lanes)) lane.renew()
    },
    stop: async (): Promise<void> => {
      await Promise.all(Object.values(lanes).map((lane) => lane.stop()))
    },
  }
}
export type Engine = ReturnType<typeof createEngine>

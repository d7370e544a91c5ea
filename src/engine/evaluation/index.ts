/** Evaluation's public face: cost, task metrics, agreement, divergence, bounds and latency. */
export * from './bounds'
export * from './cost'
export { divergence, namedClass } from './divergence'
export { type Latency, measureLatency, measureLatencyInTime, neverRising } from './latency'
export { type MeasureOptions, measure, measurePairs, type Runner, remembered } from './measure'
export { PairMeter, type PairScore } from './pair-meter'
export { type Output, type Score, ScoreMeter } from './score-meter'
export { describeTask, type ResultKind, type Task } from './task'

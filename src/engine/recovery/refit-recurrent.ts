/** Refit of LSTM, GRU and RNN: their gates are fitted to the original's while the states run free in the pruned network. */
import { disposeValues } from '../runtime/index'
import { gather, reshape, slice, type Tensor, tensor1d, tidy } from '../runtime/tensors'
import type { LiveValue, LiveValues, Session } from '../runtime/types'
import { CrossSum, MomentSum } from '../statistics/accumulate'
import type { Presence } from '../statistics/places'
import { insideOf, type RecurrentBlock, type RecurrentLayer } from '../statistics/recurrent-layer'
import { countingSteps, recurrentRows, recurrentSources } from '../statistics/recurrent-observer'
import { samplePositions } from '../statistics/sampling'
import { ridgeTowards } from './refit-solve'

/** Passes over the samples: in the second the states are those of the weights that the first one found. */
const SWEEPS = 2

/** What both networks have computed before the operator, for one batch. */
export interface BeforeRecurrent {
  readonly samples: number
  readonly presence: Presence | null
  /** The operator's computed inputs; disposed here. */
  readonly teacher: LiveValues
  readonly student: LiveValues
}

export interface RecurrentFit {
  readonly layer: RecurrentLayer
  /** The same operator in the student's graph. */
  readonly own: RecurrentLayer
  /** Hidden units that stay. */
  readonly kept: Int32Array
  readonly batches: number
  readonly ridge: number
  readonly positions: number
  readonly teacher: Session
  readonly student: Session
  before(index: number): BeforeRecurrent
  random(index: number): () => number
  /** Puts weights into the student. */
  put(weights: readonly Float64Array[]): void
  /** After each batch; throws to stop. */
  step(done: number, total: number): Promise<void>
}

/** Columns of the original's gates that a block's outputs in the pruned network aim at. */
function targetColumns(block: RecurrentBlock, hidden: number, kept: Int32Array): Int32Array {
  const result = new Int32Array(block.count * kept.length)
  for (let g = 0; g < block.count; g++) {
    kept.forEach((unit, i) => {
      result[g * kept.length + i] = (block.first + g) * hidden + unit
    })
  }
  return result
}

const pick = (values: LiveValues) => (name: string) => values.get(name) as LiveValue

/** @param weights of the student's operator as they are; @returns those that were fitted, block by block. */
export async function fitRecurrent(fit: RecurrentFit, weights: readonly Float64Array[]): Promise<Float64Array[]> {
  let current = [...weights]
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    current = await fitOnce(fit, weights, sweep)
    fit.put(current)
  }
  return current
}

async function fitOnce(fit: RecurrentFit, towards: readonly Float64Array[], sweep: number): Promise<Float64Array[]> {
  const { layer, own, kept } = fit
  const widths = towards.map((block, b) => block.length / ((layer.blocks[b]?.count ?? 1) * kept.length) - 1)
  const moments = widths.map((width) => new MomentSum(width))
  const crosses = widths.map((width, b) => new CrossSum(width, (layer.blocks[b]?.count ?? 1) * kept.length))
  const gates = Array.from({ length: layer.directions }, (_, d) => insideOf(layer, 'gates', d))
  try {
    for (let index = 0; index < fit.batches; index++) {
      const before = fit.before(index)
      let target: LiveValues = new Map()
      let source: LiveValues = new Map()
      try {
        target = fit.teacher.runFrom(before.teacher, gates)
        source = fit.student.runFrom(
          before.student,
          recurrentSources(own).filter((name) => name !== own.input),
        )
        const student = new Map([...before.student, ...source])
        tidy(() => {
          const steps = pick(student)(own.input).tensor.shape[0] as number
          const drawn = samplePositions(steps, fit.positions, fit.random(index))
          const rows = countingSteps(before.presence, steps, before.samples, drawn)
          if (rows.length === 0) return
          const chosen = tensor1d(rows, 'int32')
          layer.blocks.forEach((block, b) => {
            const z = gather(recurrentRows(own, block, pick(student)), chosen)
            const all = pick(target)(insideOf(layer, 'gates', block.direction)).tensor
            const y = gather(targetsOf(all, block, kept, layer), chosen)
            moments[b]?.add(z)
            crosses[b]?.add(z, y)
          })
        })
      } finally {
        for (const values of [target, source, before.teacher, before.student]) disposeValues(values)
      }
      await fit.step(sweep * fit.batches + index + 1, SWEEPS * fit.batches)
    }
    return towards.map((block, b) => {
      const width = widths[b] as number
      const order = Int32Array.from({ length: width }, (_, i) => i)
      const sum = moments[b] as MomentSum
      if (sum.count === 0) return block
      const solver = ridgeTowards(sum, block, order, fit.ridge)
      try {
        return solver.solve(crosses[b] as CrossSum)
      } finally {
        solver.dispose()
      }
    })
  } finally {
    for (const sum of [...moments, ...crosses]) sum.dispose()
  }
}

function targetsOf(all: Tensor, block: RecurrentBlock, kept: Int32Array, layer: RecurrentLayer): Tensor {
  const columns = all.shape[2] as number
  const rows = reshape(all, [-1, columns])
  const hidden = columns / (layer.node.op === 'LSTM' || layer.node.op === 'GRU' ? 4 : 1)
  const wanted = targetColumns(block, hidden, kept)
  if (wanted.length === columns) return rows
  const first = block.first * hidden
  const part = slice(rows, [0, first], [-1, block.count * hidden])
  return gather(
    part,
    tensor1d(
      wanted.map((column) => column - first),
      'int32',
    ),
    1,
  )
}

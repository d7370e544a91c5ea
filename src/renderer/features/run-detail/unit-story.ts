/** What the decision trace tells of one unit: when it went, for what price, who took over, and what it took over itself. */
import type { DecisionTrace, TraceStep } from '../../../contract'

export interface Inheritance {
  readonly unit: number
  readonly share: number
  readonly price: number
}

export interface UnitStory {
  readonly removed: TraceStep | null
  /** Units whose work it inherited, largest share first. */
  readonly inherited: readonly Inheritance[]
}

const untold: UnitStory = { removed: null, inherited: [] }
const key = (group: string, unit: number) => `${unit} ${group}`

/** Looked up by group and unit; built once a trace. */
export function unitStories(trace: DecisionTrace | null): (group: string, unit: number) => UnitStory {
  const removed = new Map<string, TraceStep>()
  const inherited = new Map<string, Inheritance[]>()
  for (const step of trace?.steps ?? []) {
    removed.set(key(step.group, step.unit), step)
    for (const { unit, share } of step.heirs) {
      const at = key(step.group, unit)
      const list = inherited.get(at)
      const entry = { unit: step.unit, share, price: step.price }
      if (list) list.push(entry)
      else inherited.set(at, [entry])
    }
  }
  for (const list of inherited.values()) list.sort((a, b) => b.share - a.share)
  return (group, unit) => {
    const at = key(group, unit)
    const gone = removed.get(at)
    const took = inherited.get(at)
    return gone || took ? { removed: gone ?? null, inherited: took ?? [] } : untold
  }
}

/** Spearman's rank correlation, ties sharing their mean rank; null with fewer than three pairs or without any spread. */
export function rankCorrelation(a: readonly number[], b: readonly number[]): number | null {
  if (a.length !== b.length || a.length < 3) return null
  const [x, y] = [ranks(a), ranks(b)]
  const mean = (a.length - 1) / 2
  let [xy, xx, yy] = [0, 0, 0]
  for (let i = 0; i < x.length; i++) {
    const [dx, dy] = [(x[i] as number) - mean, (y[i] as number) - mean]
    xy += dx * dy
    xx += dx * dx
    yy += dy * dy
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : null
}

function ranks(values: readonly number[]): number[] {
  const order = [...values.keys()].sort((i, j) => (values[i] as number) - (values[j] as number))
  const result = new Array<number>(values.length)
  for (let start = 0; start < order.length; ) {
    let end = start
    while (end + 1 < order.length && values[order[end + 1] as number] === values[order[start] as number]) end += 1
    for (let at = start; at <= end; at++) result[order[at] as number] = (start + end) / 2
    start = end + 1
  }
  return result
}

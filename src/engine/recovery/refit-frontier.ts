/** Walks a network operator by operator for many batches, so that no part of it is computed twice while memory lasts. */
import type { Graph } from '../graph/graph'
import { disposeValues } from '../runtime/index'
import type { Feed, LiveValue, LiveValues, Session } from '../runtime/types'

/** Bytes that kept values may take on the backend, shared by several frontiers. */
export class MemoryBudget {
  private used = 0

  constructor(private readonly limit: number) {}

  take(bytes: number): boolean {
    if (this.used + bytes > this.limit) return false
    this.used += bytes
    return true
  }

  give(bytes: number): void {
    this.used -= bytes
  }
}

const bytesOf = (values: LiveValues): number => {
  let bytes = 0
  for (const { tensor } of values.values()) bytes += 4 * tensor.size
  return bytes
}

export class Frontier {
  /** Kept values of each batch at a border; null where memory did not last, and at the start. */
  private readonly kept: ({ readonly cut: number; readonly values: LiveValues } | null)[]

  constructor(
    private readonly session: Session,
    batches: number,
    private readonly budget: MemoryBudget,
  ) {
    this.kept = Array.from({ length: batches }, () => null)
  }

  private get graph(): Graph {
    return this.session.graph
  }

  /** Values that nodes from `cut` on read and that are there before it. */
  private crossing(cut: number): string[] {
    const made = new Set(this.graph.inputs.map((input) => input.name))
    this.graph.nodes.forEach((node, i) => {
      if (i < cut) for (const output of node.outputs) if (output !== '') made.add(output)
    })
    const read = new Set<string>()
    this.graph.nodes.forEach((node, i) => {
      if (i >= cut) for (const input of node.inputs) if (made.has(input)) read.add(input)
    })
    return [...read]
  }

  /**
   * Moves one batch on to the border before node number `cut` (from the input again where it is further already) and
   * returns the wanted values of it, which must lie before the border. The caller disposes them.
   * @param feed of the batch, read only where it is needed.
   */
  advance(feed: () => Feed, index: number, cut: number, wanted: readonly string[]): LiveValues {
    const border = this.crossing(cut)
    const names = [...new Set([...border, ...wanted])]
    const kept = this.kept[index] ?? null
    const before = kept && kept.cut <= cut ? kept.values : null
    const next: LiveValues = new Map()
    if (before) {
      const missing = names.filter((name) => !before.has(name))
      const made = missing.length > 0 ? this.session.runFrom(before, missing) : new Map<string, LiveValue>()
      for (const name of names) {
        const carried = before.get(name)
        const value = carried ? { ...carried, tensor: carried.tensor.clone() } : made.get(name)
        if (value) next.set(name, value)
      }
    } else {
      for (const [name, value] of this.session.forward(feed(), names)) next.set(name, value)
    }
    this.drop(index)
    const result: LiveValues = new Map()
    for (const name of wanted) {
      const value = next.get(name)
      if (value) result.set(name, { ...value, tensor: value.tensor.clone() })
    }
    // What was asked for is kept too, so that it can be asked for again.
    if (this.budget.take(bytesOf(next))) this.kept[index] = { cut, values: next }
    else disposeValues(next)
    return result
  }

  /** The values at a border of one batch; the caller disposes them. */
  border(feed: () => Feed, index: number, cut: number): LiveValues {
    return this.advance(feed, index, cut, this.crossing(cut))
  }

  /**
   * Lets a batch begin at a border with values of another network, where they are all that is read from there on. Takes
   * them over.
   */
  begin(index: number, cut: number, values: LiveValues): void {
    this.drop(index)
    const complete = this.crossing(cut).every((name) => values.has(name))
    if (complete && this.budget.take(bytesOf(values))) this.kept[index] = { cut, values }
    else disposeValues(values)
  }

  private drop(index: number): void {
    const kept = this.kept[index]
    if (!kept) return
    this.budget.give(bytesOf(kept.values))
    disposeValues(kept.values)
    this.kept[index] = null
  }

  /** Forgets everything, because weights behind the border have changed; the next step starts from the input. */
  reset(): void {
    this.kept.forEach((_, index) => {
      this.drop(index)
    })
  }
}

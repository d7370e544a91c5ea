/** Which of several orders the result prefers: by the quick refit, and among the near ones by a few steps of the last one. */
import type { PruningPlan } from '../../coupling/index'
import type { Graph } from '../../graph/graph'
import { inOrder } from '../../runtime'
import type { Step } from '../trajectory'
import type { TriedOrder } from './types'

/** A plan's network after the quick refit. */
export interface AskedPlan {
  readonly network: Graph
  /** Divergence of its result, in nats. */
  readonly kl: number
}

/** What the result says of a plan. */
export interface AskedResult {
  /** Plans that may be asked about at the same time. */
  readonly atOnce: number
  ask(plan: PruningPlan): Promise<AskedPlan>
  /** The same after a few steps of the refit on the result, in nats; null where that cannot be made. */
  readonly foretell?: ((network: Graph) => Promise<number | null>) | undefined
}

/**
 * How much further from the original than the nearest a network may be after the quick refit, and still be the one that ends
 * nearest: the closed form makes up for a lost unit from its neighbours, all parameters together from what the whole can hold.
 */
const CONTENDING = 2

/** An order with what the result says of its plan. */
export interface AnsweredOrder extends AskedPlan {
  /** As `TriedOrder` tells it. */
  readonly by: number | string
  readonly units: number
  readonly steps: readonly Step[]
}

export interface ChosenOrder {
  readonly steps: readonly Step[]
  readonly tried: readonly TriedOrder[]
}

/** The first of those that are equal. @param orders at least one. @throws what foretelling and `between` throw */
export async function preferred(
  orders: readonly AnsweredOrder[],
  result: AskedResult,
  between: () => Promise<void>,
): Promise<ChosenOrder> {
  const near = Math.min(...orders.map(({ kl }) => kl))
  const contenders = orders.filter(({ kl }) => kl <= CONTENDING * near)
  const foretold = contenders.length > 1 ? await foretellAll(contenders, result, between) : null
  const worthOf = (order: AnsweredOrder) => (foretold ? (foretold.get(order) ?? Number.POSITIVE_INFINITY) : order.kl)
  const [first, ...others] = orders as [AnsweredOrder, ...AnsweredOrder[]]
  const best = others.reduce((least, order) => (worthOf(order) < worthOf(least) ? order : least), first)
  const tried = orders.map((order): TriedOrder => {
    const { by, units, kl } = order
    const later = foretold?.get(order)
    return { by, units, kl, ...(later === undefined ? {} : { foretold: later }) }
  })
  return { steps: best.steps, tried }
}

/** null where there is nothing to foretell with, or where one of them cannot be foretold. */
async function foretellAll(
  orders: readonly AnsweredOrder[],
  { atOnce, foretell }: AskedResult,
  between: () => Promise<void>,
): Promise<ReadonlyMap<AnsweredOrder, number> | null> {
  if (!foretell) return null
  const ask = async ({ network }: AnsweredOrder) => {
    await between()
    return foretell(network)
  }
  const found = new Map<AnsweredOrder, number>()
  for await (const [order, kl] of inOrder(orders, ask, () => atOnce)) {
    if (kl === null) return null
    found.set(order, kl)
  }
  return found
}

/** What may follow a change: one piece a frame, after the frame was painted, so that nobody's hand waits for more than a piece. */

const waiting = new Map<object, () => void>()
let busy = false

function next(): void {
  const [first] = waiting
  if (!first) {
    busy = false
    return
  }
  const [owner, work] = first
  waiting.delete(owner)
  afterPaint()
  work()
}

/** A frame's own callbacks come before it is painted, a timer set in one after. */
function afterPaint(): void {
  requestAnimationFrame(() => window.setTimeout(next))
}

/** A later piece of the same owner takes the place of one that still waits. */
export function inTurn(owner: object, work: () => void): void {
  waiting.delete(owner)
  waiting.set(owner, work)
  if (busy) return
  busy = true
  afterPaint()
}

/** At once where nobody waits: what appears on an empty place has nothing to hold up. */
export function atOnceOrInTurn(owner: object, work: () => void): void {
  if (busy) inTurn(owner, work)
  else {
    busy = true
    afterPaint()
    work()
  }
}

/** The owner is gone. */
export const leaveTurn = (owner: object): boolean => waiting.delete(owner)

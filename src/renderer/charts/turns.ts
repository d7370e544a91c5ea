/** Charts are drawn one a frame: the first at once, those that change with it in the frames that follow. */

const waiting = new Map<object, () => void>()
let busy = false

function next(): void {
  const [first] = waiting
  if (!first) {
    busy = false
    return
  }
  const [owner, draw] = first
  waiting.delete(owner)
  requestAnimationFrame(next)
  draw()
}

/** A later drawing of the same owner takes the place of one that still waits. */
export function drawInTurn(owner: object, draw: () => void): void {
  waiting.delete(owner)
  waiting.set(owner, draw)
  if (busy) return
  busy = true
  next()
}

/** The owner is gone. */
export const forgetDrawing = (owner: object): boolean => waiting.delete(owner)

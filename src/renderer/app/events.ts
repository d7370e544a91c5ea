/** Listens to what the services broadcast and hands it to the stores; says "resync" after every gap. */
import type { WorkbenchEvent } from '../../contract'
import { api } from './client'

type Listener = (event: WorkbenchEvent) => void

const listeners = new Set<Listener>()
const resyncs = new Set<() => void>()
let turn = 0

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function listen(mine: number): Promise<void> {
  let first = true
  while (mine === turn) {
    try {
      const stream = await api().events()
      // Whatever happened while nobody listened was missed: everybody reads its state anew.
      if (!first) for (const resync of resyncs) resync()
      first = false
      for await (const event of stream) {
        if (mine !== turn) break
        for (const listener of listeners) listener(event)
      }
    } catch {
      // The transport closed: connection.ts shows it and reconnects; the next turn waits for it.
    }
    await pause(250)
  }
}

/** Calls back on every event until the returned function is called. `resync` runs after a lost connection. */
export function onEvents(listener: Listener, resync?: () => void): () => void {
  if (listeners.size === 0) void listen(++turn)
  listeners.add(listener)
  if (resync) resyncs.add(resync)
  return () => {
    listeners.delete(listener)
    if (resync) resyncs.delete(resync)
  }
}

/** Lets go of every listener, where an application ends before its page does. */
export function stopEvents(): void {
  turn += 1
  listeners.clear()
  resyncs.clear()
}

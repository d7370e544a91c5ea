/** Runs in the preload's isolated world: `require('electron')` of a sandboxed preload. Self-contained, sent as text. */
import type { Codec } from '../module/codec'

declare global {
  /** CDP binding: text to the main process. */
  var standInToMain: (text: string) => void
  /** Called by the main process with text. */
  var standInFromMain: (text: string) => void
}

interface Shape {
  function?: number
  members?: Record<string, Shape>
  value?: unknown
}

export function isolatedWorld(codec: Codec): (name: string) => unknown {
  const toMain = (message: object) => globalThis.standInToMain(codec.encode(message))

  // contextBridge: functions stay here under a number; the page's world calls them by it.
  const functions: ((...args: unknown[]) => unknown)[] = []
  const shapeOf = (value: unknown): Shape => {
    if (typeof value === 'function') return { function: functions.push(value as () => unknown) - 1 }
    if (value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
      return { members: Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shapeOf(item)])) }
    }
    return { value }
  }
  addEventListener('stand-in:call', (event) => {
    const { id, target, args } = (event as CustomEvent).detail
    const answer = (detail: object) => dispatchEvent(new CustomEvent('stand-in:answer', { detail: { id, ...detail } }))
    const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
    try {
      const value = functions[target]?.(...args)
      if (!(value instanceof Promise)) answer({ value })
      else {
        answer({ later: true })
        value.then(
          (resolved) => answer({ value: resolved }),
          (error) => answer({ error: textOf(error) }),
        )
      }
    } catch (error) {
      answer({ error: textOf(error) })
    }
  })

  // ipcRenderer
  type Listener = (event: { ports: MessagePort[] }, ...args: unknown[]) => void
  const listeners = new Map<string, Set<Listener>>()
  const invocations = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  const ports = new Map<number, MessagePort>()

  /** A channel of which one end goes to the preload and the other speaks with the main process. */
  const openPort = (id: number): MessagePort => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = (event) => toMain({ kind: 'port-message', id, data: event.data })
    port1.addEventListener('close', () => {
      ports.delete(id)
      toMain({ kind: 'port-closed', id })
    })
    ports.set(id, port1)
    return port2
  }

  globalThis.standInFromMain = (text) => {
    // biome-ignore lint/suspicious/noExplicitAny: a closed set of messages between two halves of one stand-in
    const message = codec.decode(text) as any
    if (message.kind === 'message') {
      const event = { ports: message.ports.map(openPort), sender: ipcRenderer }
      for (const listener of [...(listeners.get(message.channel) ?? [])]) listener(event, ...message.args)
    } else if (message.kind === 'port-message') ports.get(message.id)?.postMessage(message.data)
    else if (message.kind === 'port-closed') {
      ports.get(message.id)?.close()
      ports.delete(message.id)
    } else if (message.kind === 'answer') {
      const invocation = invocations.get(message.id)
      invocations.delete(message.id)
      if (message.error === undefined) invocation?.resolve(message.value)
      else invocation?.reject(new Error(message.error))
    }
  }

  const add = (channel: string, listener: Listener) => {
    const set = listeners.get(channel) ?? new Set()
    listeners.set(channel, set.add(listener))
    return ipcRenderer
  }
  const ipcRenderer = {
    on: add,
    once: (channel: string, listener: Listener) => {
      const once: Listener = (event, ...args) => {
        listeners.get(channel)?.delete(once)
        listener(event, ...args)
      }
      return add(channel, once)
    },
    removeListener: (channel: string, listener: Listener) => {
      listeners.get(channel)?.delete(listener)
      return ipcRenderer
    },
    send: (channel: string, ...args: unknown[]) => toMain({ kind: 'send', channel, args }),
    invoke: (channel: string, ...args: unknown[]) => {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>()
      const id = invocations.size + Math.floor(Math.random() * 1e9)
      invocations.set(id, { resolve, reject })
      toMain({ kind: 'invoke', id, channel, args })
      return promise
    },
  }

  const electron = {
    contextBridge: {
      exposeInMainWorld: (key: string, api: unknown) =>
        dispatchEvent(new CustomEvent('stand-in:expose', { detail: { key, shape: shapeOf(api) } })),
    },
    ipcRenderer,
    // Electron too answers '' for a file that does not lie on the disk; a headless page cannot know better.
    webUtils: {
      getPathForFile: (file: unknown) =>
        file instanceof File
          ? ''
          : (() => {
              throw new TypeError('not a File')
            })(),
    },
  }
  return (name) => {
    if (name === 'electron' || name === 'electron/renderer') return electron
    throw new Error(`module not found: ${name} (a sandboxed preload can require electron only)`)
  }
}

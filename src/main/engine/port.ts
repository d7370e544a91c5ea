/** The engine process's own end of the channel: utilityProcess's parentPort where there is one, else fork's IPC. */
import type { EnginePort } from './serve'

/** The part of Electron's parentPort that is used; named here because only the desktop shell may import Electron. */
interface ParentPort {
  postMessage(message: unknown): void
  on(event: 'message', listener: (event: { data: unknown }) => void): void
}

/** @throws where the process was not started by a launcher */
export function enginePort(): EnginePort {
  const { parentPort } = process as unknown as { parentPort?: ParentPort }
  if (parentPort) {
    return {
      send: (message) => parentPort.postMessage(message),
      onMessage: (listener) => parentPort.on('message', (event) => listener(event.data)),
      // A utility process ends with its parent by itself.
      onClose: () => {},
    }
  }
  if (!process.send) throw new Error('The engine process is started by Espalier and does nothing on its own.')
  return {
    send: (message) => {
      // The parent may have gone between two batches; the close that follows ends this process.
      if (process.connected) process.send?.(message, undefined, undefined, () => {})
    },
    onMessage: (listener) => process.on('message', listener),
    onClose: (listener) => process.once('disconnect', listener),
  }
}

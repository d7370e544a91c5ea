/** Preloaded into a forked utility process: gives it `process.parentPort`, and ends it with its parent. */
import { EventEmitter } from 'node:events'

class ParentPort extends EventEmitter {
  postMessage(message) {
    process.send?.(message)
  }
}

const port = new ParentPort()
process.on('message', (data) => port.emit('message', { data, ports: [] }))
process.on('disconnect', () => process.exit(0))
Object.defineProperty(process, 'parentPort', { value: port })
Object.defineProperty(process, 'type', { value: 'utility' })

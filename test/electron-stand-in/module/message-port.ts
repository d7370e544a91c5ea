/** MessageChannelMain: two ports in the main process, of which one may go to a page. */
import { EventEmitter } from 'node:events'
import { codec } from './codec'

interface PortEvent {
  readonly data: unknown
  readonly ports: readonly MessagePortMain[]
}

export class MessagePortMain extends EventEmitter {
  #deliver: ((data: unknown) => void) | undefined
  #closeOther: (() => void) | undefined
  #started = false
  #closed = false
  #moved = false
  readonly #waiting: unknown[] = []

  /** Where what is posted here goes. */
  connect(deliver: (data: unknown) => void, closeOther: () => void): void {
    this.#deliver = deliver
    this.#closeOther = closeOther
  }

  /** What arrives waits until {@link start}. */
  receive(data: unknown): void {
    if (!this.#started) this.#waiting.push(data)
    else this.emit('message', { data, ports: [] } satisfies PortEvent)
  }

  start(): void {
    this.#started = true
    for (const data of this.#waiting.splice(0)) this.receive(data)
  }

  postMessage(message: unknown, transfer: readonly unknown[] = []): void {
    if (this.#moved) throw new Error('This port was transferred and can no longer be used here.')
    if (transfer.length > 0) throw new Error('The stand-in does not transfer ports over ports.')
    if (this.#closed) return
    // Cloned at once, so that later changes by the sender are not seen, as with structured clones.
    const copy = codec.decode(codec.encode(message))
    queueMicrotask(() => this.#deliver?.(copy))
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#closeOther?.()
    queueMicrotask(() => this.emit('close'))
  }

  /** For a port that was moved: what its new holder posts goes to the other end. */
  forward(data: unknown): void {
    if (!this.#closed) this.#deliver?.(data)
  }

  /** Takes the port out of this process; what was waiting in it goes along. */
  move(): { waiting: unknown[] } {
    if (this.#moved) throw new Error('This port was transferred before.')
    this.#moved = true
    return { waiting: this.#waiting.splice(0) }
  }
}

export class MessageChannelMain {
  readonly port1 = new MessagePortMain()
  readonly port2 = new MessagePortMain()

  constructor() {
    this.port1.connect(
      (data) => this.port2.receive(data),
      () => this.port2.close(),
    )
    this.port2.connect(
      (data) => this.port1.receive(data),
      () => this.port1.close(),
    )
  }
}

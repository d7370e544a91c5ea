/** Broadcasts what has changed to every open window; a slow listener costs memory, never a lost state. */
import type { WorkbenchEvent } from '../../contract/entities'

const mostWaiting = 2000

/** One listener's waiting events. Several changes of one run become the latest. */
class Subscription implements AsyncIterableIterator<WorkbenchEvent> {
  private waiting: WorkbenchEvent[] = []
  private wake: (() => void) | null = null
  private over = false
  private readonly onEnd: (subscription: Subscription) => void

  constructor(onEnd: (subscription: Subscription) => void) {
    this.onEnd = onEnd
  }

  push(event: WorkbenchEvent): void {
    if (event.type === 'run-changed') {
      this.waiting = this.waiting.filter((old) => old.type !== 'run-changed' || old.run.id !== event.run.id)
    }
    this.waiting.push(event)
    // Whoever is so far behind reads everything anew, which the two general events ask for.
    if (this.waiting.length > mostWaiting) {
      const projects = new Set(
        this.waiting.flatMap((old) =>
          old.type === 'run-changed' ? [old.run.projectId] : old.type === 'project-changed' ? [old.projectId] : [],
        ),
      )
      this.waiting = [
        { type: 'projects-changed' },
        ...[...projects].map((projectId) => ({ type: 'project-changed', projectId }) as const),
      ]
    }
    this.wake?.()
  }

  end(): void {
    this.over = true
    this.waiting = []
    this.onEnd(this)
    this.wake?.()
  }

  async next(): Promise<IteratorResult<WorkbenchEvent, undefined>> {
    while (!this.over && this.waiting.length === 0) {
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
      this.wake = null
    }
    const event = this.waiting.shift()
    return event ? { done: false, value: event } : { done: true, value: undefined }
  }

  async return(): Promise<IteratorResult<WorkbenchEvent, undefined>> {
    this.end()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

export class EventBus {
  private readonly subscriptions = new Set<Subscription>()

  emit(event: WorkbenchEvent): void {
    for (const subscription of this.subscriptions) subscription.push(event)
  }

  /** Events from now on, until `signal` aborts or the iterator is returned. */
  subscribe(signal?: AbortSignal): AsyncIterableIterator<WorkbenchEvent> {
    const subscription = new Subscription((ended) => this.subscriptions.delete(ended))
    this.subscriptions.add(subscription)
    if (signal?.aborted) subscription.end()
    else signal?.addEventListener('abort', () => subscription.end(), { once: true })
    return subscription
  }

  get listeners(): number {
    return this.subscriptions.size
  }

  /** Ends every subscription. */
  close(): void {
    for (const subscription of [...this.subscriptions]) subscription.end()
  }
}

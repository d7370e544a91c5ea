/** Short notices at the foot of the window, with undo where something can be undone. */
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import type { ErrorReport } from '../../contract'
import { readError } from '../app/errors'

export interface Toast {
  readonly id: number
  readonly kind: 'info' | 'good' | 'error'
  readonly text: string
  readonly report?: ErrorReport
  /** Takes back what the notice tells of. */
  readonly action?: { readonly label: string; perform(): void | Promise<void> }
  /** Ids of what the action would bring back or change: the notice goes when that is settled otherwise. */
  readonly about?: readonly string[]
}

const lifeMs = 8000
/** Whoever wants to undo has to notice, read and reach for it. */
const undoLifeMs = 15_000

export const useToasts = defineStore('toasts', () => {
  const toasts = ref<Toast[]>([])
  const timers = new Map<number, ReturnType<typeof setTimeout>>()
  let next = 1

  function dismiss(id: number): void {
    clearTimeout(timers.get(id))
    timers.delete(id)
    toasts.value = toasts.value.filter((toast) => toast.id !== id)
  }

  /** Stops the clock while somebody reads or points at the notice. */
  function hold(id: number): void {
    clearTimeout(timers.get(id))
  }

  function release(id: number): void {
    const toast = toasts.value.find((candidate) => candidate.id === id)
    if (toast && toast.kind !== 'error') {
      hold(id)
      timers.set(
        id,
        setTimeout(() => dismiss(id), toast.action ? undoLifeMs : lifeMs),
      )
    }
  }

  function show(toast: Omit<Toast, 'id'>): number {
    const id = next++
    toasts.value = [...toasts.value.slice(-3), { ...toast, id }]
    release(id)
    return id
  }

  /** These (without `ids`: all) were restored, thrown away or removed for good: an older offer to undo something of them would do harm or fail. */
  function settle(ids?: readonly string[]): void {
    const settled = new Set(ids)
    for (const { id, about } of toasts.value) {
      if (about && (ids === undefined || about.some((each) => settled.has(each)))) dismiss(id)
    }
  }

  /** Errors stay until they are dismissed. */
  function fail(error: unknown): void {
    const report = readError(error)
    show({ kind: 'error', text: report.message, report })
  }

  /** Runs something that may fail; the failure is shown. Answers undefined then. */
  async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      fail(error)
      return undefined
    }
  }

  async function act(toast: Toast): Promise<void> {
    dismiss(toast.id)
    await attempt(async () => toast.action?.perform())
  }

  /** Of what is on the screen, the last that can be undone. */
  const undoable = computed(() => toasts.value.findLast((toast) => toast.action))

  async function undo(): Promise<void> {
    if (undoable.value) await act(undoable.value)
  }

  return { toasts, undoable, show, fail, attempt, dismiss, settle, hold, release, act, undo }
})

/** The focus is never lost: where the focused control goes away or is switched off, one near it takes over. */
import { onScopeDispose } from 'vue'

const focusable =
  'a[href], button:not(:disabled), input:not(:disabled, [type=hidden]), select:not(:disabled), textarea:not(:disabled), summary, [tabindex="0"]'

const canHold = (element: Element): boolean =>
  element.isConnected && !element.matches(':disabled') && element.checkVisibility({ visibilityProperty: true })

/** A control or a box around it, and what stands before it there. */
interface Step {
  readonly element: Element
  readonly before: Element | null
}

/** The control itself and what it lies in, inside out. */
const pathOf = (element: Element): Step[] => {
  const path: Step[] = []
  for (let at: Element | null = element; at && at !== document.body; at = at.parentElement)
    path.push({ element: at, before: at.previousElementSibling })
  return path
}

const follows = (element: Node, other: Node): boolean =>
  Boolean(other.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING) && !other.contains(element)

/**
 * In the innermost box that is still there: the control that stands where the lost one stood, else the first one; the
 * screen itself where that is all that is left.
 */
function heir(path: readonly Step[], main: HTMLElement): HTMLElement {
  for (const [at, { element: box }] of path.entries()) {
    const inner = path[at - 1]
    if (!inner) continue
    if (box.contains(main)) break
    if (!canHold(box) || box === main) continue
    const all = [...box.querySelectorAll<HTMLElement>(focusable)].filter(canHold)
    const mark = box.contains(inner.element) ? inner.element : inner.before
    const next = mark && box.contains(mark) ? all.find((control) => follows(control, mark)) : undefined
    const found = next ?? all[0]
    if (found) return found
  }
  return main
}

/** Watches for the life of the present scope. `screen` holds the focus where nothing else can; it has tabindex -1. */
export function useFocusKeeper(screen: () => HTMLElement | null): void {
  let path: readonly Step[] = []
  /** Switched off while it had the focus, and who holds the focus for it meanwhile. */
  let waiting: { readonly owner: HTMLElement; readonly holder: HTMLElement } | null = null
  let timer = 0

  const look = () => {
    timer = 0
    const active = document.activeElement
    const owner = path[0]?.element
    if (waiting && active === waiting.holder && canHold(waiting.owner)) return waiting.owner.focus()
    const gone = active === null || active === document.body
    const off = active === owner && owner?.matches(':disabled')
    const main = screen()
    if (!(gone || off) || !owner || !main || canHold(owner) || document.querySelector('dialog[open]')) return
    const holder = heir(path, main)
    holder.focus()
    if (owner.isConnected && owner instanceof HTMLElement) waiting = { owner, holder }
  }
  // After everybody who wants the focus for a reason has taken it.
  const soon = () => {
    if (timer === 0) timer = window.setTimeout(look)
  }
  const onFocus = ({ target }: FocusEvent) => {
    if (!(target instanceof Element)) return
    path = pathOf(target)
    if (waiting && target !== waiting.holder) waiting = null
  }
  const observer = new MutationObserver(soon)
  observer.observe(document.documentElement, { childList: true, subtree: true, attributeFilter: ['disabled'] })
  document.addEventListener('focusin', onFocus)
  onScopeDispose(() => {
    window.clearTimeout(timer)
    observer.disconnect()
    document.removeEventListener('focusin', onFocus)
  })
}

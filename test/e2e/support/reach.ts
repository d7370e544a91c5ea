/** Whether every control can be reached: brought into sight, not clipped, not covered, without scrolling sideways. */
import type { Page } from 'playwright-core'

/** @returns what is wrong with the present screen at its present size, in words */
export async function unreachable(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const problems: string[] = []
    const name = (node: Element) => node.outerHTML.replaceAll(/\s+/g, ' ').slice(0, 140)
    const page = document.scrollingElement
    if (page && page.scrollWidth > innerWidth) problems.push(`the page is ${page.scrollWidth} wide`)
    for (const box of document.querySelectorAll('.page, main, .inside')) {
      if (box.scrollWidth > box.clientWidth + 1)
        problems.push(`${name(box)} is ${box.scrollWidth} wide, not ${box.clientWidth}`)
    }
    const root = document.querySelector('dialog[open]') ?? document
    const controls = root.querySelectorAll<HTMLElement>(
      'a[href], button:not(:disabled), input:not(:disabled, [type=hidden], [type=file]), select, textarea, summary, [tabindex="0"]',
    )
    for (const control of controls) {
      if (
        !control.checkVisibility({ visibilityProperty: true }) ||
        control.closest('.skip, .sr-only, [aria-hidden=true]')
      )
        continue
      // A handle for the keys alone: the pointer takes what lies under it.
      if (getComputedStyle(control).pointerEvents === 'none') continue
      control.scrollIntoView({ block: 'center', inline: 'center' })
      // Of a link over several lines, the first.
      const { left, right, top, bottom } = control.getClientRects()[0] ?? control.getBoundingClientRect()
      // Of a box larger than the window, some of it.
      const x = (Math.max(left, 0) + Math.min(right, innerWidth)) / 2
      const y = (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2
      const inside = right - left <= innerWidth ? left >= -1 && right <= innerWidth + 1 : right > 0 && left < innerWidth
      if (!inside || y < 0 || y > innerHeight) {
        problems.push(`${name(control)} is out of sight at ${Math.round(left)}, ${Math.round(top)}`)
        continue
      }
      const hit = document.elementFromPoint(x, y)
      const related = hit && (control.contains(hit) || hit.closest('label')?.contains(control))
      if (!related) problems.push(`${name(control)} is covered by ${hit ? name(hit) : 'nothing'}`)
    }
    return problems
  })
}

/** Every drawing has a name, and its numbers as a table: beside it, or one button or tab away. @returns what has not */
export async function silentDrawings(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const problems: string[] = []
    for (const canvas of document.querySelectorAll('main canvas')) {
      const named = canvas.closest('[aria-label]:not(section, main, [role=tabpanel])')
      if (!named) problems.push(`no name: ${canvas.parentElement?.outerHTML.slice(0, 160)}`)
      const box = canvas.closest('section, article, .split, [role=tabpanel]')
      const table = box?.querySelector(
        'table, button[aria-pressed][aria-label], [role=list], [role=listbox], [role=grid]',
      )
      const tab = document.querySelectorAll('[role=tab]').length > 1
      if (!table && !tab) problems.push(`no table: ${box?.outerHTML.slice(0, 160)}`)
    }
    return problems
  })
}

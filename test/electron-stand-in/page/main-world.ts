/** Runs in the page's own world before its scripts: builds what the preload exposes. Self-contained, sent as text. */

interface Shape {
  readonly function?: number
  readonly members?: Readonly<Record<string, Shape>>
  readonly value?: unknown
}

export function mainWorld(): void {
  let calls = 0
  const call = (target: number, args: unknown[]): unknown => {
    const id = ++calls
    let answer: { value?: unknown; error?: string; later?: boolean } | undefined
    const later = Promise.withResolvers<unknown>()
    const listen = (event: Event) => {
      const detail = (event as CustomEvent).detail
      if (detail.id !== id) return
      // The first answer comes before dispatchEvent returns; a promise's comes in a second one.
      if (!detail.later) removeEventListener('stand-in:answer', listen)
      if (!answer) answer = detail
      else if (detail.error === undefined) later.resolve(detail.value)
      else later.reject(new Error(detail.error))
    }
    addEventListener('stand-in:answer', listen)
    dispatchEvent(new CustomEvent('stand-in:call', { detail: { id, target, args } }))
    if (!answer) throw new Error('The preload did not answer.')
    if (answer.error !== undefined) throw new Error(answer.error)
    return answer.later ? later.promise : answer.value
  }
  const build = (shape: Shape): unknown => {
    if (shape.function !== undefined) {
      const target = shape.function
      return (...args: unknown[]) => call(target, args)
    }
    if (!shape.members) return shape.value
    return Object.freeze(Object.fromEntries(Object.entries(shape.members).map(([key, item]) => [key, build(item)])))
  }
  addEventListener('stand-in:expose', (event) => {
    const { key, shape } = (event as CustomEvent).detail
    Object.defineProperty(window, key, { value: build(shape), enumerable: true })
  })
}

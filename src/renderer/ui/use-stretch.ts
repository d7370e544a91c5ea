/** Which of many equal places along one axis of a scrolling box are in sight; those left out stand as two gaps. */
import { useEventListener } from '@vueuse/core'
import { computed, type MaybeRefOrGetter, type Ref, ref, toValue } from 'vue'
import { useBoxSize } from './use-box-size'

interface Axis {
  readonly count: number
  /** Pixels of one place. */
  readonly size: number
  /** Pixels of what stays in sight at the beginning (a head). */
  readonly lead: number
}

/** Drawn whole up to here: so few cost next to nothing, and nothing moves while scrolling. */
const drawnWhole = 12
/** Places beyond each edge, so that a turn of the wheel, or Tab, finds them there. */
const margin = 3

export interface Stretch {
  readonly first: number
  /** Behind the last one. */
  readonly last: number
  /** Pixels of the places left out before and behind. */
  readonly before: number
  readonly after: number
}

/** The places of a stretch of `shown` pixels from `from`; `held` is kept in it, so that the focus stays where it is. */
export function stretchOf({ count, size, lead }: Axis, from: number, shown: number, held: number | null): Stretch {
  if (count <= drawnWhole) return { first: 0, last: count, before: 0, after: 0 }
  const inside = (place: number) => Math.min(count, Math.max(0, place))
  let first = inside(Math.floor(from / size) - margin)
  let last = inside(Math.ceil((from + Math.max(0, shown - lead)) / size) + margin)
  if (held !== null && held < count) [first, last] = [Math.min(first, held), Math.max(last, held + 1)]
  return { first, last, before: first * size, after: (count - last) * size }
}

/** @param box scrolls; elements inside that carry `data-place` keep their place drawn while they hold the focus */
export function useStretch(
  box: Readonly<Ref<HTMLElement | null>>,
  axis: MaybeRefOrGetter<Axis>,
  way: 'across' | 'down',
): Readonly<Ref<Stretch>> {
  const { width, height } = useBoxSize(box)
  const from = ref(0)
  const held = ref<number | null>(null)
  useEventListener(
    box,
    'scroll',
    () => {
      if (box.value) from.value = way === 'across' ? box.value.scrollLeft : box.value.scrollTop
    },
    { passive: true },
  )
  useEventListener(box, 'focusin', ({ target }) => {
    const place = way === 'across' && target instanceof Element ? target.closest<HTMLElement>('[data-place]') : null
    held.value = place ? Number(place.dataset.place) : null
  })
  useEventListener(box, 'focusout', () => {
    held.value = null
  })
  return computed((old) => {
    const next = stretchOf(toValue(axis), from.value, way === 'across' ? width.value : height.value, held.value)
    // The same object while scrolling inside one place, so that nothing is drawn anew.
    return old && (Object.keys(next) as (keyof Stretch)[]).every((key) => old[key] === next[key]) ? old : next
  })
}

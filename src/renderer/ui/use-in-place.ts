/** A field that takes the place of the button that asked for it: it has the focus at once, and the button has it again after. */
import { type Ref, ref, watch } from 'vue'

/**
 * @param field where the field is while it is open: the attribute `autofocus` counts for the first element of a page alone
 * @param button absent for a field that also closes when it is left: then the focus is where the person went
 */
export function useInPlace(
  field: Readonly<Ref<HTMLElement | null>>,
  button?: Readonly<Ref<HTMLElement | null>>,
): Ref<boolean> {
  const open = ref(false)
  watch(open, (now) => (now ? field : button)?.value?.focus(), { flush: 'post' })
  return open
}

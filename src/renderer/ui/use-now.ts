/** One shared clock, a tick a second, started by the first who watches it. */
import { type Ref, ref } from 'vue'

const now = ref(Date.now())
let started = false

export function useNow(): Ref<number> {
  if (!started) {
    started = true
    setInterval(() => {
      now.value = Date.now()
    }, 1000)
  }
  return now
}

/** One shared clock, a tick a second, started by the first who watches it. */
import { type Ref, ref } from 'vue'

const now = ref(Date.now())
const minute = ref(Date.now())
let started = false

function start(): void {
  if (started) return
  started = true
  setInterval(() => {
    now.value = Date.now()
    if (now.value - minute.value >= 20_000) minute.value = now.value
  }, 1000)
}

export function useNow(): Ref<number> {
  start()
  return now
}

/** The same clock three times a minute, for ages of minutes and more: a screen full of them is not drawn every second. */
export function useMinutes(): Ref<number> {
  start()
  return minute
}

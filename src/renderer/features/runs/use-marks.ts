/** What a person marks runs with: pinned to the top, and a colour of one's own that every screen keeps. */
import { computed } from 'vue'
import type { Run } from '../../../contract'
import { arrangementKeys } from '../../../contract/arrangement'
import { useSettings } from '../../app/settings.store'
import { strategyIndex } from '../../charts/palette'

/** Without a colour of its own a run has its strategy's. @returns place in the palette */
export const colourOf = (run: Run, own: Readonly<Record<string, number>>): number =>
  own[run.id] ?? strategyIndex(run.config.strategy)

export function useMarks(projectId: string) {
  const settings = useSettings()
  const pins = settings.layout<readonly string[]>(arrangementKeys.pins(projectId), [])
  const colours = settings.layout<Readonly<Record<string, number>>>(arrangementKeys.colours(projectId), {})
  const pinned = computed<ReadonlySet<string>>(() => new Set(pins.value))

  function pin(ids: readonly string[], on: boolean): void {
    const others = pins.value.filter((id) => !ids.includes(id))
    pins.value = on ? [...others, ...ids] : others
  }

  /** null: the strategy's again. */
  function colour(ids: readonly string[], to: number | null): void {
    const others = Object.entries(colours.value).filter(([id]) => !ids.includes(id))
    colours.value = Object.fromEntries(to === null ? others : [...others, ...ids.map((id) => [id, to] as const)])
  }

  return { pinned, pin, colours, colour, colourOf: (run: Run) => colourOf(run, colours.value) }
}
export type Marks = ReturnType<typeof useMarks>

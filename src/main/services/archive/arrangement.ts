/** Pins, colours, views and charts of a project: out of its layouts into the archive, and back under the ids it has here. */
import { arrangementKeys } from '../../../contract/arrangement'
import { type Arrangement, arrangementSchema } from '../../../contract/arrangement-schemas'
import type { Settings } from '../../../contract/entities'

const parts = Object.keys(arrangementKeys) as (keyof Arrangement)[]

/** What a run's id is elsewhere; null: it does not travel, and nothing that is about it does. */
type RunName = (id: string) => string | null

const renamed = ({ pins, colours, ...rest }: Arrangement, nameOf: RunName): Arrangement => ({
  ...rest,
  pins: pins.flatMap((id) => nameOf(id) ?? []),
  colours: Object.fromEntries(
    Object.entries(colours).flatMap(([id, place]) => {
      const name = nameOf(id)
      return name === null ? [] : [[name, place]]
    }),
  ),
})

/** What another version kept in a form that this one does not know is left out, as the screens leave it out. */
export function arrangementOf(layouts: Settings['layouts'], projectId: string, runs: ReadonlySet<string>): Arrangement {
  const kept: Arrangement = { pins: [], colours: {}, views: [], charts: [] }
  for (const part of parts) {
    const parsed = arrangementSchema.shape[part].safeParse(layouts[arrangementKeys[part](projectId)])
    if (parsed.success) Object.assign(kept, { [part]: parsed.data })
  }
  return renamed(kept, (id) => (runs.has(id) ? id : null))
}

/** As layouts of the project that it arrived as. */
export function layoutsOf(arrangement: Arrangement, projectId: string, nameOf: RunName): Settings['layouts'] {
  const arrived = renamed(arrangement, nameOf)
  return Object.fromEntries(parts.map((part) => [arrangementKeys[part](projectId), arrived[part]]))
}

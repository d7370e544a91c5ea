/** Remembers where the window was, and puts it back where a screen still shows it. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'

export interface Rectangle {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

const stateSchema = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int().min(400).max(20_000),
  height: z.number().int().min(300).max(20_000),
  maximized: z.boolean(),
})
export type WindowState = z.infer<typeof stateSchema>

/** Pixels of the title bar that must lie on a screen, so that the window can be moved by hand. */
const grip = 80

const showsGrip = (state: Rectangle, screen: Rectangle): boolean =>
  state.x + state.width >= screen.x + grip &&
  state.x <= screen.x + screen.width - grip &&
  state.y >= screen.y &&
  state.y <= screen.y + screen.height - grip

/** What was kept at `path`, if it is readable and one of the `screens` still shows it. */
export function recallWindow(path: string, screens: readonly Rectangle[]): WindowState | undefined {
  let kept: unknown
  try {
    kept = JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
  const state = stateSchema.safeParse(kept)
  return state.success && screens.some((screen) => showsGrip(state.data, screen)) ? state.data : undefined
}

/** Writes the state whole or not at all. */
export function rememberWindow(path: string, state: WindowState): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.new`, JSON.stringify(state))
  renameSync(`${path}.new`, path)
}

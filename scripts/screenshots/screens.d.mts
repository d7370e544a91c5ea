import type { Page } from 'playwright-core'

/** Of the server that is photographed. */
export interface Engines {
  readonly folder: string
  hold(): void
  letGo(): void
}

export interface Screen {
  readonly hash: string
  readonly ready: string
  act?(page: Page, engines?: Engines): Promise<unknown>
  undo?(page: Page, engines?: Engines): Promise<unknown>
}
export declare const screens: Record<string, Screen>
export declare const liveScreens: Record<string, Screen>
export declare const heldScreens: Record<string, Screen>
export declare const interruptedScreens: Record<string, Screen>
export declare const cancelledScreens: Record<string, Screen>
export declare const readingScreens: Record<string, Screen>
export declare function fillIn(hash: string, project: string, names: Record<string, string>): string

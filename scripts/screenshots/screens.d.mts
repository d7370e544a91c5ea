import type { Page } from 'playwright-core'

export interface Screen {
  readonly hash: string
  readonly ready: string
  act?(page: Page): Promise<unknown>
  undo?(page: Page): Promise<unknown>
}
export declare const screens: Record<string, Screen>
export declare const liveScreens: Record<string, Screen>
export declare function fillIn(hash: string, project: string, names: Record<string, string>): string

import type { Page } from 'playwright-core'

export declare function emptyProject(page: Page, url: string): Promise<void>
export declare function sensitivitySweep(page: Page): Promise<void>
export declare function throwAway(page: Page): Promise<void>
export declare function longRun(page: Page): Promise<string>
export declare function callOff(page: Page): Promise<void>
export declare function throwCalledOff(page: Page): Promise<void>
export declare function resume(page: Page): Promise<void>
export declare function manyPictures(folder: string, count?: number): void
export declare function work(page: Page, url: string): Promise<void>
export declare function addresses(page: Page, url: string): Promise<{ project: string; names: Record<string, string> }>

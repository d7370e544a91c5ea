import type { Page } from 'playwright-core'

export declare function atRest(page: Page): Promise<Buffer>
export declare function toWebp(blank: Page, png: Buffer): Promise<Buffer>

export declare const hasDisplay: () => boolean
export declare function electronBinary(): string | undefined
export declare function desktop(again: boolean): { binary?: string; reason?: string }

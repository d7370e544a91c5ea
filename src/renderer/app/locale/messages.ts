/** The shape of a feature's texts: English beside Simplified Chinese, checked by the compiler to have the same keys. */

export type Texts = { readonly [key: string]: string | Texts }

type SameKeys<T> = { readonly [K in keyof T]: T[K] extends string ? string : SameKeys<T[K]> }

export interface Bilingual<T extends Texts = Texts> {
  readonly en: T
  readonly zh: SameKeys<T>
}

/** Pairs the two languages of one feature. */
export const bilingual = <const T extends Texts>(en: T, zh: SameKeys<T>): Bilingual<T> => ({ en, zh })

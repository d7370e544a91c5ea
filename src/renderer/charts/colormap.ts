/** Perceptually even colours for maps of numbers: viridis for sizes, blue to red for signed differences. */

type Colour = readonly [number, number, number]

/** Samples of matplotlib's viridis (van der Walt and Smith 2015), dark to light at even steps of lightness. */
const viridis: readonly Colour[] = [
  [68, 1, 84],
  [71, 45, 123],
  [59, 82, 139],
  [44, 114, 142],
  [33, 145, 140],
  [40, 174, 128],
  [94, 201, 98],
  [173, 220, 48],
  [253, 231, 37],
]

/** Red and blue of ColorBrewer's RdBu; the middle is the surface, so that nothing looks like something. */
const diverging: Readonly<Record<'light' | 'dark', readonly Colour[]>> = {
  light: [
    [33, 102, 172],
    [146, 197, 222],
    [247, 247, 247],
    [244, 165, 130],
    [178, 24, 43],
  ],
  dark: [
    [107, 174, 240],
    [52, 98, 143],
    [24, 28, 24],
    [156, 66, 58],
    [246, 148, 136],
  ],
}

function between(stops: readonly Colour[], at: number): Colour {
  const place = Math.min(1, Math.max(0, at)) * (stops.length - 1)
  const index = Math.min(stops.length - 2, Math.floor(place))
  const part = place - index
  const [a, b] = [stops[index] as Colour, stops[index + 1] as Colour]
  return [0, 1, 2].map((i) =>
    Math.round((a[i] as number) + part * ((b[i] as number) - (a[i] as number))),
  ) as unknown as Colour
}

export type Colouring = 'size' | 'difference'

/** 256 colours as one table of red, green, blue. */
function tableOf(colouring: Colouring, theme: 'light' | 'dark'): Uint8ClampedArray {
  const stops = colouring === 'size' ? viridis : diverging[theme]
  const table = new Uint8ClampedArray(256 * 3)
  for (let i = 0; i < 256; i++) table.set(between(stops, i / 255), i * 3)
  return table
}
const tables = new Map<string, Uint8ClampedArray>()
const known = (colouring: Colouring, theme: 'light' | 'dark'): Uint8ClampedArray => {
  const key = `${colouring} ${theme}`
  const found = tables.get(key) ?? tableOf(colouring, theme)
  tables.set(key, found)
  return found
}

/** @param low, high values of the first and the last colour. */
export function colourOf(
  value: number,
  low: number,
  high: number,
  colouring: Colouring,
  theme: 'light' | 'dark',
): string {
  const table = known(colouring, theme)
  const at = 3 * placeOf(value, low, high)
  return `rgb(${table[at]} ${table[at + 1]} ${table[at + 2]})`
}

const placeOf = (value: number, low: number, high: number): number =>
  high > low ? Math.round(255 * Math.min(1, Math.max(0, (value - low) / (high - low)))) : 0

/** RGBA pixels of a map, opaque. */
export function pixelsOf(
  values: Float32Array,
  low: number,
  high: number,
  colouring: Colouring,
  theme: 'light' | 'dark',
): Uint8ClampedArray<ArrayBuffer> {
  const table = known(colouring, theme)
  const pixels = new Uint8ClampedArray(values.length * 4)
  for (let i = 0; i < values.length; i++) {
    const at = 3 * placeOf(values[i] as number, low, high)
    pixels[i * 4] = table[at] as number
    pixels[i * 4 + 1] = table[at + 1] as number
    pixels[i * 4 + 2] = table[at + 2] as number
    pixels[i * 4 + 3] = 255
  }
  return pixels
}

/** A CSS gradient of the colours, for legends. */
export const gradientOf = (colouring: Colouring, theme: 'light' | 'dark'): string =>
  `linear-gradient(to right, ${[0, 0.25, 0.5, 0.75, 1].map((at) => colourOf(at, 0, 1, colouring, theme)).join(', ')})`

/** Lowest and highest finite value. */
export function rangeOf(values: Float32Array): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of values) {
    if (value < low) low = value
    if (value > high) high = value
  }
  return low <= high ? [low, high] : [0, 0]
}

/** A colour for each class of a picture: those of the charts, lighter or darker in every further round. */
import { type ComputedRef, computed } from 'vue'
import { usePalette } from './palette'

type Pixel = readonly [number, number, number]

/** How far the colours of a round are moved towards the surface. */
const paler = [0, 0.45, 0.7]

/** Of #rrggbb, or #rgb as builds shorten it. */
const parts = (hex: string): Pixel => {
  const digits = hex.length > 4 ? hex.slice(1) : hex.slice(1).replaceAll(/./g, '$&$&')
  return [0, 2, 4].map((at) => Number.parseInt(digits.slice(at, at + 2), 16)) as never
}

const towards = (from: Pixel, to: Pixel, share: number): Pixel =>
  from.map((part, i) => Math.round(part + share * ((to[i] as number) - part))) as never

export interface ClassColours {
  pixel(of: number): Pixel
  css(of: number): string
}

/** @param series, surface as the style sheet has them */
export function classColours(series: readonly string[], surface: string): ClassColours {
  const [colours, base] = [series.map(parts), parts(surface)]
  const pixel = (of: number): Pixel => {
    const round = Math.floor(of / colours.length)
    return towards(colours[of % colours.length] as Pixel, base, paler[round % paler.length] as number)
  }
  return { pixel, css: (of) => `rgb(${pixel(of).join(' ')})` }
}

export function useClassColours(): ComputedRef<ClassColours> {
  const palette = usePalette()
  return computed(() => classColours(palette.value.series, palette.value.surface))
}

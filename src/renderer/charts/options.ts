/** Pieces of chart options that every chart shares: axes, grid, tooltip (drawn on the canvas: no inline styles). */
import type { Palette } from './palette'

const font =
  'system-ui, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Microsoft YaHei", "Liberation Sans", sans-serif'

export const baseOption = (palette: Palette) => ({
  animation: false,
  textStyle: { fontFamily: font, fontSize: 12, color: palette.text2 },
  grid: { left: 8, right: 16, top: 28, bottom: 24, containLabel: true },
})

/** The grid inside a chart: what stands outside of it (labels, names of axes) has the room that it needs, however wide it is. */
export const gridOption = (top: number) => ({
  left: 4,
  right: 16,
  top,
  bottom: 4,
  outerBoundsMode: 'same' as const,
  outerBoundsContain: 'all' as const,
})

export const tooltipOption = (palette: Palette) => ({
  renderMode: 'richText' as const,
  backgroundColor: palette.surface,
  borderColor: palette.line,
  borderWidth: 1,
  padding: [8, 12],
  textStyle: { color: palette.text, fontSize: 12, fontFamily: font },
  confine: true,
  // A blurred shadow is half of what a picture costs while the pointer moves; the border sets the box off.
  shadowBlur: 0,
  shadowColor: 'transparent',
  shadowOffsetX: 0,
  shadowOffsetY: 0,
})

/** Small, in the upper corner on the other side of the chart, where it covers none of what is pointed at. */
export const besideThePointer = (palette: Palette) => ({
  padding: [4, 8],
  textStyle: { color: palette.text, fontSize: 11, lineHeight: 16, fontFamily: font },
  position: (
    [x]: readonly number[],
    _params: unknown,
    _element: unknown,
    _rect: unknown,
    { contentSize, viewSize }: { readonly contentSize: readonly number[]; readonly viewSize: readonly number[] },
  ): [number, number] => {
    const [width = 0, room = 0] = [contentSize[0], viewSize[0]]
    return [(x ?? 0) < room / 2 ? room - width - 16 : 48, 0]
  },
})

const tickFormat = new Intl.NumberFormat('en', { maximumSignificantDigits: 12 })
/** Figures as the screen writes them, with a true minus sign. Names of categories stay as they are. */
export const tickOf = (value: number | string): string =>
  typeof value === 'number' ? tickFormat.format(value).replace('-', '−') : value

/** Of a logarithmic axis: what has many zeros is told by its power, 1e−6. */
export const logTickOf = (value: number): string =>
  value > 0 && value < 1e-4 ? value.toExponential().replace('-', '−') : tickOf(value)

export const axisOption = (palette: Palette, name: string) => ({
  name,
  nameLocation: 'middle' as const,
  nameGap: 26,
  nameTextStyle: { color: palette.text2, fontSize: 12 },
  axisLine: { show: false },
  axisTick: { show: false },
  axisLabel: { color: palette.text3, fontSize: 11, hideOverlap: true, formatter: tickOf },
  splitLine: { lineStyle: { color: palette.line, width: 1 } },
  scale: true,
})

/** About as wide as text of this size is drawn; Han characters are as wide as they are high. */
export const textWidth = (text: string, size: number): number =>
  [...text].reduce((sum, char) => sum + size * (char > '\u2e80' ? 1 : 0.55), 0)

/** So many lines a legend of these names takes. */
export function legendLines(names: readonly string[], width: number): number {
  let [lines, used] = [1, 0]
  for (const name of names) {
    // The mark, its distance from the name, and what keeps entries apart.
    const wide = 10 + 5 + textWidth(name, 12) + 14
    if (used > 0 && used + wide > width) {
      lines += 1
      used = 0
    }
    used += wide
  }
  return lines
}

export interface LegendEntry {
  readonly name: string
  readonly icon?: string
  readonly itemStyle?: { readonly color: string; readonly borderWidth: number }
}

export const legendOption = (palette: Palette, entries: readonly (string | LegendEntry)[]) => ({
  data: [...entries],
  top: 0,
  left: 0,
  itemWidth: 10,
  itemHeight: 10,
  itemGap: 14,
  textStyle: { color: palette.text2, fontSize: 12 },
  inactiveColor: palette.line,
})

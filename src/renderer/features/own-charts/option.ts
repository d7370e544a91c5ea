/** An own chart as ECharts draws it. */
import type { OwnChart } from '../../../contract'
import type { EChartsOption } from '../../charts/echarts'
import { axisOption, baseOption, gridOption, legendOption, tooltipOption } from '../../charts/options'
import { type Palette, strategyOrder, symbolAt } from '../../charts/palette'
import { type ChartSeries, mostBars } from './charts'

export interface Words {
  readonly x: string
  readonly y: string
  readonly figure: (value: number) => string
  readonly labelled: (label: string, value: string) => string
  readonly runName: (id: string) => string
}

/** A scatter of more dots than these is drawn thinned by ECharts itself. */
const many = 2000

export function chartOption(
  chart: OwnChart,
  series: readonly ChartSeries[],
  palette: Palette,
  words: Words,
): EChartsOption {
  const place = (one: ChartSeries, at: number) => (one.strategy === null ? at : strategyOrder(one.strategy))
  const colourOf = (one: ChartSeries, at: number) =>
    palette.series[place(one, at) % palette.series.length] ?? palette.accent
  const bars = chart.kind === 'bar'
  const categories = bars
    ? [...new Set(series.flatMap((one) => one.stops.map(({ at }) => String(at))))].slice(0, mostBars)
    : []
  const named = series.length > 1 || (series[0]?.name ?? '') !== ''
  return {
    ...baseOption(palette),
    grid: gridOption(named ? 40 : 16),
    ...(named
      ? {
          legend: {
            ...legendOption(
              palette,
              series.map((one, at) => ({
                name: one.name,
                icon: bars ? 'roundRect' : symbolAt(place(one, at)),
                itemStyle: { color: colourOf(one, at), borderWidth: 0 },
              })),
            ),
            type: 'scroll' as const,
            right: 0,
          },
        }
      : {}),
    tooltip: {
      ...tooltipOption(palette),
      trigger: bars ? 'axis' : 'item',
      formatter: (given) => {
        const all = Array.isArray(given) ? given : [given]
        return all
          .flatMap(({ seriesIndex = 0, dataIndex, name }) => {
            const one = series[seriesIndex]
            if (!one) return []
            if (chart.kind === 'scatter') {
              const dot = one.dots[dataIndex]
              return dot
                ? [
                    words.runName(dot.runId),
                    words.labelled(words.x, words.figure(dot.x)),
                    words.labelled(words.y, words.figure(dot.y)),
                  ]
                : []
            }
            const stop = bars ? one.stops.find(({ at }) => String(at) === name) : one.stops[dataIndex]
            return stop ? [words.labelled(one.name || words.y, `${words.figure(stop.mean)} (n = ${stop.n})`)] : []
          })
          .join('\n')
      },
    },
    xAxis: bars
      ? {
          ...axisOption(palette, words.x),
          type: 'category',
          data: categories,
          splitLine: { show: false },
          axisLabel: {
            color: palette.text3,
            fontSize: 11,
            // A few bars leave room for longer names.
            width: categories.length > 5 ? 84 : 120,
            overflow: 'truncate',
            interval: categories.length > 8 ? 'auto' : 0,
          },
        }
      : { ...axisOption(palette, words.x), type: 'value' },
    yAxis: { ...axisOption(palette, words.y), type: 'value', nameGap: 10, scale: !bars },
    series: series.map((one, at) => {
      const color = colourOf(one, at)
      const look = { name: one.name, itemStyle: { color } }
      if (chart.kind === 'scatter')
        return {
          ...look,
          type: 'scatter' as const,
          symbol: symbolAt(place(one, at)),
          symbolSize: 9,
          large: one.dots.length > many,
          data: one.dots.map(({ x, y }) => [x, y]),
        }
      if (bars)
        return {
          ...look,
          type: 'bar' as const,
          barMaxWidth: 28,
          data: categories.map((category) => one.stops.find((stop) => String(stop.at) === category)?.mean ?? null),
        }
      return {
        ...look,
        type: 'line' as const,
        lineStyle: { color, width: 2 },
        symbol: symbolAt(place(one, at)),
        symbolSize: 7,
        data: one.stops.map((stop) => [Number(stop.at), stop.mean]),
      }
    }),
  }
}

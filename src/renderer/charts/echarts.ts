/** The parts of ECharts that are used, and no others. Imported by Chart.vue alone, which screens load lazily. */
import { BarChart, CustomChart, LineChart, ScatterChart } from 'echarts/charts'
import { BrushComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from 'echarts/components'
import { connect, init, use } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'

use([
  BarChart,
  BrushComponent,
  CanvasRenderer,
  CustomChart,
  GridComponent,
  LegendComponent,
  LineChart,
  MarkLineComponent,
  ScatterChart,
  TooltipComponent,
])

export type { EChartsType } from 'echarts/core'
export type { EChartsOption } from 'echarts/types/dist/shared'
export { connect, init }

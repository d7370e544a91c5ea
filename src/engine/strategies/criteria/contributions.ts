/** What each unit adds to the outputs of its readers, as second moments: the basis of greedy reconstruction. */
import type { Coupling } from '../../coupling'
import type { Graph } from '../../graph/graph'
import { type LayerStatistics, readWeights, type Statistics, shapeOfLayer } from '../../statistics'

/**
 * K_cd = sum over outputs of w_c^T A_cd w_d, mean over the readers of group `g`; units squared. Where moments are over
 * channels, taps of different places are taken as uncorrelated. Null where nothing that reads the group was observed.
 */
export function contributionsOf(
  graph: Graph,
  coupling: Coupling,
  g: number,
  statistics: Statistics,
): Float64Array | null {
  const units = (coupling.groups[g] as Coupling['groups'][number]).units.length
  const total = new Float64Array(units * units)
  let readers = 0
  for (const layer of statistics.layers.values()) {
    if (layer.recurrent || !layer.layer.inputUnits.some((unit) => unit !== 0 && coupling.groupOf[unit] === g)) continue
    readers++
    const weights = readWeights(graph, layer.layer)
    layer.blocks.forEach((_, block) => {
      addBlock(graph, coupling, g, layer, block, weights[block] as Float64Array, total, units)
    })
  }
  return readers > 0 ? total.map((value) => value / readers) : null
}

function addBlock(
  graph: Graph,
  coupling: Coupling,
  g: number,
  { layer, blocks, taps }: LayerStatistics,
  block: number,
  weights: Float64Array,
  total: Float64Array,
  units: number,
): void {
  const { mode, moments, rows } = blocks[block] as LayerStatistics['blocks'][number]
  const { outputs, columns } = shapeOfLayer(graph, layer)
  const n = rows - 1
  const perChannel = mode === 'patch' ? taps : 1
  const channels = columns / taps
  const unitOf = Int32Array.from({ length: n }, (_, row) => {
    const channel = Math.floor(row / perChannel)
    const place = layer.kind === 'dense' ? channel * taps : block * channels + channel
    const unit = layer.inputUnits[place] as number
    return unit !== 0 && coupling.groupOf[unit] === g ? (coupling.indexOf[unit] as number) : -1
  })
  const inner = columns / n
  const width = columns + 1
  const turned = new Float64Array(columns * outputs)
  for (let j = 0; j < columns; j++)
    for (let o = 0; o < outputs; o++) turned[j * outputs + o] = weights[o * width + j] as number
  const span = inner * outputs
  for (let i = 0; i < n; i++) {
    const u = unitOf[i] as number
    if (u < 0) continue
    for (let j = 0; j <= i; j++) {
      const v = unitOf[j] as number
      if (v < 0) continue
      let dot = 0
      for (let k = 0; k < span; k++) dot += (turned[i * span + k] as number) * (turned[j * span + k] as number)
      const value = dot * (moments[i * rows + j] as number)
      total[u * units + v] = (total[u * units + v] as number) + value
      if (i !== j) total[v * units + u] = (total[v * units + u] as number) + value
    }
  }
}

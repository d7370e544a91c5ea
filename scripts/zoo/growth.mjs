/**
 * Analysis time against size: residual networks from some hundred to 20,000 nodes, CPU time, the median of five analyses each.
 * Writes docs/coverage-growth.json.
 *
 * usage: node scripts/zoo/growth.mjs
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundled } from '../lib/bundle.mjs'
import { writeCoverage } from './report.mjs'
import { residual } from './residual.mjs'

const api = await import(await bundled(join(import.meta.dirname, 'api.ts')))
const { analyseCoupling } = api

const cpuMs = () => process.cpuUsage().user / 1000 + process.cpuUsage().system / 1000

for (let i = 0; i < 20; i++) analyseCoupling(residual(api, 50))
const points = [60, 125, 250, 500, 1000, 1900, 2760].map((blocks) => {
  const graph = residual(api, blocks)
  const times = Array.from({ length: 5 }, () => {
    const start = cpuMs()
    analyseCoupling(graph)
    return cpuMs() - start
  }).sort((a, b) => a - b)
  const point = { nodes: graph.nodes.length, ms: times[2] }
  console.log(point.nodes, point.ms.toFixed(1))
  return point
})
const root = join(import.meta.dirname, '..', '..')
writeFileSync(join(root, 'docs', 'coverage-growth.json'), `${JSON.stringify({ points }, null, 1)}\n`)
writeCoverage(root)

/** `espalier strategies`: what there is to prune with. */
import type { Command } from 'commander'
import { listStrategies } from '../../../engine/pipeline'
import type { Shell } from '../shell'
import { table } from '../text'

export function registerStrategies(command: Command, shell: Shell): void {
  shell.handle(command, async ({ terminal }) => {
    const strategies = listStrategies()
    const rows = strategies.map((each) => [each.name, each.needsData ? 'yes' : 'no', each.summary, each.paper])
    terminal.result(strategies, table(['name', 'needs data', 'decides by', 'paper'], rows))
  })
}

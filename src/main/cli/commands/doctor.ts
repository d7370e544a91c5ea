/** `espalier doctor`: what this machine offers. */
import type { Command } from 'commander'
import type { Doctor } from '../../../contract/entities'
import { dataFolder } from '../../artifacts/home'
import { forkLauncher } from '../../engine'
import { createServices } from '../../services'
import { engineEntry } from '../places'
import type { Shell } from '../shell'
import { bytes, table } from '../text'

export function registerDoctor(command: Command, shell: Shell): void {
  shell.handle(command, async ({ terminal }) => {
    const services = createServices({
      home: dataFolder(),
      engineLauncher: forkLauncher({ entry: engineEntry() }),
      onWarning: (sentence) => terminal.warn(sentence),
    })
    try {
      const found = await services.app.doctor()
      terminal.result(found, describe(found))
    } finally {
      await services.close()
    }
  })
}

function describe(found: Doctor): string {
  const versions = Object.entries(found.versions).map(([name, version]) => `${name} ${version}`)
  const backends = found.backends.map((backend) => [
    backend.name,
    backend.chosen ? 'chosen' : backend.available ? 'available' : 'no',
    backend.gflops === null ? '-' : backend.gflops.toFixed(1),
    backend.reason,
  ])
  return [
    `versions     ${versions.join(', ')}`,
    `machine      ${found.platform}, ${found.cpu}, ${found.cores} cores, ${bytes(found.memoryBytes)}`,
    `data folder  ${found.dataFolder} (${bytes(found.storeBytes)})`,
    '',
    table(['backend', 'state', ' GFLOP/s', 'why'], backends),
  ].join('\n')
}

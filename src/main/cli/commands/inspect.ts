/** `espalier inspect`: what was understood of a network, and what cannot be pruned and why. */
import type { Command } from 'commander'
import type { Inspection } from '../../../contract/entities'
import { inEnglish } from '../../../contract/sentences'
import { inspect } from '../../../engine/pipeline/inspect'
import { openGraph } from '../networks'
import type { Shell } from '../shell'
import { bytes, count, milliseconds, table } from '../text'

export function registerInspect(command: Command, shell: Shell): void {
  command.argument('<MODEL>', 'a network: .onnx, TF.js model.json, .keras or .h5')
  shell.handle(command, async ({ terminal }, _options, [path]) => {
    const start = performance.now()
    const { graph, notes: read } = await openGraph(path as string)
    const found = inspect(graph)
    // What reading the file has left out or changed is said too.
    const notes = [...read.map(inEnglish), ...found.notes]
    const notesSaid = [...read, ...(found.notesSaid ?? [])]
    const inspection: Inspection = { ...found, notes, notesSaid, analysisMs: performance.now() - start }
    terminal.result(inspection, describe(inspection))
  })
}

function describe(found: Inspection): string {
  const value = (info: Inspection['inputs'][number]) => `${info.name} ${info.dtype} [${info.shape.join(', ')}]`
  const operators = Object.entries(found.operators).map(([name, times]) => `${name} ${times}`)
  const groups = found.groups.map((group) => [
    group.name,
    `${group.units}`,
    group.prunable ? 'yes' : `no: ${group.reason}`,
    group.members.join(' '),
  ])
  return [
    `inputs      ${found.inputs.map(value).join('; ')}`,
    `outputs     ${found.outputs.map(value).join('; ')}`,
    `operators   ${found.nodes}: ${operators.join(', ')}`,
    `MACs        ${count(found.macs)}`,
    `parameters  ${count(found.params)} (${bytes(found.bytes)})`,
    `analysed in ${milliseconds(found.analysisMs)}`,
    ...found.notes.map((note) => `note: ${note}`),
    '',
    table(['group', ' units', 'prunable', 'members'], groups),
  ].join('\n')
}

/** What the command line already names and a later issue builds: refused by name, before any work is done. */
import { EspalierError } from '../../contract/errors'
import type { RunConfig } from '../../contract/run'
import { type Precision, requirePrecision } from '../../engine/formats/precision'

const refuse = (what: string, instead: string): never => {
  throw new EspalierError('NOT_BUILT_YET', `${what} is not built yet in this version of Espalier. ${instead}`)
}

/** The choices that are not there yet. @throws NOT_BUILT_YET with the name of the option. */
export function refuseUnbuilt(choices: {
  readonly backend?: RunConfig['backend'] | undefined
  readonly precision?: Precision | undefined
  readonly formats?: readonly string[] | undefined
}): void {
  if (choices.backend === 'cuda' || choices.backend === 'webgpu') {
    refuse(`--backend ${choices.backend}`, 'Use --backend auto, native or wasm.')
  }
  for (const format of choices.formats ?? []) requirePrecision(format, choices.precision ?? 'fp32')
}

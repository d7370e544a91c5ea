/** The reference networks that `espalier train` knows. */
import { EspalierError } from '../../contract/errors'
import type { Architecture } from './architecture'
import { bilstm } from './bilstm'
import { lenet } from './lenet'
import { mobilenetSmall } from './mobilenet-small'
import { resnetSmall } from './resnet-small'
import { textCnn } from './text-cnn'
import { transformer } from './transformer'
import { vggSmall } from './vgg-small'

export type { Architecture, ArchitectureOptions } from './architecture'

export const architectures: readonly Architecture[] = [
  lenet,
  vggSmall,
  resnetSmall,
  mobilenetSmall,
  textCnn,
  bilstm,
  transformer,
]

/** @throws BAD_USAGE with the names there are. */
export function findArchitecture(name: string): Architecture {
  const found = architectures.find((architecture) => architecture.name === name)
  if (found) return found
  throw new EspalierError(
    'BAD_USAGE',
    `There is no architecture named "${name}". Choose one of ${architectures.map((each) => each.name).join(', ')}.`,
  )
}

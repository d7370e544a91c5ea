/** How a field's samples are laid out for a network: axes moved, planes named, flattened; or why they do not fit. */
import { EspalierError } from '../../contract/errors'
import type { Dim } from '../graph/graph'
import type { RawField } from './raw'

/** Element p of channel c of a sample is `row[c * channelStride + p * pixelStride]`; the result is channel after channel. */
export interface Fitting {
  readonly field: RawField
  /** Of one sample as the network reads it. */
  readonly dims: readonly number[]
  readonly channels: number
  readonly plane: number
  readonly channelStride: number
  readonly pixelStride: number
}

const product = (dims: readonly number[]) => dims.reduce((a, b) => a * b, 1)

/** Channels first, as in the file. */
const asIs = (field: RawField, dims: readonly number[]): Fitting => {
  const channels = dims.length > 2 ? (dims[0] as number) : 1
  const plane = product(dims) / Math.max(1, channels)
  return { field, dims, channels, plane, channelStride: plane, pixelStride: 1 }
}

/** Channels last in the file, first for the network: of pictures, films and volumes. */
const channelsFirst = (field: RawField): Fitting => {
  const extents = field.dims.slice(0, -1)
  const channels = field.dims.at(-1) as number
  const dims = [channels, ...extents]
  return { field, dims, channels, plane: product(extents), channelStride: 1, pixelStride: channels }
}

/** Extents that are channels rather than pixels; 4 (with alpha) only where nothing else speaks. */
const channelRank = (extent: number | undefined, given: number): number => {
  if (given > 1) return extent === given ? 2 : 0
  return extent === 1 || extent === 3 ? 2 : extent === 4 ? 1 : 0
}

/**
 * What the samples look like while no network has been named: [C, H, W] for images.
 * @param given how many channels the data has a mean for; 0 or 1 tell nothing
 */
export function guessFitting(field: RawField, given = 0): Fitting {
  const { dims } = field
  if (field.resized && (given === 1 || given === 3)) {
    const [height, width] = dims as [number, number]
    return channelsFirst(field.resized(given, height, width))
  }
  if (dims.length === 3 && channelRank(dims[2], given) > channelRank(dims[0], given)) return channelsFirst(field)
  if (dims.length === 2 && field.pixels) return { ...asIs(field, [1, ...dims]), channels: 1 }
  return asIs(field, dims)
}

const matches = (dims: readonly number[], wanted: readonly Dim[]) =>
  dims.length === wanted.length && dims.every((dim, i) => typeof wanted[i] === 'string' || dim === wanted[i])

/** Pictures of any size are brought to the network's. */
function resize(field: RawField, wanted: readonly Dim[]): Fitting | undefined {
  const [channels, height, width] = wanted
  const known = typeof channels === 'number' && typeof height === 'number' && typeof width === 'number'
  if (!field.resized || wanted.length !== 3 || !known || (channels !== 1 && channels !== 3)) return undefined
  return channelsFirst(field.resized(channels, height, width))
}

/**
 * @param name what the field is called in sentences
 * @param wanted the network's input shape without the batch
 * @throws SHAPE_MISMATCH
 */
export function fitField(name: string, field: RawField, wanted: readonly Dim[]): Fitting {
  const { dims } = field
  if (field.resized) {
    const picture = resize(field, wanted)
    if (picture) return picture
  }
  if (matches(dims, wanted)) return asIs(field, dims)
  if (dims.length >= 3) {
    const moved = channelsFirst(field)
    if (matches(moved.dims, wanted)) return moved
  }
  if (matches([1, ...dims], wanted)) return { ...asIs(field, [1, ...dims]), channels: 1, plane: product(dims) }
  const squeezed = dims.filter((dim) => dim !== 1)
  if (matches(squeezed, wanted)) return asIs(field, squeezed)
  const [length] = wanted
  if (wanted.length === 1 && (typeof length === 'string' || length === product(dims))) {
    return { ...guessFitting(field), dims: [product(dims)] }
  }
  // A row of a table that holds a picture or a sequence, element after element.
  const row = dims.length === 1 && wanted.every((dim) => typeof dim === 'number')
  if (row && product(wanted as number[]) === dims[0]) return asIs(field, wanted as number[])
  const picture = dims.length >= 3 ? ' (in either order of channels)' : ''
  throw new EspalierError(
    'SHAPE_MISMATCH',
    `The samples in the data are of shape [${dims.join(', ')}]${picture}, but the network reads [${wanted.join(', ')}]${name === '' ? '' : ` at its input "${name}"`}. Choose the data set this network was trained on, or resize the images first.`,
  )
}

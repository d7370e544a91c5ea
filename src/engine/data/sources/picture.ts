/** PNG and JPEG files as rows of bytes: decoded, brought to grey or colour and to one size. */
import { decode as decodePng, hasPngSignature } from 'fast-png'
import jpeg from 'jpeg-js'
import { EspalierError } from '../../../contract/errors'

/** 8-bit samples, height x width x channels (1: grey, 3: colour). */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly channels: 1 | 3
  readonly data: Uint8Array
}

/** Larger pictures are refused before anything is allocated for them. */
const mostPixels = 2 ** 26

const unreadable = (name: string, cause: unknown): never => {
  throw new EspalierError(
    'FILE_UNREADABLE',
    `The image "${name}" is damaged and cannot be read. Copy it again or remove it.`,
    cause,
  )
}

const tooLarge = (name: string, width: number, height: number): never => {
  throw new EspalierError(
    'FILE_TOO_LARGE',
    `The image "${name}" is ${width} x ${height} pixels, too large to work with. Make it smaller.`,
  )
}

const isJpeg = (bytes: Uint8Array) => bytes[0] === 0xff && bytes[1] === 0xd8

/** Keeps the colours of `step` samples a pixel, dropping alpha. */
function strip(
  data: ArrayLike<number>,
  count: number,
  step: number,
  shift: number,
  palette?: number[][],
): Omit<Picture, 'width' | 'height'> {
  if (palette) {
    const colours = new Uint8Array(count * 3)
    for (let i = 0; i < count; i++) {
      const colour = palette[data[i] as number] ?? [0, 0, 0]
      for (let c = 0; c < 3; c++) colours[i * 3 + c] = colour[c] ?? 0
    }
    return { channels: 3, data: colours }
  }
  const channels = step < 3 ? 1 : 3
  const result = new Uint8Array(count * channels)
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < channels; c++) result[i * channels + c] = (data[i * step + c] as number) >> shift
  }
  return { channels, data: result }
}

/** Samples of 1, 2 or 4 bits lie packed in bytes, every row on its own. */
function unpack(data: ArrayLike<number>, width: number, height: number, depth: number, scale: boolean): Uint8Array {
  const perByte = 8 / depth
  const stride = Math.ceil(width / perByte)
  const mask = 2 ** depth - 1
  const result = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const byte = data[y * stride + Math.floor(x / perByte)] as number
      const value = (byte >> (8 - depth * ((x % perByte) + 1))) & mask
      result[y * width + x] = scale ? Math.round((value * 255) / mask) : value
    }
  }
  return result
}

function readPng(bytes: Uint8Array, name: string): Picture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 24) return unreadable(name, 'its header is incomplete')
  const [width, height] = [view.getUint32(16), view.getUint32(20)]
  if (width * height > mostPixels) return tooLarge(name, width, height)
  const png = decodePng(bytes)
  const { depth, channels } = png
  const data = depth < 8 ? unpack(png.data, width, height, depth, !png.palette) : png.data
  return { width, height, ...strip(data, width * height, channels, depth === 16 ? 8 : 0, png.palette) }
}

function readJpeg(bytes: Uint8Array): Picture {
  const { width, height, data } = jpeg.decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP: mostPixels / 1e6,
    maxMemoryUsageInMB: 1024,
  })
  return { width, height, channels: 3, data }
}

/** @throws FILE_UNREADABLE, FILE_TOO_LARGE */
export function readPicture(bytes: Uint8Array, name: string): Picture {
  try {
    if (hasPngSignature(bytes)) return readPng(bytes, name)
    if (isJpeg(bytes)) return readJpeg(bytes)
  } catch (error) {
    if (error instanceof EspalierError) throw error
    return unreadable(name, error)
  }
  throw new EspalierError('FILE_UNREADABLE', `"${name}" is neither a PNG nor a JPEG image. Convert it or remove it.`)
}

/** Grey from colour by luma (ITU-R BT.601), colour from grey by repetition. */
export function withChannels(picture: Picture, channels: 1 | 3): Picture {
  if (picture.channels === channels) return picture
  const count = picture.width * picture.height
  const from = picture.data
  const data = new Uint8Array(count * channels)
  for (let i = 0; i < count; i++) {
    if (channels === 3) data.fill(from[i] as number, i * 3, i * 3 + 3)
    else {
      const [r, g, b] = [from[i * 3], from[i * 3 + 1], from[i * 3 + 2]] as [number, number, number]
      data[i] = Math.round(0.299 * r + 0.587 * g + 0.114 * b)
    }
  }
  return { ...picture, channels, data }
}

/** For each output position the source span it covers, with weights: a triangle as wide as the scale when shrinking. */
function kernel(from: number, to: number): { start: number; weights: number[] }[] {
  const scale = from / to
  const radius = Math.max(1, scale)
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale - 0.5
    const start = Math.max(0, Math.ceil(centre - radius))
    const end = Math.min(from - 1, Math.floor(centre + radius))
    const weights: number[] = []
    for (let k = start; k <= end; k++) weights.push(Math.max(0, 1 - Math.abs(k - centre) / radius))
    const sum = weights.reduce((a, b) => a + b, 0)
    return { start, weights: weights.map((weight) => weight / sum) }
  })
}

/** Bilinear with antialiasing, as Pillow's and torchvision's resize; the aspect is not kept. */
export function resizePicture(picture: Picture, width: number, height: number): Picture {
  if (picture.width === width && picture.height === height) return picture
  const { channels } = picture
  const columns = kernel(picture.width, width)
  const rows = kernel(picture.height, height)
  const narrow = new Float32Array(picture.height * width * channels)
  for (let y = 0; y < picture.height; y++) {
    columns.forEach(({ start, weights }, x) => {
      for (let c = 0; c < channels; c++) {
        let sum = 0
        for (let k = 0; k < weights.length; k++) {
          sum += (weights[k] as number) * (picture.data[(y * picture.width + start + k) * channels + c] as number)
        }
        narrow[(y * width + x) * channels + c] = sum
      }
    })
  }
  const data = new Uint8Array(width * height * channels)
  const line = width * channels
  rows.forEach(({ start, weights }, y) => {
    for (let i = 0; i < line; i++) {
      let sum = 0
      for (let k = 0; k < weights.length; k++)
        sum += (weights[k] as number) * (narrow[(start + k) * line + i] as number)
      data[y * line + i] = Math.min(255, Math.max(0, Math.round(sum)))
    }
  })
  return { width, height, channels, data }
}

/** What a backend must compute rightly before it is used: numbers that can be checked by hand, and its speed. */
import {
  type backend_util,
  engine,
  getBackend,
  matMul,
  type Tensor,
  tensor,
  tidy,
  transpose,
} from '@tensorflow/tfjs-core'
import { EspalierError } from '../../contract/errors'

const kernel = (name: string, inputs: Record<string, Tensor>, attributes: Record<string, unknown>): Tensor =>
  engine().runKernel(name, inputs, {
    strides: [1, 1],
    pad: 'valid',
    dataFormat: 'NHWC',
    dimRoundingMode: undefined,
    ...attributes,
  } as never) as Tensor

function expectNumbers(what: string, got: Tensor, expected: (i: number) => number): void {
  const values: backend_util.TypedArray = got.dataSync()
  for (let i = 0; i < values.length; i++) {
    const wanted = expected(i)
    if (!(Math.abs(wanted - (values[i] as number)) <= 1e-4 * Math.max(1, Math.abs(wanted)))) {
      throw new EspalierError(
        'BACKEND_FAILED',
        `The ${getBackend()} backend computes ${what} wrongly on this machine, so it is not used.`,
      )
    }
  }
}

/** A convolution and its gradients on numbers small enough to check by hand: x 2x2, filter 2x2. */
function small(): void {
  const x = tensor([1, 2, 3, 4], [1, 2, 2, 1])
  const filter = tensor([1, -1, 2, 0.5], [2, 2, 1, 1])
  const around = { pad: [0, 1, 1, 0].map((extent) => [extent, extent]), dilations: [1, 1], strides: [2, 2] }
  const spread = tensor([1, 1, 1, 1], [1, 2, 2, 1])
  const dy = tensor([2], [1, 1, 1, 1])
  const checks: [string, Tensor, number[]][] = [
    ['a padded convolution', kernel('Conv2D', { x, filter }, around), [0.5, 4, -3, 4]],
    [
      'its input gradient',
      kernel('Conv2DBackpropInput', { dy: spread, filter }, { ...around, inputShape: x.shape }),
      [0.5, 2, -1, 1],
    ],
    [
      'its filter gradient',
      kernel('Conv2DBackpropFilter', { x, dy: spread }, { ...around, filterShape: filter.shape }),
      [4, 3, 2, 1],
    ],
    ['a convolution', kernel('Conv2D', { x, filter }, { dilations: [1, 1] }), [7]],
    [
      'its input gradient',
      kernel('Conv2DBackpropInput', { dy, filter }, { dilations: [1, 1], inputShape: x.shape }),
      [2, -2, 4, 1],
    ],
    [
      'its filter gradient',
      kernel('Conv2DBackpropFilter', { x, dy }, { dilations: [1, 1], filterShape: filter.shape }),
      [2, 4, 6, 8],
    ],
    ['a matrix product', matMul(tensor([1, 2, 3, 4], [2, 2]), tensor([5, 6, 7, 8], [2, 2]), true), [26, 30, 38, 44]],
  ]
  for (const [what, got, expected] of checks) expectNumbers(what, got, (i) => expected[i] as number)
}

const EXTENT = 8
const IMAGES = 4

/** How many of the three rows (or columns) of a filter lie inside the image at this one. */
const inside = (at: number) => (at === 0 || at === EXTENT - 1 ? 2 : 3)
/** The number of pixels that tap i of three meets along an axis. */
const met = (tap: number) => (tap === 1 ? EXTENT : EXTENT - 1)

/**
 * The same on extents at which backends take their fast ways, with numbers whose sums are known: x[.., c] = c + 1 and
 * filter[.., c, m] = (c + 1)(m + 1) 2^-7, padded by one. 40 to 24 channels: neither fills whole vectors of 16.
 */
function large(channels: number, filters: number): void {
  const scale = 2 ** -7
  const ofChannel = Float32Array.from({ length: channels }, (_, c) => c + 1)
  const squares = ofChannel.reduce((sum, value) => sum + value * value, 0)
  const filterSum = (filters * (filters + 1)) / 2
  const pixels = IMAGES * EXTENT * EXTENT
  const x = tensor(
    Float32Array.from({ length: pixels * channels }, (_, i) => ofChannel[i % channels] as number),
    [IMAGES, EXTENT, EXTENT, channels],
  )
  const filter = tensor(
    Float32Array.from(
      { length: 9 * channels * filters },
      (_, i) => (ofChannel[Math.floor(i / filters) % channels] as number) * ((i % filters) + 1) * scale,
    ),
    [3, 3, channels, filters],
  )
  const dy = tensor(new Float32Array(pixels * filters).fill(1), [IMAGES, EXTENT, EXTENT, filters])
  const padded = {
    pad: [0, 1, 1, 0].map((extent) => [extent, extent]),
    dilations: [1, 1],
  }
  /** Taps that meet the image at the pixel of an element. */
  const taps = (i: number, depth: number) => {
    const pixel = Math.floor(i / depth)
    return inside(Math.floor(pixel / EXTENT) % EXTENT) * inside(pixel % EXTENT)
  }
  const size = `${channels} to ${filters} channels`
  expectNumbers(
    `a convolution of ${size}`,
    kernel('Conv2D', { x, filter }, padded),
    (i) => taps(i, filters) * squares * ((i % filters) + 1) * scale,
  )
  expectNumbers(
    `a convolution with bias and rectifier of ${size}`,
    kernel(
      'FusedConv2D',
      { x, filter, bias: tensor(Float32Array.from({ length: filters }, (_, m) => (m % 2 === 0 ? 1 : -1e9))) },
      { ...padded, activation: 'relu', leakyreluAlpha: 0 },
    ),
    (i) => ((i % filters) % 2 === 0 ? taps(i, filters) * squares * ((i % filters) + 1) * scale + 1 : 0),
  )
  expectNumbers(
    `the input gradient of ${size}`,
    kernel('Conv2DBackpropInput', { dy, filter }, { ...padded, inputShape: x.shape }),
    (i) => taps(i, channels) * ((i % channels) + 1) * filterSum * scale,
  )
  expectNumbers(
    `the filter gradient of ${size}`,
    kernel('Conv2DBackpropFilter', { x, dy }, { ...padded, filterShape: filter.shape }),
    (i) => {
      const tap = Math.floor(i / (channels * filters))
      return IMAGES * met(Math.floor(tap / 3)) * met(tap % 3) * ((Math.floor(i / filters) % channels) + 1)
    },
  )
  const depth = [3, 3, channels, 1]
  const each = tensor(
    Float32Array.from({ length: 9 * channels }, (_, i) => (i % channels) + 1),
    depth,
  )
  const flow = tensor(new Float32Array(pixels * channels).fill(1), x.shape)
  expectNumbers(
    `a depthwise convolution of ${channels} channels`,
    kernel('DepthwiseConv2dNative', { x, filter: each }, padded),
    (i) => taps(i, channels) * ((i % channels) + 1) ** 2,
  )
  expectNumbers(
    `the input gradient of a depthwise convolution of ${channels} channels`,
    kernel('DepthwiseConv2dNativeBackpropInput', { dy: flow, filter: each }, { ...padded, inputShape: x.shape }),
    (i) => taps(i, channels) * ((i % channels) + 1),
  )
  expectNumbers(
    `the filter gradient of a depthwise convolution of ${channels} channels`,
    kernel('DepthwiseConv2dNativeBackpropFilter', { x, dy: flow }, { ...padded, filterShape: depth }),
    (i) => {
      const tap = Math.floor(i / channels)
      return IMAGES * met(Math.floor(tap / 3)) * met(tap % 3) * ((i % channels) + 1)
    },
  )
}

/** Products of a[i, k] = i + 1 and b[k, j] = (j + 1) / 64, both ways round. */
function products(): void {
  const [rows, inner, columns] = [48, 80, 56]
  const a = tensor(
    Float32Array.from({ length: rows * inner }, (_, i) => Math.floor(i / inner) + 1),
    [rows, inner],
  )
  const b = tensor(
    Float32Array.from({ length: inner * columns }, (_, i) => ((i % columns) + 1) / 64),
    [inner, columns],
  )
  const expected = (i: number) => (Math.floor(i / columns) + 1) * ((i % columns) + 1) * (inner / 64)
  for (const turnA of [false, true]) {
    for (const turnB of [false, true]) {
      const product = matMul(turnA ? transpose(a) : a, turnB ? transpose(b) : b, turnA, turnB)
      expectNumbers('a matrix product', product, expected)
    }
  }
}

/** @throws BACKEND_FAILED naming what the current backend computes wrongly. */
export function verifyKnownProgram(): void {
  tidy(() => {
    small()
    large(40, 24)
    large(32, 48)
    large(3, 64)
    products()
  })
}

/** GFLOP/s of a 256 x 256 matrix product. */
export function measureSpeed(): number {
  const size = 256
  return tidy(() => {
    const a = tensor(new Float32Array(size * size).fill(0.5), [size, size])
    const once = () => matMul(a, a).dataSync()
    once()
    const times = [0, 0, 0].map(() => {
      const start = performance.now()
      once()
      return performance.now() - start
    })
    return (2 * size ** 3) / (Math.min(...times) * 1e6)
  })
}

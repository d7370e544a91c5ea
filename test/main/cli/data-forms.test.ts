/** Every form in which data comes, through the whole command: read, fitted, calibrated on, measured, written. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { stream } from '../../../src/engine/data/rng'
import { NetworkBuilder } from '../../../src/engine/reference-networks/builder'
import { espalierJson, temporaryFolder } from './support/command-line'
import type { CompressionDocument } from './support/documents'
import { npy, writeNetwork } from './support/fixtures'

const folder = temporaryFolder()
const random = stream(3, 'data forms')
const floats = (count: number): Uint8Array =>
  new Uint8Array(Float32Array.from({ length: count }, () => random.normal()).buffer)
const whole = (count: number, below: number): Uint8Array =>
  Uint8Array.from({ length: count }, () => random.integer(below))

const put = (name: string, bytes: Uint8Array | string): string => {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, bytes)
  return path
}

async function compress(model: string, data: string, out: string): Promise<CompressionDocument> {
  const { document } = await espalierJson<CompressionDocument>(
    'compress',
    model,
    '--data',
    data,
    '--out',
    join(folder, out),
    ...'--keep-macs 0.7 --calibration 32 --seed 1'.split(' '),
  )
  expect(document).not.toHaveProperty('error')
  expect(document.model.after.macs).toBeLessThanOrEqual(0.7 * document.model.before.macs)
  expect(document.exports[0]).toMatchObject({ format: 'onnx', passed: true })
  return document
}

/** A classifier of pictures [channels, side, side]. */
function classifier(channels: number, side: number, classes: number) {
  const net = new NetworkBuilder('pictures', [channels, side, side], 0)
  const x = net.relu('relu', net.convolution('conv', net.input, 8, 3, { padding: 1 }))
  const y = net.relu('relu2', net.dense('fc1', net.flatten('flatten', net.maxPool('pool', x, 4)), 12))
  return net.build(net.dense('fc2', y, classes))
}

describe('data, form by form', () => {
  it('masks of segmentation', async () => {
    const net = new NetworkBuilder('masks', [1, 8, 8], 0)
    const x = net.relu('relu', net.convolution('conv', net.input, 8, 3, { padding: 1 }))
    const model = await writeNetwork(folder, 'masks.onnx', net.build(net.convolution('out', x, 3, 1)))
    const masks = (count: number) => npy('|u1', [count, 8, 8], whole(count * 64, 3))
    const images = (count: number) => npy('<f4', [count, 1, 8, 8], floats(count * 64))
    const data = put(
      'masks.npz',
      zipSync({
        'x_train.npy': images(80),
        'y_train.npy': masks(80),
        'x_test.npy': images(20),
        'y_test.npy': masks(20),
      }),
    )
    const { result } = await compress(model, data, 'masks')
    expect(result).toMatchObject({ metric: 'mean-iou', samples: 20 })
  })

  it('several labels a sample', async () => {
    const model = await writeNetwork(folder, 'labels.onnx', classifier(1, 8, 5))
    const data = put(
      'labels.npz',
      zipSync({
        'x_train.npy': npy('<f4', [80, 1, 8, 8], floats(80 * 64)),
        'y_train.npy': npy('<f4', [80, 5], new Uint8Array(Float32Array.from(whole(400, 2)).buffer)),
        'x_test.npy': npy('<f4', [20, 1, 8, 8], floats(20 * 64)),
        'y_test.npy': npy('<f4', [20, 5], new Uint8Array(Float32Array.from(whole(100, 2)).buffer)),
      }),
    )
    const { result } = await compress(model, data, 'labels')
    expect(result).toMatchObject({ metric: 'f1', samples: 20 })
    expect(result.others?.map(({ name }) => name)).toEqual(['micro-f1', 'exact-match', 'mean-average-precision'])
  })

  it('a folder of images, brought to the network’s size', async () => {
    const model = await writeNetwork(folder, 'folder.onnx', classifier(3, 16, 2))
    const fixtures = join(import.meta.dirname, '../../engine/data/fixtures')
    for (const [split, count] of [
      ['train', 40],
      ['test', 5],
    ] as const) {
      for (const [name, file] of [
        ['first', 'colour.png'],
        ['second', 'photo.jpg'],
      ] as const) {
        for (let i = 0; i < count; i++) {
          put(`folder/${split}/${name}/${i}${file.slice(-4)}`, readFileSync(join(fixtures, file)))
        }
      }
    }
    const { result } = await compress(model, join(folder, 'folder'), 'folder-out')
    expect(result).toMatchObject({ metric: 'accuracy', samples: 10 })
  })

  it('IDX, one of the files packed', async () => {
    const model = await writeNetwork(folder, 'idx.onnx', classifier(1, 8, 4))
    const head = (...dims: number[]) => [0, 0, 8, dims.length, ...dims.flatMap((dim) => [0, 0, 0, dim])]
    for (const [name, count] of [
      ['train', 80],
      ['t10k', 20],
    ] as const) {
      put(`idx/${name}-images-idx3-ubyte`, Uint8Array.from([...head(count, 8, 8), ...whole(count * 64, 256)]))
      put(`idx/${name}-labels-idx1-ubyte.gz`, gzipSync(Uint8Array.from([...head(count), ...whole(count, 4)])))
    }
    expect((await compress(model, join(folder, 'idx'), 'idx-out')).result).toMatchObject({
      metric: 'accuracy',
      samples: 20,
    })
  })

  it('CIFAR', async () => {
    const model = await writeNetwork(folder, 'cifar.onnx', classifier(3, 32, 10))
    const rows = (count: number) =>
      Uint8Array.from({ length: count * 3073 }, (_, i) => (i % 3073 === 0 ? random.integer(10) : random.integer(256)))
    put('cifar/data_batch_1.bin', rows(80))
    put('cifar/test_batch.bin', rows(15))
    expect((await compress(model, join(folder, 'cifar'), 'cifar-out')).result).toMatchObject({
      metric: 'accuracy',
      samples: 15,
    })
  })
})

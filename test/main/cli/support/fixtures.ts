/** A small network and learnable data as files, so that whole commands run in seconds. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { stream } from '../../../../src/engine/data/rng'
import { writeModel } from '../../../../src/engine/formats'
import type { Graph } from '../../../../src/engine/graph/graph'
import { NetworkBuilder } from '../../../../src/engine/reference-networks/builder'
import { trainNetwork } from '../../../../src/engine/reference-networks/train'
import { openRawData } from '../../../../src/main/cli/inputs'
import { startBackend } from '../../../../src/main/engine/backend'

const side = 12
const classes = 4

/** A NumPy array file, format 1.0. */
export function npy(descriptor: string, shape: readonly number[], bytes: Uint8Array): Uint8Array {
  const text = `{'descr': '${descriptor}', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`
  const header = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`
  const length = Buffer.alloc(2)
  length.writeUInt16LE(header.length)
  return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), length, Buffer.from(header, 'latin1'), bytes])
}

/** Images of one bright quarter in noise; the class says which quarter. */
function split(count: number, seed: string): { images: Uint8Array; labels: Uint8Array } {
  const random = stream(1, seed)
  const images = new Uint8Array(count * side * side)
  const labels = Uint8Array.from({ length: count }, () => random.integer(classes))
  for (let n = 0; n < count; n++) {
    const label = labels[n] as number
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const inside = (y < side / 2 ? 0 : 2) + (x < side / 2 ? 0 : 1) === label
        images[(n * side + y) * side + x] = (inside ? 110 : 60) + random.integer(100)
      }
    }
  }
  return { images, labels }
}

export interface DataOptions {
  readonly labelled?: boolean
  /** A verification split of its own. */
  readonly validation?: boolean
  readonly train?: number
}

/** An .npz in a folder; its path. */
export function writeData(folder: string, name: string, options: DataOptions = {}): string {
  const { labelled = true, validation = true, train = 480 } = options
  const files: Record<string, Uint8Array> = {
    'mean.npy': npy('<f4', [1], new Uint8Array(Float32Array.of(0.45).buffer)),
    'std.npy': npy('<f4', [1], new Uint8Array(Float32Array.of(0.15).buffer)),
  }
  const counts = { train, test: 200, ...(validation ? { valid: 400 } : {}) }
  for (const [key, count] of Object.entries(counts)) {
    const { images, labels } = split(count, key)
    files[`x_${key}.npy`] = npy('|u1', [count, 1, side, side], images)
    if (labelled) files[`y_${key}.npy`] = npy('|u1', [count], labels)
  }
  const path = join(folder, name)
  writeFileSync(path, zipSync(files))
  return path
}

/** A residual network that fits the data; untrained unless `espalier train` made it. */
export function smallNetwork(seed = 0): Graph {
  const net = new NetworkBuilder('small', [1, side, side], seed)
  let x = net.relu('relu1', net.batchNorm('bn1', net.convolution('conv1', net.input, 8, 3, { padding: 1 })))
  x = net.maxPool('pool', x, 2)
  const branch = net.relu('relu2', net.convolution('conv2', x, 8, 3, { padding: 1 }))
  x = net.relu('relu3', net.add('add', x, net.convolution('conv3', branch, 8, 3, { padding: 1 })))
  x = net.relu('relu4', net.dense('fc1', net.flatten('flatten', x), 16))
  return net.build(net.dense('fc2', x, classes))
}

/** The network as an ONNX file in a folder; its path. */
export async function writeNetwork(
  folder: string,
  name = 'small.onnx',
  graph: Graph = smallNetwork(),
): Promise<string> {
  const [file] = await writeModel(graph, 'onnx', 'model')
  const path = join(folder, name)
  writeFileSync(path, file?.bytes ?? new Uint8Array())
  return path
}

/** The small network, trained on a file of {@link writeData} until it tells the classes apart. */
export async function trainedNetwork(data: string): Promise<Graph> {
  await startBackend()
  const { source } = await openRawData(data)
  const { graph } = await trainNetwork(
    { name: 'small', summary: '', build: ({ seed }) => smallNetwork(seed) },
    source,
    { epochs: 4, samples: 0, learningRate: 0.03, batch: 32, seed: 0 },
    { signal: new AbortController().signal, progress: () => undefined },
  )
  return graph
}

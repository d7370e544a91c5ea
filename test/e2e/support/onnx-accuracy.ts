/** Accuracy of an ONNX file on the sample's test split, computed with nothing of ours: a NumPy reader and onnxruntime. */
import { readFileSync } from 'node:fs'
import { unzipSync } from 'fflate'
import { InferenceSession, Tensor } from 'onnxruntime-node'

interface NumpyArray {
  readonly type: string
  readonly shape: readonly number[]
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** NPY version 1: magic, header length, a Python dictionary, the numbers. */
function readNpy(file: Uint8Array): NumpyArray {
  const length = new DataView(file.buffer, file.byteOffset).getUint16(8, true)
  const header = new TextDecoder().decode(file.subarray(10, 10 + length))
  const type = /'descr': '([^']+)'/.exec(header)?.[1] ?? ''
  const shape = (/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? '')
    .split(',')
    .filter((part) => part.trim())
    .map(Number)
  return { type, shape, bytes: new Uint8Array(file.subarray(10 + length)) }
}

function numbers({ type, bytes }: NumpyArray): ArrayLike<number> {
  const { buffer } = bytes
  if (type === '|u1') return bytes
  if (type === '<f4') return new Float32Array(buffer)
  if (type === '<f8') return new Float64Array(buffer)
  if (type === '<i4') return new Int32Array(buffer)
  if (type === '<i8') return Array.from(new BigInt64Array(buffer), Number)
  throw new Error(`This reader does not know ${type}.`)
}

/** @returns percent, and the number of samples */
export async function onnxAccuracy(model: string, data: string): Promise<{ accuracy: number; samples: number }> {
  const entries = unzipSync(readFileSync(data))
  const array = (name: string) => {
    const entry = entries[`${name}.npy`]
    if (!entry) throw new Error(`${data} has no ${name}.`)
    return readNpy(entry)
  }
  const images = array('x_test')
  const pixels = numbers(images)
  const labels = numbers(array('y_test'))
  const [mean, std] = [numbers(array('mean')), numbers(array('std'))]
  const channels = mean.length
  const [samples = 0, ...rest] = images.shape
  const channelsLast = rest.length === 3 && rest[0] !== channels
  const [height = 0, width = 0] = rest.length === 2 ? rest : channelsLast ? rest : rest.slice(1)
  const area = height * width
  const session = await InferenceSession.create(model)
  const [input = '', output = ''] = [session.inputNames[0], session.outputNames[0]]
  let correct = 0
  for (let start = 0; start < samples; start += 100) {
    const count = Math.min(100, samples - start)
    const batch = new Float32Array(count * channels * area)
    for (let index = 0; index < batch.length; index++) {
      const channel = Math.floor(index / area) % channels
      const sample = Math.floor(index / (area * channels))
      const pixel = index % area
      const offset = channelsLast ? pixel * channels + channel : channel * area + pixel
      const value = pixels[(start + sample) * channels * area + offset] ?? 0
      batch[index] = (value / 255 - (mean[channel] ?? 0)) / (std[channel] ?? 1)
    }
    const feeds = { [input]: new Tensor('float32', batch, [count, channels, height, width]) }
    const scores = (await session.run(feeds))[output]?.data as Float32Array
    const classes = scores.length / count
    for (let sample = 0; sample < count; sample++) {
      const row = Array.from(scores.subarray(sample * classes, (sample + 1) * classes))
      if (row.indexOf(Math.max(...row)) === labels[start + sample]) correct++
    }
  }
  return { accuracy: (correct / samples) * 100, samples }
}

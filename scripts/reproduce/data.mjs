/**
 * Fashion-MNIST as the sweeps use it, from the IDX files of Debian's dataset-fashion-mnist (MIT): train: the first 50,000
 * training images; verification: of the other 10,000, which no network is trained on; test: all 10,000 test images.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { zipSync } from 'fflate'

const side = 28
const trained = 50000

/** Elements of an IDX file, after its header of a magic number and one 32-bit extent a dimension. */
function readIdx(folder, name) {
  const packed = join(folder, `${name}.gz`)
  const bytes = existsSync(packed) ? gunzipSync(readFileSync(packed)) : readFileSync(join(folder, name))
  return bytes.subarray(4 + 4 * bytes[3])
}

/** A NumPy .npy file, format 1.0, C order. */
function npy(descriptor, shape, bytes) {
  const shapeText = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
  const text = `{'descr': '${descriptor}', 'fortran_order': False, 'shape': ${shapeText}, }`
  const header = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`
  const prefix = Buffer.alloc(10)
  prefix.write('\x93NUMPY\x01\x00', 'latin1')
  prefix.writeUInt16LE(header.length, 8)
  return Buffer.concat([prefix, Buffer.from(header, 'latin1'), bytes])
}

const floats = (values) => npy('<f4', [values.length], Buffer.from(Float32Array.from(values).buffer))

/**
 * Writes the file where it is not there.
 * @param verification so many images of the 10,000 that are held out
 */
export function fashionFile(folder, file, verification) {
  if (existsSync(file)) return file
  const images = (source, from, count) =>
    npy('|u1', [count, 1, side, side], source.subarray(from * side * side, (from + count) * side * side))
  const labels = (source, from, count) => npy('|u1', [count], source.subarray(from, from + count))
  const [trainImages, trainLabels, testImages, testLabels] = [
    'train-images-idx3-ubyte',
    'train-labels-idx1-ubyte',
    't10k-images-idx3-ubyte',
    't10k-labels-idx1-ubyte',
  ].map((name) => readIdx(folder, name))
  const files = {
    'x_train.npy': images(trainImages, 0, trained),
    'y_train.npy': labels(trainLabels, 0, trained),
    'x_valid.npy': images(trainImages, trained, verification),
    'y_valid.npy': labels(trainLabels, trained, verification),
    'x_test.npy': images(testImages, 0, testLabels.length),
    'y_test.npy': labels(testLabels, 0, testLabels.length),
    'mean.npy': floats([0.2861496]),
    'std.npy': floats([0.35379404]),
  }
  mkdirSync(dirname(file), { recursive: true })
  // A fixed date, so that the same images give the same bytes.
  writeFileSync(`${file}.part`, zipSync(files, { level: 0, mtime: new Date(2020, 4, 23) }))
  renameSync(`${file}.part`, file)
  return file
}

/**
 * Makes the sample project's data file from the Debian package dataset-fashion-mnist (MIT).
 *
 *   node scripts/make-sample-data.mjs [FOLDER_OF_IDX_FILES] [OUT.npz] [TRAINING_IMAGES]
 *
 * train: the first 5,000 training images, or as many as are asked for (60,000: what the sample network is trained on); verification: test images 2,000-3,999, so that no network trained on the
 * training file has seen them; test: test images 0-1,999, the ones the published comparison tables use.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { zipSync } from 'fflate'

const [folder = '/usr/share/datasets/fashion-mnist', out = 'resources/sample/fashion-sample.npz', train = '5000'] =
  process.argv.slice(2)
const side = 28
const counts = { train: Number(train), verification: 2000, test: 2000 }

/** Elements of an IDX file, after its header of a magic number and one 32-bit extent a dimension. */
const readIdx = (name) => {
  const bytes = gunzipSync(readFileSync(join(folder, name)))
  const rank = bytes[3]
  return bytes.subarray(4 + 4 * rank)
}

/** A NumPy .npy file, format 1.0, C order. */
const npy = (descriptor, shape, bytes) => {
  const shapeText = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
  const text = `{'descr': '${descriptor}', 'fortran_order': False, 'shape': ${shapeText}, }`
  const header = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`
  const prefix = Buffer.alloc(10)
  prefix.write('\x93NUMPY\x01\x00', 'latin1')
  prefix.writeUInt16LE(header.length, 8)
  return Buffer.concat([prefix, Buffer.from(header, 'latin1'), bytes])
}

const images = (source, from, count) =>
  npy('|u1', [count, 1, side, side], source.subarray(from * side * side, (from + count) * side * side))
const labels = (source, from, count) => npy('|u1', [count], source.subarray(from, from + count))
const floats = (values) => npy('<f4', [values.length], Buffer.from(Float32Array.from(values).buffer))

/** NumPy's fixed-width Unicode strings. */
const strings = (values) => {
  const width = Math.max(...values.map((value) => value.length))
  const codes = new Uint32Array(width * values.length)
  values.forEach((value, row) => {
    for (let i = 0; i < value.length; i++) codes[row * width + i] = value.charCodeAt(i)
  })
  return npy(`<U${width}`, [values.length], Buffer.from(codes.buffer))
}

const trainImages = readIdx('train-images-idx3-ubyte.gz')
const trainLabels = readIdx('train-labels-idx1-ubyte.gz')
const testImages = readIdx('t10k-images-idx3-ubyte.gz')
const testLabels = readIdx('t10k-labels-idx1-ubyte.gz')

const files = {
  'x_train.npy': images(trainImages, 0, counts.train),
  'y_train.npy': labels(trainLabels, 0, counts.train),
  'x_valid.npy': images(testImages, counts.test, counts.verification),
  'y_valid.npy': labels(testLabels, counts.test, counts.verification),
  'x_test.npy': images(testImages, 0, counts.test),
  'y_test.npy': labels(testLabels, 0, counts.test),
  'mean.npy': floats([0.286]),
  'std.npy': floats([0.353]),
  'classes.npy': strings([
    'T-shirt/top',
    'Trouser',
    'Pullover',
    'Dress',
    'Coat',
    'Sandal',
    'Shirt',
    'Sneaker',
    'Bag',
    'Ankle boot',
  ]),
}
// A fixed date, so that the same images give the same bytes.
const zip = zipSync(files, { level: 9, mtime: new Date(2020, 4, 23) })
writeFileSync(out, zip)
process.stderr.write(`${out}: ${zip.length} bytes\n`)

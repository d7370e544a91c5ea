/**
 * Makes the sample project's data file from the Debian package dataset-fashion-mnist (MIT).
 *
 *   node scripts/make-sample-data.mjs [FOLDER_OF_IDX_FILES] [OUT.npz] [TRAINING_IMAGES]
 *
 * train: the first 5,000 training images, or as many as are asked for (60,000: what the sample network is trained on); verification: test images 2,000-3,999, so that no network trained on the
 * training file has seen them; test: test images 0-1,999, the ones the published comparison tables use.
 */
import { writeFileSync } from 'node:fs'
import { zipSync } from 'fflate'
import { floats, images, labels, npy, readIdx } from './lib/fashion.mjs'

const [folder = '/usr/share/datasets/fashion-mnist', out = 'resources/sample/fashion-sample.npz', train = '5000'] =
  process.argv.slice(2)
const counts = { train: Number(train), verification: 2000, test: 2000 }

/** NumPy's fixed-width Unicode strings. */
const strings = (values) => {
  const width = Math.max(...values.map((value) => value.length))
  const codes = new Uint32Array(width * values.length)
  values.forEach((value, row) => {
    for (let i = 0; i < value.length; i++) codes[row * width + i] = value.charCodeAt(i)
  })
  return npy(`<U${width}`, [values.length], Buffer.from(codes.buffer))
}

const trainImages = readIdx(folder, 'train-images-idx3-ubyte')
const trainLabels = readIdx(folder, 'train-labels-idx1-ubyte')
const testImages = readIdx(folder, 't10k-images-idx3-ubyte')
const testLabels = readIdx(folder, 't10k-labels-idx1-ubyte')

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

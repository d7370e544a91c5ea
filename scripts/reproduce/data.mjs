/**
 * Fashion-MNIST as the sweeps use it, from the IDX files of Debian's dataset-fashion-mnist (MIT): train: the first 50,000
 * training images; verification: of the other 10,000, which no network is trained on; test: all 10,000 test images.
 */
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { zipSync } from 'fflate'
import { floats, images, labels, readIdx } from '../lib/fashion.mjs'

const trained = 50000

/**
 * Writes the file where it is not there.
 * @param verification so many images of the 10,000 that are held out
 */
export function fashionFile(folder, file, verification) {
  if (existsSync(file)) return file
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

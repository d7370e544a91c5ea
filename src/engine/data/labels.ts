/** Labels and samples checked as they come in: what they mean, and whether they can be. */
import { EspalierError } from '../../contract/errors'
import { invalidData } from './files'

type Numbers = ArrayLike<number>

/** @throws DATA_NON_FINITE naming the first bad sample */
export function checkFinite(values: Float32Array | Float64Array, perSample: number, name: string): void {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) * 0
  if (sum === 0) return
  const at = values.findIndex((value) => !Number.isFinite(value))
  throw new EspalierError(
    'DATA_NON_FINITE',
    `"${name}" holds a value that is not a number (${values[at]}) in sample ${Math.floor(at / Math.max(1, perSample))}, so nothing can be measured on it. Remove that sample or repair it.`,
  )
}

/** Class indices. @throws DATA_LABELS_OUT_OF_RANGE, DATA_INVALID */
function classIndices(values: Numbers, classes: number, name: string): Int32Array {
  for (let row = 0; row < values.length; row++) {
    const label = values[row] as number
    if (!Number.isInteger(label) || label < 0 || label >= 2 ** 31 || (classes > 0 && label >= classes)) {
      throw new EspalierError(
        'DATA_LABELS_OUT_OF_RANGE',
        `"${name}" holds the label ${label} for sample ${row}, but labels are class numbers from 0${classes > 0 ? ` to ${classes - 1}` : ''}. Correct the labels.`,
      )
    }
  }
  return Int32Array.from(values)
}

/** What pictures with labels mark the border of objects with. */
const border = 255

/** More words than any language model knows. */
const mostClasses = 2 ** 21

/**
 * A class for every position; what is below 0, and 255 in pictures, asks for nothing and becomes -1.
 * @throws DATA_LABELS_OUT_OF_RANGE
 */
function denseIndices(values: Numbers, classes: number, shape: readonly number[], name: string): Int32Array {
  const open = shape.length > 2 ? border : -1
  const result = Int32Array.from(values, (label) => (label < 0 || label === open ? -1 : label))
  const width = shape.slice(1).reduce((a, b) => a * b, 1)
  const most = classes > 0 ? classes : mostClasses
  const at = result.findIndex((label) => label >= most)
  if (at < 0) return result
  throw new EspalierError(
    'DATA_LABELS_OUT_OF_RANGE',
    `"${name}" holds the label ${result[at]} in sample ${Math.floor(at / width)}, but labels are class numbers from 0 to ${most - 1}. Correct the labels.`,
  )
}

/** The place of the only 1 in every row, or undefined where rows are not one-hot. */
function oneHot(values: Numbers, count: number, width: number): number[] | undefined {
  const result: number[] = []
  for (let row = 0; row < count; row++) {
    let at = -1
    for (let k = 0; k < width; k++) {
      const value = values[row * width + k]
      if (value === 1 && at < 0) at = k
      else if (value !== 0) return undefined
    }
    if (at < 0) return undefined
    result.push(at)
  }
  return result
}

/**
 * Labels of `count` samples: whole-number types are class indices, one-hot rows too; other floats are regression targets.
 * @param classes how many classes are named; 0 where none are
 * @throws DATA_INVALID, DATA_LABELS_OUT_OF_RANGE, DATA_NON_FINITE
 */
export function readLabels(
  values: Numbers & (Float32Array | Float64Array | Int32Array | Uint8Array | object),
  shape: readonly number[],
  float: boolean,
  count: number,
  classes: number,
  name: string,
): Int32Array | Float32Array {
  if (shape[0] !== count) {
    return invalidData(
      `"${name}" has ${shape[0] ?? 0} labels for ${count} samples. Samples and labels must be stored in the same number and order.`,
    )
  }
  const width = shape.slice(1).reduce((a, b) => a * b, 1)
  if (values instanceof Float32Array || values instanceof Float64Array) checkFinite(values, width, name)
  const hot = width > 1 ? oneHot(values, count, width) : undefined
  if (hot) return Int32Array.from(hot)
  if (!float && width === 1) return classIndices(values, classes, name)
  if (!float && shape.length > 1) return denseIndices(values, classes, shape, name)
  const whole = float && width === 1 && classes > 0 && Array.from(values).every(Number.isInteger)
  return whole ? classIndices(values, classes, name) : Float32Array.from(values)
}

/** Names of the classes: given, or as many numbers as the largest label asks for; none for regression. */
export function classNames(given: readonly string[], labels: readonly (Int32Array | Float32Array | null)[]): string[] {
  if (given.length > 0) return [...given]
  let largest = -1
  for (const list of labels) {
    if (list instanceof Int32Array) for (const label of list) largest = Math.max(largest, label)
  }
  // Labels far beyond any number of classes are found when the network is known; they must not make a list here.
  return largest < 65536 ? Array.from({ length: largest + 1 }, (_, i) => String(i)) : []
}

/** Answers of many values as they are shown: small pictures where they lie in rows and columns, else the first of a list. */
import type { Answer } from '../../../contract/differences'
import { averaged, base64 } from './maps'

/** Values of a list that are sent at most: steps of a sequence, or numbers. */
const mostValues = 256
/** Less than this on a side is a list of numbers and no picture. */
const leastPixels = 4

export interface AnswerPicture {
  readonly channels: number
  readonly height: number
  readonly width: number
}

/** Extents of an answer as a picture: planes of classes, or of numbers; null for lists. */
export function answerPicture(shape: readonly number[], numbers: boolean): AnswerPicture | null {
  const planes = shape.length === 2 ? [1, ...shape] : numbers && shape.length === 3 ? shape : null
  if (!planes) return null
  const [channels, height, width] = planes as [number, number, number]
  return height >= leastPixels && width >= leastPixels ? { channels, height, width } : null
}

/** So many pixels on a side stand for one, for a picture of at most `most` on a side. */
export const shrinkage = (picture: AnswerPicture | null, most: number): number =>
  picture ? Math.ceil(Math.max(picture.height, picture.width) / most) : 1

/** Every `by`th pixel: classes have no mean. */
function everyNth(values: ArrayLike<number>, { height, width }: AnswerPicture, by: number): Float32Array {
  const [rows, columns] = [Math.ceil(height / by), Math.ceil(width / by)]
  return Float32Array.from(
    { length: rows * columns },
    (_, i) => values[Math.floor(i / columns) * by * width + (i % columns) * by] as number,
  )
}

/** One plane of the mean over the channels. */
function meanPlane(values: ArrayLike<number>, { channels, height, width }: AnswerPicture): Float32Array {
  const plane = height * width
  const mean = new Float32Array(plane)
  for (let i = 0; i < values.length; i++)
    mean[i % plane] = (mean[i % plane] as number) + (values[i] as number) / channels
  return mean
}

/** @param said one answer, plane after plane; `by`: as `shrinkage` says */
export function answerOf(
  said: ArrayLike<number>,
  picture: AnswerPicture | null,
  numbers: boolean,
  by: number,
  most = mostValues,
): Answer {
  if (!picture) return { list: Array.from({ length: Math.min(most, said.length) }, (_, i) => said[i] as number) }
  if (!numbers) return { picture: base64(everyNth(said, picture, by)) }
  return { picture: base64(averaged(meanPlane(said, picture), 1, picture.height, picture.width, by)) }
}

/** Samples on which networks that name no single class answer most differently: pictures of classes or of numbers, lists of them. */
import { z } from 'zod'
import { previewSampleSchema } from './entities'
import { metricNames } from './run'

/** One of the two, as the answers' `height` says: base64 of little-endian 32-bit floats row by row, or the first values. */
const answerSchema = z.object({ picture: z.string().optional(), list: z.array(z.number()).optional() })
export type Answer = z.infer<typeof answerSchema>

export const differencesSchema = z.object({
  metric: z.enum(metricNames),
  /** A class for each place (-1: none is asked for), a yes or no for each label, or numbers. */
  says: z.enum(['classes', 'labels', 'numbers']),
  /** Of the pictures; null where answers are lists. */
  height: z.number().int().nullable(),
  width: z.number().int().nullable(),
  /** Each pixel stands for so many by so many; 1: as it is. */
  shrunk: z.number().int(),
  /** Values of one answer, more than are sent where it is long. */
  values: z.number().int(),
  /** What the classes of lists stand for, where they are the words of a text. */
  words: z.record(z.string(), z.string()).optional(),
  /** Those furthest apart first. */
  samples: z.array(
    z.object({
      sample: previewSampleSchema,
      /** What the data says; null where it says nothing. */
      target: answerSchema.nullable(),
      /** Of the original, then of the runs in their order. */
      answers: z.array(answerSchema),
      /** The same order: the metric on this sample, of labels the percentage that is right; null without a label. */
      scores: z.array(z.number().nullable()),
      /** Of every two, as `pairsOf` lists them: the share that they say otherwise, or the root mean square between their numbers. */
      apart: z.array(z.number()),
    }),
  ),
})
export type Differences = z.infer<typeof differencesSchema>

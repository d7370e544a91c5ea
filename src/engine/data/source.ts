/** A data set as the engine uses it, and its fitting to a network. */
import { EspalierError } from '../../contract/errors'
import { say } from '../../contract/sentences'
import type { Dim, Graph, ValueInfo } from '../graph/graph'
import { invalidData } from './files'
import { type Fitting, fitField, guessFitting } from './fitting'
import { asAnswered, labelsAsked } from './meaning'
import type { RawData, RawField, RawTable } from './raw'
import { type FittedField, FittedTable, normalisationTable } from './table'
import { fitTexts, isText } from './text/fit'
import type { DataSource, SampleTable } from './types'

/** How each field of a table is laid out. */
type FitRule = (name: string, field: RawField) => { fitting: Fitting; integer: boolean }

const guess =
  ({ mean, std }: RawData): FitRule =>
  (_, field) => ({ fitting: guessFitting(field, Math.max(mean.length, std.length)), integer: field.integer })

/** Texts are cut to their place already. */
const exactly: FitRule = (_, field) => ({ fitting: guessFitting(field), integer: field.integer })

export class OpenedData implements DataSource {
  readonly kind: RawData['kind']
  readonly sampleShape: readonly number[]
  readonly classes: readonly string[]
  readonly columns: readonly string[] | undefined
  readonly mean: readonly number[]
  readonly std: readonly number[]
  readonly train: SampleTable
  readonly validation: SampleTable | null
  readonly test: SampleTable | null
  readonly hash: string

  constructor(
    private readonly raw: RawData,
    rule: FitRule = guess(raw),
  ) {
    const [[name, field]] = [...raw.train.fields] as [[string, RawField]]
    const { fitting } = rule(name, field)
    this.kind = raw.kind
    this.classes = raw.classes
    this.columns = raw.columns
    this.hash = raw.hash
    this.sampleShape = fitting.dims
    this.mean = field.pixels ? spread(raw.mean, fitting.channels, 0, 'mean') : []
    this.std = field.pixels ? spread(raw.std, fitting.channels, 1, 'std') : []
    const fitted = (table: RawTable): SampleTable => new FittedTable(table, this.fieldsOf(table, rule))
    this.train = fitted(raw.train)
    this.validation = raw.validation && fitted(raw.validation)
    this.test = raw.test && fitted(raw.test)
  }

  private fieldsOf(table: RawTable, rule: FitRule): FittedField[] {
    return [...table.fields].map(([name, field]) => {
      const { fitting, integer } = rule(name, field)
      const lookUp = field.pixels && !integer ? normalisationTable(fitting.channels, this.mean, this.std) : null
      return { name, fitting, integer, lookUp }
    })
  }

  /** The same data as these inputs read it. @throws SHAPE_MISMATCH, DATA_INVALID */
  fit(inputs: readonly ValueInfo[], outputs: readonly ValueInfo[] = []): OpenedData {
    const raw = asAnswered(this.raw, outputs)
    if (isText(raw)) return new OpenedData(fitTexts(raw, inputs, outputs), exactly)
    const rule: FitRule = (name, field) => {
      const input = inputOf(inputs, name)
      const wanted: readonly Dim[] | undefined = input.shape?.slice(1)
      const integer = !/float/.test(input.dtype)
      // Pictures in bytes are what a network that makes numbers of them itself was trained on; rows of ids are not.
      if (integer && field.pixels && input.dtype !== 'uint8' && (wanted?.length ?? 0) < 2) {
        return invalidData(
          `The network reads whole numbers (${input.dtype}) at its input "${input.name}", but the data holds images. Choose the data set this network was trained on.`,
        )
      }
      return { fitting: wanted ? fitField(name, field, wanted) : guessFitting(field), integer }
    }
    const names = [...this.raw.train.fields.keys()]
    const unfed = names[0] === '' ? inputs.slice(1) : inputs.filter((input) => !names.includes(input.name))
    if (unfed[0]) {
      return invalidData(
        `The network has an input "${unfed[0].name}" that the data does not fill. Store an array x_train.${unfed[0].name} (and the same for the test split) in the data file.`,
      )
    }
    return new OpenedData(raw, rule)
  }
}

function inputOf(inputs: readonly ValueInfo[], name: string): ValueInfo {
  const found = name === '' ? inputs[0] : inputs.find((input) => input.name === name)
  return (
    found ??
    invalidData(
      `The data has an array for an input "${name}", but the network's inputs are ${inputs.map((i) => `"${i.name}"`).join(', ')}. Rename the array.`,
    )
  )
}

/** A value a channel; one value stands for all channels. */
function spread(values: readonly number[], channels: number, fallback: number, name: string): number[] {
  if (values.length === 0) return new Array<number>(channels).fill(fallback)
  if (values.length === 1) return new Array<number>(channels).fill(values[0] as number)
  if (values.length === channels) return [...values]
  return invalidData(
    `The data's ${name} has ${values.length} values, but its images have ${channels} channels. Give one value, or one a channel.`,
  )
}

/** Labels must be classes the network knows. @throws DATA_LABELS_OUT_OF_RANGE */
function checkLabels(source: DataSource, outputs: readonly ValueInfo[]): void {
  const shape = outputs[0]?.shape
  // The classes of pictures lie behind the samples or last; which of them, the labels tell when they are measured.
  const extents = [shape?.[1], shape?.at(-1)].filter((dim) => typeof dim === 'number')
  if (!shape || extents.length === 0 || (shape.length > 2 && extents.length < 2)) return
  const width = Math.max(...extents)
  const classes = Math.max(2, width)
  for (const [split, table] of [
    ['train', source.train],
    ['validation', source.validation],
    ['test', source.test],
  ] as const) {
    if (!(table?.labels instanceof Int32Array)) continue
    const each = table.labels.length / Math.max(1, table.count)
    const marks = each === labelsAsked(shape) && table.labels.every((label) => label <= 1)
    if (shape.length === 2 && each > 1 && !marks) {
      invalidData(
        `The labels of the ${split} split are ${each} whole numbers a sample, but the network tells one of ${width} classes. Several classes a sample are a column of 0 and 1 for each class of the network; numbers to come close to are stored as float32.`,
      )
    }
    const row = table.labels.findIndex((label) => label >= classes)
    if (row < 0) continue
    throw new EspalierError(
      'DATA_LABELS_OUT_OF_RANGE',
      say('error.label-beyond-classes', {
        sample: Math.floor(row / each),
        split,
        label: table.labels[row] as number,
        classes,
        last: classes - 1,
      }),
    )
  }
}

/**
 * Data laid out as a network reads it: NHWC moved to NCHW, grey images given their channel, pictures resized, vectors
 * flattened. Idempotent.
 * @throws SHAPE_MISMATCH, DATA_INVALID, DATA_LABELS_OUT_OF_RANGE
 */
export function fitToNetwork(source: DataSource, graph: Pick<Graph, 'inputs' | 'outputs'>): DataSource {
  const fitted = source instanceof OpenedData ? source.fit(graph.inputs, graph.outputs) : source
  checkLabels(fitted, graph.outputs)
  return fitted
}

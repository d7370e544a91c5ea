/** Texts as a network reads them: ids, masks, segments and places at its inputs, padded to its length. */
import { EspalierError } from '../../../contract/errors'
import type { ValueInfo } from '../../graph/graph'
import { invalidData } from '../files'
import type { RawData, RawField, RawTable, SequenceRole } from '../raw'

const textField = (table: RawTable): RawField | undefined => [...table.fields.values()].find((field) => field.sequence)

export const isText = (raw: RawData): boolean => textField(raw.train) !== undefined

/** What an input is fed with, by its name as exporters give it. */
function roleOf(name: string): SequenceRole {
  if (/mask/i.test(name)) return 'mask'
  if (/(token_type|segment)/i.test(name)) return 'segments'
  if (/position/i.test(name)) return 'positions'
  return 'ids'
}

function lengthOf(inputs: readonly ValueInfo[], open: number): number {
  const known = new Set(inputs.map((input) => input.shape?.[1]).filter((dim) => typeof dim === 'number'))
  if (known.size > 1) {
    return invalidData(
      `The network's inputs are of different lengths (${[...known].join(', ')}), which texts cannot fill.`,
    )
  }
  return ([...known][0] as number | undefined) ?? open
}

function check(inputs: readonly ValueInfo[]): void {
  for (const input of inputs) {
    if (input.shape && input.shape.length !== 2) {
      throw new EspalierError(
        'SHAPE_MISMATCH',
        `The data holds texts, but the network reads [${input.shape.join(', ')}] at its input "${input.name}" where token ids are [batch, length]. Choose the data set this network was trained on.`,
      )
    }
  }
  const ids = inputs.filter((input) => roleOf(input.name) === 'ids')
  if (ids.length === 1) return
  invalidData(
    `The network has ${ids.length} inputs that could be token ids (${ids.map((input) => `"${input.name}"`).join(', ') || 'none'}); texts fill one. Store the inputs as arrays x_train.NAME in an .npz file.`,
  )
}

/** One output for each token is read as a language model where the data has no labels: it names the tokens that follow. */
const namesTokens = (outputs: readonly ValueInfo[], ids: number): boolean =>
  outputs[0]?.shape?.length === 3 && Number(outputs[0].shape[2]) > ids

function fitTable(
  table: RawTable,
  inputs: readonly ValueInfo[],
  outputs: readonly ValueInfo[],
  length: number,
): RawTable {
  const sequence = textField(table)?.sequence
  if (!sequence) return table
  const fields = new Map(
    inputs.map((input): [string, RawField] => {
      const field = sequence(roleOf(input.name), length)
      // Networks lifted from Keras read ids as numbers with a fraction.
      return [inputs.length === 1 ? '' : input.name, { ...field, integer: !/float/.test(input.dtype) }]
    }),
  )
  if (table.labels || table.count === 0) return { ...table, fields }
  const ids = sequence('ids', length)
  const next = sequence('next', length)
  let largest = 0
  for (let i = 0; i < table.count; i++) for (const id of ids.row(i) as Int32Array) largest = Math.max(largest, id)
  if (!namesTokens(outputs, largest)) return { ...table, fields }
  const labels = new Int32Array(table.count * length)
  for (let i = 0; i < table.count; i++) labels.set(next.row(i) as Int32Array, i * length)
  return { ...table, fields, labels }
}

/** @throws SHAPE_MISMATCH, DATA_INVALID */
export function fitTexts(raw: RawData, inputs: readonly ValueInfo[], outputs: readonly ValueInfo[]): RawData {
  check(inputs)
  const length = lengthOf(inputs, (textField(raw.train) as RawField).dims[0] as number)
  const fitted = (table: RawTable) => fitTable(table, inputs, outputs, length)
  return {
    ...raw,
    train: fitted(raw.train),
    validation: raw.validation && fitted(raw.validation),
    test: raw.test && fitted(raw.test),
  }
}

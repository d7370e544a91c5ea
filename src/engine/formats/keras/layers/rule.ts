/** What a rule sees of the layer that it brings into the graph. */
import { EspalierError } from '../../../../contract/errors'
import { int } from '../../../graph/graph'
import type { TensorData } from '../../../graph/tensor'
import { isObject, type Json } from '../../json'
import type { Lift, Lifted } from '../../lift/builder'

/** Weights of a layer in the order Keras keeps them. */
export type LayerWeights = readonly TensorData[]

export interface LayerContext {
  readonly lift: Lift
  readonly name: string
  readonly kind: string
  readonly config: Json
  readonly options: Json
  /** Which of the inputs an argument names. */
  readonly named: ReadonlyMap<string, number>
  /** Arguments of the call by position, as the file has them. */
  readonly args: readonly unknown[]
  readonly inputs: readonly Lifted[]
  readonly x: Lifted
  /** Keras 2 or TF.js, where a default has changed since. */
  readonly older: boolean
  /** Weight i of the layer, named after it. @throws MODEL_INVALID where it is missing */
  weight(i: number, name: string): Lifted
  readonly weightCount: number
}

export type LayerRule = (context: LayerContext) => Lifted | readonly Lifted[]

const wrong = ({ name, kind }: LayerContext, key: string, wanted: string): never => {
  throw new EspalierError(
    'MODEL_INVALID',
    `"${key}" of the layer "${name}" (${kind}) should be ${wanted}. The file is damaged.`,
  )
}

export function numberIn(context: LayerContext, key: string, fallback: number): number {
  const value = context.config[key] ?? fallback
  return typeof value === 'number' && Number.isFinite(value) ? value : wrong(context, key, 'a number')
}

export function textIn(context: LayerContext, key: string, fallback: string): string {
  const value = context.config[key] ?? fallback
  return typeof value === 'string' ? value : wrong(context, key, 'a text')
}

export function flagIn(context: LayerContext, key: string, fallback: boolean): boolean {
  const value = context.config[key] ?? fallback
  return typeof value === 'boolean' ? value : wrong(context, key, 'true or false')
}

/** One number for all, or one an axis. */
export function sizesIn(
  context: LayerContext,
  key: string,
  count: number,
  fallback: number | readonly number[] = 1,
): number[] {
  const value = context.config[key] ?? fallback
  const list = Array.isArray(value) ? value : Array(count).fill(value)
  const whole = list.length === count && list.every((each) => Number.isSafeInteger(each) && each >= 1)
  return whole ? [...list] : wrong(context, key, `${count} positive whole numbers`)
}

/** Whole numbers as floats, which is what Keras makes of pictures that are fed in bytes. */
export const asFloats = ({ lift, name, x }: LayerContext): Lifted =>
  x.dtype === 'float' ? x : lift.unary('Cast', `${name}/floats`, x, { to: int(1) }, 'float')

/** Objects of Keras' own registry are a name, or a class with a configuration. */
export function nameOf(value: unknown, fallback: string): string {
  if (typeof value === 'string') return value
  if (!isObject(value)) return fallback
  const inner = isObject(value.config) ? value.config.name : value.config
  return typeof inner === 'string' && value.class_name === 'function' ? inner : String(value.class_name ?? fallback)
}

export function requireChannelsLast(context: LayerContext): void {
  const layout = textIn(context, 'data_format', 'channels_last')
  if (layout === 'channels_last') return
  context.lift.refuse(
    `The layer "${context.name}" (${context.kind}) works with ${layout.replace('_', ' ')}, the others with channels last, which Espalier does not mix. Save the network with one order of channels.`,
  )
}

/** A table of numbers that a call holds (keras.ops on arrays, as positions are); undefined where it is none. */
function tableOf(context: LayerContext, given: unknown): TensorData | undefined {
  const held = isObject(given) && given.class_name !== '__keras_tensor__' && isObject(given.config) ? given.config : {}
  if (!Array.isArray(held.value)) return undefined
  const dims: number[] = []
  for (let level: unknown = held.value; Array.isArray(level); level = level[0]) dims.push(level.length)
  const data = Float32Array.from(held.value.flat(dims.length), Number)
  const whole = data.length === dims.reduce((a, b) => a * b, 1) && data.every(Number.isFinite)
  return whole ? { dtype: 'float32', dims, data } : wrong(context, 'args', 'a table of numbers')
}

/** What an operation works on, in order: values, and numbers or tables that the call names between them (keras.ops). */
export function operandsOf(context: LayerContext): Lifted[] {
  const { lift, name, inputs, args } = context
  const given = args.length === 1 && Array.isArray(args[0]) ? args[0] : args
  const rest = [...inputs]
  const operands = given.flatMap((each, i) => {
    if (typeof each === 'number') return [lift.scalar(each, `${name}/number_${i}`)]
    const table = tableOf(context, each)
    if (table) return [lift.constant(`${name}/table_${i}`, table)]
    const next = isObject(each) ? rest.shift() : undefined
    return next ? [next] : []
  })
  return [...operands, ...rest]
}

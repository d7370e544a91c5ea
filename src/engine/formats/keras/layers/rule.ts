/** What a rule sees of the layer that it brings into the graph. */
import { EspalierError } from '../../../../contract/errors'
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

/** What an operation works on, in order: values, and numbers that the call names between them (keras.ops). */
export function operandsOf({ lift, name, inputs, args }: LayerContext): Lifted[] {
  if (!args.some((each) => typeof each === 'number')) return [...inputs]
  const rest = [...inputs]
  return args.flatMap((each, i) => {
    if (typeof each === 'number') return [lift.scalar(each, `${name}/number_${i}`)]
    const next = rest.shift()
    return next ? [next] : []
  })
}

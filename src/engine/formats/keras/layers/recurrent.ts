/** LSTM, GRU and simple recurrent layers, in one direction or both. */
import { type Attribute, floats, int, ints, text } from '../../../graph/graph'
import type { TensorData } from '../../../graph/tensor'
import { isObject, type Json } from '../../json'
import type { Lift, Lifted } from '../../lift/builder'
import { permuteTensor } from '../../lift/layout'
import { compacted } from '../masks'
import { flagIn, type LayerContext, type LayerRule, nameOf, textIn } from './rule'

type Kind = 'LSTM' | 'GRU' | 'SimpleRNN'

/** Gates in Keras' order, by their place in ONNX': LSTM i f c o to i o f c; GRU z r h the same. */
const gateOrder: Readonly<Record<Kind, readonly number[]>> = { LSTM: [0, 3, 1, 2], GRU: [0, 1, 2], SimpleRNN: [0] }
const operators: Readonly<Record<Kind, string>> = { LSTM: 'LSTM', GRU: 'GRU', SimpleRNN: 'RNN' }

const defaults: Readonly<Record<Kind, readonly [string, string | null]>> = {
  LSTM: ['tanh', 'sigmoid'],
  GRU: ['tanh', 'sigmoid'],
  SimpleRNN: ['tanh', null],
}

/** Activations that ONNX' operators have inside: their name there, and the numbers that they take. */
const insides: Readonly<Record<string, readonly [name: string, alpha?: number, beta?: number]>> = {
  tanh: ['Tanh'],
  sigmoid: ['Sigmoid'],
  relu: ['Relu'],
  softsign: ['Softsign'],
  softplus: ['Softplus'],
  elu: ['Elu', 1],
  linear: ['Affine', 1, 0],
  hard_sigmoid: ['HardSigmoid', 1 / 6, 0.5],
}
/** The slope of Keras 2 and TF.js. */
const olderHardSigmoid = ['HardSigmoid', 0.2, 0.5] as const

/** The operator's attributes for the activations of every direction; none where they are its own. */
function activationsOf(context: LayerContext, kind: Kind, configs: readonly Json[]): Record<string, Attribute> {
  const [main, gate] = defaults[kind]
  const each = configs.map(({ activation, recurrent_activation: recurrent }) => {
    const given = (value: unknown, fallback: string) =>
      value === null ? 'linear' : nameOf(value, fallback).toLowerCase().replace('hardsigmoid', 'hard_sigmoid')
    const own = given(activation, main)
    return gate === null ? [own] : kind === 'GRU' ? [given(recurrent, gate), own] : [given(recurrent, gate), own, own]
  })
  const usual = gate === null ? [main] : [gate, main, main]
  if (each.every((names) => names.every((name, i) => name === usual[i]))) return {}
  const found = each.flat().map((name) => {
    if (context.older && name === 'hard_sigmoid') return olderHardSigmoid
    return (
      (Object.hasOwn(insides, name) ? insides[name] : undefined) ??
      context.lift.refuse(
        `The layer "${context.name}" (${kind}) has the activation ${name}, which ONNX' recurrent operators do not have; they have ${Object.keys(insides).join(', ')}. Train it with one of these.`,
      )
    )
  })
  return {
    activations: { kind: 'strings', value: found.map(([name]) => name) },
    activation_alpha: floats(found.flatMap(([, alpha]) => (alpha === undefined ? [] : [alpha]))),
    activation_beta: floats(found.flatMap(([, , beta]) => (beta === undefined ? [] : [beta]))),
  }
}

/** [rows, gates * units] to [gates * units, rows] with the gates in ONNX' order. */
function gates(kind: Kind, source: TensorData): Float32Array {
  const [rows, width] = source.dims as [number, number]
  const units = width / gateOrder[kind].length
  const turned = permuteTensor(source, [1, 0]).data as Float32Array
  const result = new Float32Array(turned.length)
  gateOrder[kind].forEach((from, to) => {
    result.set(turned.subarray(from * units * rows, (from + 1) * units * rows), to * units * rows)
  })
  return result
}

interface Direction {
  readonly w: Float32Array
  readonly r: Float32Array
  readonly b: Float32Array
}

function directionOf(
  context: LayerContext,
  kind: Kind,
  config: Json,
  at: number,
): { part: Direction; units: number; inputs: number } {
  const biased = config.use_bias !== false
  const kernel = context.weight(at, 'kernel').data as TensorData
  const recurrent = context.weight(at + 1, 'recurrent_kernel').data as TensorData
  const count = gateOrder[kind].length
  const [inputs = 0, width = 0] = kernel.dims
  const units = width / count
  const fits = kernel.dims.length === 2 && Number.isInteger(units) && recurrent.dims.join() === [units, width].join()
  if (!fits) context.lift.invalid(`The weights of the layer "${context.name}" do not fit one another.`)
  const b = new Float32Array(2 * width)
  if (biased) {
    const bias = context.weight(at + 2, 'bias').data as TensorData
    const values = bias.data as Float32Array
    const separate = bias.dims.length === 2
    if (values.length !== (separate ? 2 * width : width))
      context.lift.invalid(`The bias of the layer "${context.name}" does not fit.`)
    b.set(gates(kind, { dtype: 'float32', dims: [1, width], data: values.subarray(0, width) }))
    if (separate) b.set(gates(kind, { dtype: 'float32', dims: [1, width], data: values.subarray(width) }), width)
  }
  return { part: { w: gates(kind, kernel), r: gates(kind, recurrent), b }, units, inputs }
}

const stacked = (parts: readonly Float32Array[]): Float32Array => {
  const result = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    result.set(part, at)
    at += part.length
  }
  return result
}

function run(
  context: LayerContext,
  kind: Kind,
  /** One for each direction. */
  configs: readonly Json[],
  directions: readonly ('forward' | 'reverse')[],
  at: readonly number[],
): readonly Lifted[] {
  const { lift, name, x } = context
  const config = configs[0] as Json
  if (x.rank !== 3) lift.invalid(`The layer "${name}" reads a value of ${x.rank} axes where a sequence has 3.`)
  if (config.stateful === true)
    lift.refuse(
      `The layer "${name}" keeps its state between batches, which Espalier does not follow. Save it with stateful=False.`,
    )
  const states = context.inputs.slice(1)
  const both = directions.length
  const kept = kind === 'LSTM' ? 2 : 1
  if (states.length > 0 && states.length !== kept * both)
    lift.invalid(`The layer "${name}" (${kind}) starts from ${states.length} states where it has ${kept * both}.`)
  const read = at.map((place, d) => directionOf(context, kind, configs[d] as Json, place))
  const sizes = new Set(read.map(({ units }) => units))
  if (sizes.size > 1)
    lift.refuse(`The layer "${name}" has directions of different widths, which Espalier does not read.`)
  const { units, inputs } = read[0] as (typeof read)[number]
  const count = gateOrder[kind].length
  const make = (suffix: string, dims: readonly number[], key: keyof Direction) =>
    lift.store(`${name}/${suffix}`, { dtype: 'float32', dims, data: stacked(read.map(({ part }) => part[key])) })
  const attributes: Record<string, Attribute> = {
    hidden_size: int(units),
    direction: text(both === 2 ? 'bidirectional' : (directions[0] as string)),
    ...activationsOf(context, kind, configs),
  }
  if (kind === 'GRU') attributes.linear_before_reset = int(config.reset_after === false ? 0 : 1)
  const steps = x.mask === undefined ? undefined : compacted(lift, lift.last(x), x.mask, `${name}/steps`)
  const sequence = lift.node('Transpose', `${name}/time_first`, [steps?.value ?? lift.last(x)], {
    perm: ints([1, 0, 2]),
  })
  // Keras gives the states of one direction after the other.
  const initial = Array.from({ length: states.length / both }, (_, i) => {
    const each = directions.map((_, d) => {
      const own = d * kept + i
      return lift.node('Unsqueeze', `${name}/state_${own}`, [
        lift.last(states[own] as Lifted),
        lift.numbers('axes', [0]),
      ])
    })
    return both === 1 ? (each[0] as string) : lift.node('Concat', `${name}/states_${i}`, each, { axis: int(0) })
  })
  const [y, last, cell] = lift.nodeOf(
    operators[kind],
    name,
    [
      sequence,
      make('kernel', [both, count * units, inputs], 'w'),
      make('recurrent_kernel', [both, count * units, units], 'r'),
      make('bias', [both, 2 * count * units], 'b'),
      ...(steps ? [steps.lengths] : initial.length > 0 ? [''] : []),
      ...initial,
    ],
    attributes,
    config.return_state === true && kind === 'LSTM' ? 3 : 2,
  ) as [string, string, string?]
  const final = config.return_state === true ? [last, ...(cell ? [cell] : [])] : []
  const result = resultOf()
  return [result, ...directions.flatMap((_, d) => final.map((state, i) => finalState(state, d, d * kept + i)))]

  function finalState(state: string, d: number, i: number): Lifted {
    const label = `${name}/final_${i}`
    if (both === 1) return lastStep(lift, label, state, 1, units)
    const value = lift.node('Gather', label, [state, lift.numbers('direction', [d], true)], { axis: int(0) })
    return { value, rank: 2, first: false, dtype: 'float' }
  }

  function resultOf(): Lifted {
    if (steps && config.return_sequences === true) {
      // In both directions Keras puts zeros in the steps that do not count.
      const zeros = both === 2 || config.zero_output_for_mask === true
      const parts = directions.map((direction, i) => {
        const label = `${name}/${direction}`
        const one = lift.node('Gather', label, [y, lift.numbers('direction', [i], true)], { axis: int(1) })
        const turned = lift.node('Transpose', `${label}/batch_first`, [one], { perm: ints([1, 0, 2]) })
        return steps.aligned(turned, direction, zeros, label)
      })
      const [only] = parts as [string]
      const value = both === 1 ? only : lift.node('Concat', `${name}/both`, parts, { axis: int(2) })
      return { value, rank: 3, first: false, dtype: 'float' }
    }
    if (steps && config.zero_output_for_mask === true)
      lift.refuse(`The layer "${name}" answers zeros after a masked step, which Espalier does not read.`)
    return config.return_sequences === true
      ? everyStep(lift, name, y, both, units)
      : lastStep(lift, name, last, both, units)
  }
}

/** [time, directions, batch, units] to [batch, time, directions * units]. */
function everyStep(lift: Lift, name: string, y: string, both: number, units: number): Lifted {
  if (both === 1) {
    const flat = lift.node('Squeeze', `${name}/direction`, [y, lift.numbers('axes', [1])])
    return {
      value: lift.node('Transpose', `${name}/batch_first`, [flat], { perm: ints([1, 0, 2]) }),
      rank: 3,
      first: false,
      dtype: 'float',
    }
  }
  const turned = lift.node('Transpose', `${name}/batch_first`, [y], { perm: ints([2, 0, 1, 3]) })
  const value = lift.node('Reshape', `${name}/both`, [turned, lift.numbers(`${name}/both/shape`, [0, 0, both * units])])
  return { value, rank: 3, first: false, dtype: 'float' }
}

/** [directions, batch, units] to [batch, directions * units]. */
function lastStep(lift: Lift, name: string, last: string, both: number, units: number): Lifted {
  if (both === 1) {
    return {
      value: lift.node('Squeeze', `${name}/direction`, [last, lift.numbers('axes', [0])]),
      rank: 2,
      first: false,
      dtype: 'float',
    }
  }
  const turned = lift.node('Transpose', `${name}/batch_first`, [last], { perm: ints([1, 0, 2]) })
  const value = lift.node('Reshape', `${name}/both`, [turned, lift.numbers(`${name}/both/shape`, [0, both * units])])
  return { value, rank: 2, first: false, dtype: 'float' }
}

const reversed = (lift: Lift, name: string, x: Lifted): Lifted => {
  const largest = 2 ** 31 - 1
  const inputs = [
    lift.last(x),
    lift.numbers('starts', [largest]),
    lift.numbers('ends', [-largest]),
    lift.numbers('axes', [1]),
    lift.numbers('steps', [-1]),
  ]
  return { value: lift.node('Slice', `${name}/reversed`, inputs), rank: 3, first: false, dtype: 'float' }
}

const recurrent =
  (kind: Kind): LayerRule =>
  (context) => {
    const backwards = flagIn(context, 'go_backwards', false)
    const [y, ...states] = run(context, kind, [context.config], [backwards ? 'reverse' : 'forward'], [0]) as [Lifted]
    // Keras gives the steps of a backward layer in the order it took them.
    return [backwards && y.rank === 3 ? reversed(context.lift, context.name, y) : y, ...states]
  }

/** The cells of an RNN, the innermost first. */
export function cellsOf(config: Json): Json[] {
  const cell = isObject(config.cell) ? config.cell : {}
  const inner = isObject(cell.config) ? cell.config.cells : undefined
  return (cell.class_name === 'StackedRNNCells' && Array.isArray(inner) ? inner : [cell]).map((each) =>
    isObject(each) ? each : {},
  )
}

/** RNN around cells is the layers of these cells, one behind the other. */
const ofCells: LayerRule = (context) => {
  const { lift, name, config, inputs } = context
  const cells = cellsOf(config)
  if (cells.length > 1 && (inputs.length > 1 || config.return_state === true))
    return lift.refuse(`The layer "${name}" hands on states of several cells, which Espalier does not read.`)
  const backwards = flagIn(context, 'go_backwards', false)
  let made: readonly Lifted[] = inputs
  let at = 0
  for (const [i, cell] of cells.entries()) {
    const kind = kinds[String(cell.class_name).replace(/Cell$/, '')]
    if (!kind || !isObject(cell.config))
      return lift.refuse(
        `The layer "${name}" runs the cell ${String(cell.class_name)}, which Espalier does not read; it reads LSTMCell, GRUCell and SimpleRNNCell.`,
      )
    const last = i === cells.length - 1
    const own = { ...config, ...cell.config, ...(last ? {} : { return_sequences: true }) }
    const given = made.map((x) => ({ ...x, mask: inputs[0]?.mask }))
    const label = last ? name : `${name}/${i}`
    const layer = { ...context, name: label, kind, config: own, inputs: given, x: given[0] as Lifted }
    made = run(layer, kind, [own], [backwards ? 'reverse' : 'forward'], [at])
    at += cell.config.use_bias === false ? 2 : 3
  }
  const [y, ...states] = made as [Lifted]
  return [backwards && y.rank === 3 ? reversed(lift, name, y) : y, ...states]
}

const kinds: Readonly<Record<string, Kind>> = { LSTM: 'LSTM', GRU: 'GRU', SimpleRNN: 'SimpleRNN' }

const bidirectional: LayerRule = (context) => {
  const { config, lift, name } = context
  const layer = isObject(config.layer) ? config.layer : {}
  const kind = kinds[String(layer.class_name)]
  const inner = isObject(layer.config) ? layer.config : {}
  if (!kind)
    return lift.refuse(
      `The layer "${name}" runs a ${String(layer.class_name)} in both directions, which Espalier does not read; it reads LSTM, GRU and SimpleRNN.`,
    )
  const mode = textIn(context, 'merge_mode', 'concat')
  const back = isObject(config.backward_layer) ? config.backward_layer : layer
  if (back.class_name !== layer.class_name)
    return lift.refuse(
      `The layer "${name}" runs a ${String(layer.class_name)} forwards and a ${String(back.class_name)} backwards, which Espalier does not read.`,
    )
  const perDirection = inner.use_bias === false ? 2 : 3
  const configs = [inner, isObject(back.config) ? back.config : inner]
  const [joined, ...states] = run(context, kind, configs, ['forward', 'reverse'], [0, perDirection]) as [Lifted]
  if (mode === 'concat') return [joined, ...states]
  const op = ({ sum: 'Add', mul: 'Mul', ave: 'Add' } as Record<string, string>)[mode]
  if (!op) return lift.refuse(`The layer "${name}" joins its directions by "${mode}", which Espalier does not read.`)
  const halves = lift.nodeOf('Split', `${name}/halves`, [joined.value], { axis: int(joined.rank - 1) }, 2)
  const [a, b] = halves.map((value): Lifted => ({ ...joined, value })) as [Lifted, Lifted]
  const merged = lift.elementwise(op, `${name}/${mode}`, [a, b])
  const result = mode === 'ave' ? lift.elementwise('Mul', `${name}/half`, [merged, lift.scalar(0.5)]) : merged
  return [result, ...states]
}

export const recurrentLayers: Readonly<Record<string, LayerRule>> = {
  LSTM: recurrent('LSTM'),
  GRU: recurrent('GRU'),
  SimpleRNN: recurrent('SimpleRNN'),
  Bidirectional: bidirectional,
  RNN: ofCells,
}

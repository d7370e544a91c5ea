/** Lowering of LSTM, GRU and RNN: one matrix product over all inputs, then the steps one after the other. */
import { type GraphNode, numberAttribute, numbersAttribute, stringAttribute } from '../../graph/graph'
import type { LoweringContext, Register } from '../lowering'
import { activate } from './activation'
import { binaryEmit, scalar } from './common'

const [X, W, R, B, lengths, initialH, initialC, peepholes] = [0, 1, 2, 3, 4, 5, 6, 7] as const

/** What of the inside of a recurrent node can be looked at, direction by direction; see {@link recurrentValue}. */
export type RecurrentPart =
  /** [time, batch, gates x hidden]: what the inputs (and the biases) give to the gates. */
  | 'inputs'
  /** [time, batch, hidden]: the state before each step. */
  | 'before'
  /**
   * [time, batch, columns]: the gates before their activations, states and biases in; a GRU's candidate apart: z, r,
   * what the inputs give to it, what the state gives to it.
   */
  | 'gates'
  /** [time, batch, hidden]: what the candidate of a GRU reads where the reset gate comes first. */
  | 'reset'
  /** [time, batch, hidden]: how far the reset gate of a GRU stands open. */
  | 'open'

/** The name under which a session knows a value inside a recurrent node. */
export const recurrentValue = (node: string, part: RecurrentPart, direction: number): string =>
  `${node}#${part}${direction}`

/** The constants of one direction, ready to multiply from the right. */
interface Direction {
  readonly hidden: number
  /** [features, gates * hidden] and [hidden, gates * hidden]. */
  readonly input: Register
  readonly state: Register
  /** [gates * hidden]: all biases that the gates simply add; null without a bias. */
  readonly bias: Register | null
  /** [hidden]: the bias inside a GRU's reset; null where there is none. */
  readonly inner: Register | null
  /** As ONNX orders them: of the gates, of the candidate, of the state that an LSTM shows. */
  readonly activations: readonly Activation[]
}

export interface Activation {
  readonly name: string
  readonly alpha: number | undefined
  readonly beta: number | undefined
}

interface State {
  readonly h: Register | null
  readonly c: Register | null
}

interface Step extends State {
  /** [batch, columns]; see 'gates'. */
  readonly gates: Register
  readonly reset?: Register
  readonly open?: Register
}

/** Next state from the inputs' share of the gates. */
type Cell = (context: LoweringContext, x: Register, state: State, of: Direction) => Step

const binary = (context: LoweringContext, op: string, a: Register, b: Register) => context.emit(op, [a, b], {}, 'plain')

/** Activation i of the direction. */
function active(context: LoweringContext, { activations }: Direction, i: number, x: Register): Register {
  const { name, alpha, beta } = activations[i] as Activation
  const given: Readonly<Record<string, number | undefined>> = { alpha, beta }
  const made =
    name === 'Affine'
      ? binaryEmit(
          context,
          'AddV2',
          binaryEmit(context, 'Mul', x, scalar(context, alpha ?? 1)),
          scalar(context, beta ?? 0),
        )
      : activate(context, name, x, (key, fallback) => given[key] ?? fallback)
  return made ?? context.fail(`its activation ${name} is not supported`)
}
const product = (context: LoweringContext, a: Register, b: Register) =>
  context.emit('MatMul', [a, b], { transpose_a: false, transpose_b: false }, 'plain')
const plus = (context: LoweringContext, a: Register, b: Register | null) => (b ? binary(context, 'AddV2', a, b) : a)
const parts = (context: LoweringContext, x: Register, sizes: readonly number[], axis = 1) =>
  context.emitMany('SplitV', [x], { size_splits: sizes, axis }, 'plain', sizes.length)
const nothing = (context: LoweringContext, like: Register) => binary(context, 'Mul', like, scalar(context, 0))

/** Slice [begin, begin + size) of the columns of a matrix or of a vector. */
function piece(context: LoweringContext, x: Register, rank: number, begin: number, size: number): Register {
  const at = Array<number>(rank).fill(0)
  const extent = Array<number>(rank).fill(-1)
  at[rank - 1] = begin
  extent[rank - 1] = size
  return context.emit('Slice', [x], { begin: at, size: extent }, 'plain')
}

/** What each operator has for activations where it names none. */
export const usualActivations: Readonly<Record<string, readonly string[]>> = {
  LSTM: ['Sigmoid', 'Tanh', 'Tanh'],
  GRU: ['Sigmoid', 'Tanh'],
  RNN: ['Tanh'],
}

/** Gates in ONNX's order: input, output, forget, cell. */
const longShortTerm: Cell = (context, x, { h, c }, of) => {
  const gates = h ? binary(context, 'AddV2', x, product(context, h, of.state)) : x
  const [i, o, f, g] = parts(context, gates, Array(4).fill(of.hidden)) as [Register, Register, Register, Register]
  const fresh = binary(context, 'Mul', active(context, of, 0, i), active(context, of, 1, g))
  const next = c ? binary(context, 'AddV2', binary(context, 'Mul', active(context, of, 0, f), c), fresh) : fresh
  return { c: next, h: binary(context, 'Mul', active(context, of, 0, o), active(context, of, 2, next)), gates }
}

/** Gates in ONNX's order: update, reset, hidden. */
const gated: Cell = (context, x, { h }, of) => {
  const { hidden } = of
  const [xz, xr, xh] = parts(context, x, [hidden, hidden, hidden]) as [Register, Register, Register]
  let [z, r] = [xz, xr]
  let inner: Register | null = of.inner
  let open: Register
  let reset: Register | undefined
  if (h && resetsLast(context)) {
    const [hz, hr, hh] = parts(context, product(context, h, of.state), [hidden, hidden, hidden]) as [
      Register,
      Register,
      Register,
    ]
    z = binary(context, 'AddV2', xz, hz)
    r = binary(context, 'AddV2', xr, hr)
    open = active(context, of, 0, r)
    inner = plus(context, hh, of.inner)
  } else if (h) {
    const both = product(context, h, piece(context, of.state, 2, 0, 2 * hidden))
    const [hz, hr] = parts(context, both, [hidden, hidden]) as [Register, Register]
    z = binary(context, 'AddV2', xz, hz)
    r = binary(context, 'AddV2', xr, hr)
    open = active(context, of, 0, r)
    reset = binary(context, 'Mul', open, h)
    inner = product(context, reset, piece(context, of.state, 2, 2 * hidden, hidden))
  } else open = active(context, of, 0, r)
  const share = inner && resetsLast(context) ? binary(context, 'Mul', open, inner) : inner
  const candidate = active(context, of, 1, plus(context, xh, share))
  const update = active(context, of, 0, z)
  const kept = binary(context, 'Mul', binary(context, 'Sub', scalar(context, 1), update), candidate)
  const whole = inner && h ? inner : plus(context, nothing(context, xh), inner)
  return {
    c: null,
    h: h ? binary(context, 'AddV2', kept, binary(context, 'Mul', update, h)) : kept,
    gates: context.emit('ConcatV2', [z, r, xh, whole], { axis: 1 }, 'plain'),
    reset: reset ?? nothing(context, xh),
    open,
  }
}

const resetsLast = (context: LoweringContext): boolean => numberAttribute(context.node, 'linear_before_reset', 0) === 1

const simple: Cell = (context, x, { h }, of) => {
  const gates = h ? binary(context, 'AddV2', x, product(context, h, of.state)) : x
  return { c: null, h: active(context, of, 0, gates), gates }
}

const cells: Readonly<Record<string, { readonly cell: Cell; readonly gates: number }>> = {
  LSTM: { cell: longShortTerm, gates: 4 },
  GRU: { cell: gated, gates: 3 },
  RNN: { cell: simple, gates: 1 },
}

/** Which numbers an activation takes from the lists of the node. */
const parameters: Readonly<Record<string, readonly ('alpha' | 'beta')[]>> = {
  Affine: ['alpha', 'beta'],
  HardSigmoid: ['alpha', 'beta'],
  ScaledTanh: ['alpha', 'beta'],
  LeakyRelu: ['alpha'],
  ThresholdedRelu: ['alpha'],
  Elu: ['alpha'],
}

/** Activations of every direction. Names are told apart by their letters alone, and numbers go to those that take some. */
export function activationsInside(node: GraphNode, directions: number): Activation[][] {
  const usual = usualActivations[node.op] as readonly string[]
  const given = node.attributes.get('activations')
  const names = given?.kind === 'strings' && given.value.length > 0 ? given.value : Array(directions).fill(usual).flat()
  const list = (name: string) => [...(numbersAttribute(node, name, undefined) ?? [])]
  const left = { alpha: list('activation_alpha'), beta: list('activation_beta') }
  const spelled = names.map((each: string): Activation => {
    const name = knownNames.get(each.toLowerCase()) ?? each
    const takes = parameters[name] ?? []
    const next = (key: 'alpha' | 'beta') => (takes.includes(key) ? left[key].shift() : undefined)
    return { name, alpha: next('alpha'), beta: next('beta') }
  })
  return Array.from({ length: directions }, (_, d) =>
    usual.map((_, i) => spelled[d * usual.length + i] ?? (spelled[i] as Activation)),
  )
}

const knownNames = new Map(
  ['Sigmoid', 'Tanh', 'Relu', 'Softsign', 'Softplus', ...Object.keys(parameters)].map((name) => [
    name.toLowerCase(),
    name,
  ]),
)

/** What is not lowered is refused by name. */
function checkOptions(context: LoweringContext): void {
  const { node } = context
  if (context.has(peepholes)) context.fail('it has peepholes')
  if (node.attributes.has('clip')) context.fail('it clips its gates')
  if (numberAttribute(node, 'input_forget', 0) === 1) context.fail('it couples its input and forget gates')
}

function directionOf(
  context: LoweringContext,
  d: number,
  gates: number,
  activations: readonly Activation[],
): Direction {
  const [, rows, features] = context.shape(W) as [number, number, number]
  const hidden = rows / gates
  const matrix = (i: number, columns: number) => {
    const turned = context.weight(i, [0, 2, 1])
    const own = context.emit('Slice', [turned], { begin: [d, 0, 0], size: [1, columns, rows] }, 'plain')
    return context.emit('Reshape', [own], { shape: [columns, rows] }, 'plain')
  }
  const bias = (begin: number, size: number) => {
    const own = context.emit('Slice', [context.weight(B)], { begin: [d, begin], size: [1, size] }, 'plain')
    return context.emit('Reshape', [own], { shape: [size] }, 'plain')
  }
  const of = { hidden, activations, input: matrix(W, features), state: matrix(R, hidden) }
  if (!context.has(B)) return { ...of, bias: null, inner: null }
  if (context.node.op !== 'GRU' || !resetsLast(context)) {
    return { ...of, bias: binary(context, 'AddV2', bias(0, rows), bias(rows, rows)), inner: null }
  }
  const outer = binary(context, 'AddV2', bias(0, 2 * hidden), bias(rows, 2 * hidden))
  const whole = context.emit('ConcatV2', [outer, bias(2 * hidden, hidden)], { axis: 0 }, 'plain')
  return { ...of, bias: whole, inner: bias(rows + 2 * hidden, hidden) }
}

/** 1 where a sequence has this step, [batch, 1] each; null where all have all. */
function presence(context: LoweringContext, time: number): Register[] | null {
  if (!context.has(lengths)) return null
  const given = context.emit('Cast', [context.input(lengths, 'plain')], { DstT: 'float32' }, 'plain')
  const length = context.emit('Reshape', [given], { shape: [-1, 1] }, 'plain')
  return Array.from({ length: time }, (_, t) =>
    context.emit('Cast', [binary(context, 'Greater', length, scalar(context, t))], { DstT: 'float32' }, 'plain'),
  )
}

/** A state where the sequence has the step, the one before where it has not. */
function chosen(context: LoweringContext, here: Register, next: Register, before: Register | null): Register {
  if (!before) return binary(context, 'Mul', next, here)
  return binary(context, 'AddV2', before, binary(context, 'Mul', binary(context, 'Sub', next, before), here))
}

export function lowerRecurrent(context: LoweringContext): void {
  checkOptions(context)
  const { cell, gates } = cells[context.node.op] as (typeof cells)[string]
  const [time, , features] = context.shape(X)
  if (typeof time !== 'number' || typeof features !== 'number') {
    context.fail('the length of its sequences is not known; export the network with a fixed one')
    return
  }
  const count = context.shape(W)[0] as number
  const reversed = (d: number) => d === 1 || stringAttribute(context.node, 'direction', 'forward') === 'reverse'
  const flat = context.emit('Reshape', [context.input(X, 'plain')], { shape: [-1, features] }, 'plain')
  const here = presence(context, time)
  const stacked = (list: readonly Register[], columns: number) => {
    const rows = list.map((register) => context.emit('Reshape', [register], { shape: [1, -1, columns] }, 'plain'))
    return time === 1 ? (rows[0] as Register) : context.emit('ConcatV2', rows, { axis: 0 }, 'plain')
  }
  const activations = activationsInside(context.node, count)
  const sequences: Register[] = []
  const last: State[] = []
  for (let d = 0; d < count; d++) {
    const of = directionOf(context, d, gates, activations[d] as readonly Activation[])
    const width = gates * of.hidden
    const shared = plus(context, product(context, flat, of.input), of.bias)
    const whole = context.emit('Reshape', [shared], { shape: [time, -1, width] }, 'plain')
    const steps = time === 1 ? [whole] : parts(context, whole, Array(time).fill(1), 0)
    const initial = (i: number): Register | null => {
      if (!context.has(i)) return null
      const own = context.emit('Slice', [context.input(i, 'plain')], { begin: [d, 0, 0], size: [1, -1, -1] }, 'plain')
      return context.emit('Reshape', [own], { shape: [-1, of.hidden] }, 'plain')
    }
    let state: State = { h: initial(initialH), c: context.node.op === 'LSTM' ? initial(initialC) : null }
    const outputs: Register[] = []
    const before: Register[] = []
    const seen: Step[] = []
    for (let step = 0; step < time; step++) {
      const t = reversed(d) ? time - 1 - step : step
      const own = context.emit('Reshape', [steps[t] as Register], { shape: [-1, width] }, 'plain')
      const next = cell(context, own, state, of)
      const at = here?.[t]
      const h = next.h as Register
      before[t] = state.h ?? nothing(context, h)
      seen[t] = next
      outputs[t] = at ? binary(context, 'Mul', h, at) : h
      state = at
        ? { h: chosen(context, at, h, state.h), c: next.c && chosen(context, at, next.c, state.c) }
        : { h, c: next.c }
    }
    const inside = (part: RecurrentPart, register: Register) =>
      context.expose(recurrentValue(context.node.name, part, d), register)
    inside('inputs', whole)
    inside('before', stacked(before, of.hidden))
    inside(
      'gates',
      stacked(
        seen.map((step) => step.gates),
        (gates === 3 ? 4 : gates) * of.hidden,
      ),
    )
    if (gates === 3)
      for (const part of ['reset', 'open'] as const)
        inside(
          part,
          stacked(
            seen.map((step) => step[part] as Register),
            of.hidden,
          ),
        )
    const sequence = stacked(outputs, of.hidden)
    sequences.push(context.emit('Reshape', [sequence], { shape: [time, 1, -1, of.hidden] }, 'plain'))
    last.push(state)
  }
  const hidden = context.shape(R)[2] as number
  const join = (list: readonly Register[], axis: number) =>
    list.length === 1 ? (list[0] as Register) : context.emit('ConcatV2', list, { axis }, 'plain')
  const wanted = (o: number) => (context.node.outputs[o] ?? '') !== ''
  const ends = (pick: (state: State) => Register) =>
    join(
      last.map((state) => context.emit('Reshape', [pick(state)], { shape: [1, -1, hidden] }, 'plain')),
      0,
    )
  if (wanted(0)) context.output(0, join(sequences, 1))
  if (wanted(1))
    context.output(
      1,
      ends((state) => state.h as Register),
    )
  if (wanted(2))
    context.output(
      2,
      ends((state) => state.c as Register),
    )
}

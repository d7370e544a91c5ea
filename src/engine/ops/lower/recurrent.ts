/** Lowering of LSTM, GRU and RNN: one matrix product over all inputs, then the steps one after the other. */
import { numberAttribute, stringAttribute } from '../../graph/graph'
import type { LoweringContext, Register } from '../lowering'
import { scalar } from './common'

const [X, W, R, B, lengths, initialH, initialC, peepholes] = [0, 1, 2, 3, 4, 5, 6, 7] as const

/** The constants of one direction, ready to multiply from the right. */
interface Direction {
  readonly d: number
  readonly hidden: number
  /** [features, gates * hidden] and [hidden, gates * hidden]. */
  readonly input: Register
  readonly state: Register
  /** [gates * hidden] each; null without a bias. */
  readonly inputBias: Register | null
  readonly stateBias: Register | null
}

interface State {
  readonly h: Register | null
  readonly c: Register | null
}

/** Next state from the inputs' share of the gates. */
type Cell = (context: LoweringContext, x: Register, state: State, of: Direction) => State

const binary = (context: LoweringContext, op: string, a: Register, b: Register) => context.emit(op, [a, b], {}, 'plain')
const unary = (context: LoweringContext, op: string, a: Register) => context.emit(op, [a], {}, 'plain')
const product = (context: LoweringContext, a: Register, b: Register) =>
  context.emit('MatMul', [a, b], { transpose_a: false, transpose_b: false }, 'plain')
const plus = (context: LoweringContext, a: Register, b: Register | null) => (b ? binary(context, 'AddV2', a, b) : a)
const parts = (context: LoweringContext, x: Register, sizes: readonly number[]) =>
  context.emitMany('SplitV', [x], { size_splits: sizes, axis: 1 }, 'plain', sizes.length)

/** Slice [begin, begin + size) of the columns of a matrix or of a vector. */
function piece(context: LoweringContext, x: Register, rank: number, begin: number, size: number): Register {
  const at = Array<number>(rank).fill(0)
  const extent = Array<number>(rank).fill(-1)
  at[rank - 1] = begin
  extent[rank - 1] = size
  return context.emit('Slice', [x], { begin: at, size: extent }, 'plain')
}

/** Gates in ONNX's order: input, output, forget, cell. */
const longShortTerm: Cell = (context, x, { h, c }, of) => {
  let gates = plus(context, x, of.stateBias)
  if (h) gates = binary(context, 'AddV2', gates, product(context, h, of.state))
  const [i, o, f, g] = parts(context, gates, Array(4).fill(of.hidden)) as [Register, Register, Register, Register]
  const fresh = binary(context, 'Mul', unary(context, 'Sigmoid', i), unary(context, 'Tanh', g))
  const next = c ? binary(context, 'AddV2', binary(context, 'Mul', unary(context, 'Sigmoid', f), c), fresh) : fresh
  return { c: next, h: binary(context, 'Mul', unary(context, 'Sigmoid', o), unary(context, 'Tanh', next)) }
}

/** Gates in ONNX's order: update, reset, hidden. */
const gated: Cell = (context, x, { h }, of) => {
  const { hidden } = of
  const resetLast = numberAttribute(context.node, 'linear_before_reset', 0) === 1
  const [xz, xr, xh] = parts(context, x, [hidden, hidden, hidden]) as [Register, Register, Register]
  const bias = (gate: number) => (of.stateBias ? piece(context, of.stateBias, 1, gate * hidden, hidden) : null)
  const state = (gate: number) => piece(context, of.state, 2, gate * hidden, hidden)
  const share = (value: Register | null, gate: number) =>
    value ? plus(context, product(context, value, state(gate)), bias(gate)) : bias(gate)
  const z = unary(context, 'Sigmoid', plus(context, xz, share(h, 0)))
  const r = unary(context, 'Sigmoid', plus(context, xr, share(h, 1)))
  let inner: Register | null
  if (resetLast) {
    const whole = share(h, 2)
    inner = whole && binary(context, 'Mul', r, whole)
  } else inner = share(h && binary(context, 'Mul', r, h), 2)
  const candidate = unary(context, 'Tanh', plus(context, xh, inner))
  const kept = binary(context, 'Mul', binary(context, 'Sub', scalar(context, 1), z), candidate)
  return { c: null, h: h ? binary(context, 'AddV2', kept, binary(context, 'Mul', z, h)) : kept }
}

const simple: Cell = (context, x, { h }, of) => {
  const sum = plus(context, h ? binary(context, 'AddV2', x, product(context, h, of.state)) : x, of.stateBias)
  const given = context.node.attributes.get('activations')
  const name = given?.kind === 'strings' ? (given.value[of.d] ?? 'Tanh') : 'Tanh'
  if (!['Tanh', 'Relu', 'Sigmoid'].includes(name)) context.fail(`its activation ${name} is not supported`)
  return { c: null, h: unary(context, name, sum) }
}

const cells: Readonly<Record<string, { readonly cell: Cell; readonly gates: number }>> = {
  LSTM: { cell: longShortTerm, gates: 4 },
  GRU: { cell: gated, gates: 3 },
  RNN: { cell: simple, gates: 1 },
}

const defaults: Readonly<Record<string, readonly string[]>> = {
  LSTM: ['Sigmoid', 'Tanh', 'Tanh'],
  GRU: ['Sigmoid', 'Tanh'],
}

/** What is not lowered is refused by name. */
function checkOptions(context: LoweringContext): void {
  const { node } = context
  if (context.has(lengths)) context.fail('it reads the length of every sequence')
  if (context.has(peepholes)) context.fail('it has peepholes')
  if (node.attributes.has('clip')) context.fail('it clips its gates')
  if (numberAttribute(node, 'input_forget', 0) === 1) context.fail('it couples its input and forget gates')
  const usual = defaults[node.op]
  const given = node.attributes.get('activations')
  if (usual && given?.kind === 'strings' && given.value.some((name, i) => name !== usual[i % usual.length])) {
    context.fail(`its activations ${given.value.join(', ')} are not the usual ones`)
  }
}

function directionOf(context: LoweringContext, d: number, gates: number): Direction {
  const [, rows, features] = context.shape(W) as [number, number, number]
  const hidden = rows / gates
  const matrix = (i: number, columns: number) => {
    const turned = context.weight(i, [0, 2, 1])
    const own = context.emit('Slice', [turned], { begin: [d, 0, 0], size: [1, columns, rows] }, 'plain')
    return context.emit('Reshape', [own], { shape: [columns, rows] }, 'plain')
  }
  const bias = (begin: number) => {
    if (!context.has(B)) return null
    const own = context.emit('Slice', [context.weight(B)], { begin: [d, begin], size: [1, rows] }, 'plain')
    return context.emit('Reshape', [own], { shape: [rows] }, 'plain')
  }
  return { d, hidden, input: matrix(W, features), state: matrix(R, hidden), inputBias: bias(0), stateBias: bias(rows) }
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
  const sequences: Register[] = []
  const last: State[] = []
  for (let d = 0; d < count; d++) {
    const of = directionOf(context, d, gates)
    const width = gates * of.hidden
    const shared = plus(context, product(context, flat, of.input), of.inputBias)
    const steps = context.emit('Reshape', [shared], { shape: [time, -1, width] }, 'plain')
    const initial = (i: number): Register | null => {
      if (!context.has(i)) return null
      const own = context.emit('Slice', [context.input(i, 'plain')], { begin: [d, 0, 0], size: [1, -1, -1] }, 'plain')
      return context.emit('Reshape', [own], { shape: [-1, of.hidden] }, 'plain')
    }
    let state: State = { h: initial(initialH), c: context.node.op === 'LSTM' ? initial(initialC) : null }
    const outputs: Register[] = []
    for (let step = 0; step < time; step++) {
      const t = reversed(d) ? time - 1 - step : step
      const own = context.emit('Slice', [steps], { begin: [t, 0, 0], size: [1, -1, -1] }, 'plain')
      state = cell(context, context.emit('Reshape', [own], { shape: [-1, width] }, 'plain'), state, of)
      outputs[t] = context.emit('Reshape', [state.h as Register], { shape: [1, 1, -1, of.hidden] }, 'plain')
    }
    sequences.push(time === 1 ? (outputs[0] as Register) : context.emit('ConcatV2', outputs, { axis: 0 }, 'plain'))
    last.push(state)
  }
  const hidden = (context.shape(R)[2] as number) ?? 0
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

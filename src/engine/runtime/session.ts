/** A network on the backend: forward, backward with taps, and partial execution. */
import { cast, getBackend, getKernel, keep, type Tensor, tensor, tidy, transpose } from '@tensorflow/tfjs-core'
import { EspalierError } from '../../contract/errors'
import type { Graph } from '../graph/graph'
import type { TensorData } from '../graph/tensor'
import type { Instruction } from '../ops/lowering'
import { carriedOver, ProgramBinding } from './binding'
import { runtimeTensor } from './build'
import { differentiate, execute, type Tensors } from './executor'
import { upload } from './feed'
import { inverseOf, permuted, toChannelsFirst, toChannelsLast } from './layout'
import { scaleShiftName } from './native/elementwise'
import { apartBeforePools, poolFirst } from './pool-first'
import { type Program, type ProgramConstant, registerOf, slice } from './program'
import type {
  BackwardRequest,
  BackwardResult,
  Feed,
  HostTensor,
  LiveValue,
  LiveValues,
  Session,
  SessionOptions,
} from './types'

/** Whether the backend adds a bias in a pass of its own even where it is fused with a convolution. */
const addsApart = (): boolean => getKernel(scaleShiftName, getBackend()) !== undefined

const typeOf = (data: TensorData): 'float32' | 'int32' => (data.dtype === 'float32' ? 'float32' : 'int32')

export const uploadConstant = (data: TensorData) =>
  tensor(data.data as Float32Array | Int32Array, [...data.dims], typeOf(data))

/** A graph constant in the form a program holds it. */
export function programForm(constant: ProgramConstant, value: TensorData): TensorData {
  const { permutation, shape } = constant.origin ?? {}
  const plain = runtimeTensor(value)
  const turned = permutation ? permuted(plain, permutation) : plain
  return shape ? { ...turned, dims: shape } : turned
}

class ProgramSession implements Session {
  private readonly binding: ProgramBinding
  private current: Program | null = null
  private constants: Tensors = new Map()
  private readonly fuse: boolean
  private disposed = false

  constructor(
    readonly graph: Graph,
    options: SessionOptions,
  ) {
    this.fuse = options.fuse
    this.binding = new ProgramBinding(graph, options)
    if (this.binding.program) this.take(this.binding.program)
  }

  get program(): Program {
    if (this.current) return this.current
    throw new EspalierError('INTERNAL', 'A network of open extents was looked at before it was fed.')
  }

  /** Constants of a new program: those that are held already as they are. */
  private take(program: Program): void {
    if (program === this.current) return
    // They outlive whatever scope the first feed comes in.
    const make = (constant: ProgramConstant) => keep(uploadConstant(constant.data))
    if (this.current) this.constants = carriedOver(this.constants, this.graph, this.current, program, make)
    else for (const constant of program.constants) this.constants.set(constant.register, make(constant))
    this.current = program
  }

  private given(feed: Feed): { all: Tensors; inputs: Tensors } {
    if (this.disposed) throw new EspalierError('INTERNAL', 'A session was used after it was disposed.')
    this.take(this.binding.for(feed))
    const inputs = upload(this.program, feed)
    return { all: new Map([...this.constants, ...inputs]), inputs }
  }

  /** What computes some registers from others, in the order that takes the least. */
  private instructions(given: ReadonlySet<number>, wanted: readonly number[]): Instruction[] {
    const kept = new Set(wanted)
    const plain = slice(this.program, given, wanted)
    const apart = this.fuse && addsApart() ? apartBeforePools(plain, kept, this.program.registers) : plain
    return poolFirst(apart, kept)
  }

  private inputRegisters(): Set<number> {
    return new Set(this.program.inputs.map((input) => input.register))
  }

  /** Names that are computed: what follows from the extents alone is a constant of the program. */
  private computed(names: Iterable<string>): string[] {
    return [...new Set(names)].filter((name) => this.program.values.has(name) || !this.binding.isKnown(name))
  }

  private registers(names: readonly string[]): number[] {
    return this.computed(names).map((name) => registerOf(this.program, name).id)
  }

  private named(names: readonly string[], tensors: Tensors): LiveValues {
    const result: LiveValues = new Map()
    const seen = new Set<number>()
    for (const name of this.computed(names)) {
      const { id, layout } = registerOf(this.program, name)
      const found = tensors.get(id)
      if (!found) continue
      // Two names of one register get a tensor each, so that each can be disposed.
      result.set(name, { tensor: seen.has(id) ? found.clone() : found, layout })
      seen.add(id)
    }
    return result
  }

  async run(feed: Feed): Promise<Map<string, HostTensor>> {
    const { all, inputs } = this.given(feed)
    const { outputs } = this.program
    const wanted = outputs.map((output) => output.register)
    let found: Tensors
    try {
      found = execute(this.instructions(this.inputRegisters(), wanted), all, new Set(wanted))
    } finally {
      for (const made of inputs.values()) made.dispose()
    }
    try {
      const result = new Map<string, HostTensor>()
      for (const { name, register } of outputs) {
        const value = found.get(register)
        if (!value) continue
        const data = await value.data()
        result.set(name, {
          dims: [...value.shape],
          data: data instanceof Float32Array || data instanceof Int32Array ? data : Int32Array.from(data),
        })
      }
      return result
    } finally {
      for (const value of found.values()) value.dispose()
    }
  }

  forward(feed: Feed, wanted: readonly string[]): LiveValues {
    const { all, inputs } = this.given(feed)
    try {
      const registers = this.registers(wanted)
      const instructions = this.instructions(this.inputRegisters(), registers)
      return this.named(wanted, execute(instructions, all, new Set(registers)))
    } finally {
      for (const made of inputs.values()) made.dispose()
    }
  }

  backward(feed: Feed, request: BackwardRequest): BackwardResult {
    const { all, inputs } = this.given(feed)
    try {
      const of = registerOf(this.program, request.of)
      const taps = this.registers(request.taps)
      const values = this.registers(request.values ?? [])
      const found = differentiate({
        instructions: this.instructions(this.inputRegisters(), [of.id, ...taps, ...values]),
        given: all,
        of: of.id,
        sources: new Set(taps),
        values: new Set(values),
        seed: (value) => request.seed({ tensor: value, layout: of.layout }),
      })
      return {
        of: { tensor: found.of, layout: of.layout },
        values: this.named(request.values ?? [], found.values),
        gradients: this.named(request.taps, found.gradients),
      }
    } finally {
      for (const made of inputs.values()) made.dispose()
    }
  }

  runFrom(given: ReadonlyMap<string, LiveValue>, wanted: readonly string[]): LiveValues {
    this.take(this.binding.forValues(new Map(given)))
    const registers = this.registers(wanted)
    const known: Tensors = new Map(this.constants)
    const made: { dispose(): void }[] = []
    const names = this.computed(given.keys())
    for (const name of names) {
      const value = given.get(name) as LiveValue
      const register = registerOf(this.program, name)
      const { tensor: source } = value
      const rank = source.rank
      if (value.layout === register.layout || rank <= 2) {
        known.set(register.id, source)
        continue
      }
      const turned = transpose(source, register.layout === 'nhwc' ? toChannelsLast(rank) : toChannelsFirst(rank))
      made.push(turned)
      known.set(register.id, turned)
    }
    const start = new Set(names.map((name) => registerOf(this.program, name).id))
    // Transposes cancel in pairs: what reads a given value may be reading what that was turned from.
    const sources = new Map<number, { readonly turned: number; readonly back: readonly number[] }>()
    for (const { op, inputs, outputs, attributes } of this.program.instructions) {
      const [source, turned] = [inputs[0] as number, outputs[0] as number]
      if (op !== 'Transpose' || !start.has(turned) || start.has(source)) continue
      sources.set(source, { turned, back: inverseOf(attributes.perm as readonly number[]) })
    }
    try {
      const instructions = this.instructions(new Set([...start, ...sources.keys()]), registers)
      const read = new Set([...instructions.flatMap(({ inputs }) => inputs), ...registers])
      for (const [source, { turned, back }] of sources) {
        if (!read.has(source)) continue
        const value = transpose(known.get(turned) as Tensor, [...back])
        made.push(value)
        known.set(source, value)
      }
      return this.named(wanted, execute(instructions, known, new Set(registers)))
    } finally {
      for (const turned of made) turned.dispose()
    }
  }

  setConstant(name: string, value: TensorData): void {
    if (this.fuse) {
      throw new EspalierError(
        'INTERNAL',
        'Constants of a fused session cannot be replaced: they no longer are the graph’s.',
      )
    }
    const old = this.graph.constants.get(name)
    if (old && old.dims.join() !== value.dims.join()) {
      throw new EspalierError(
        'SHAPE_MISMATCH',
        `The constant "${name}" has shape [${old.dims}] and cannot take numbers of shape [${value.dims}].`,
      )
    }
    this.binding.replace(name, value)
    let found = this.current === null && old !== undefined
    for (const constant of this.current?.constants ?? []) {
      if (constant.origin?.constant !== name) continue
      const data = programForm(constant, value)
      this.constants.get(constant.register)?.dispose()
      this.constants.set(constant.register, uploadConstant(data))
      found = true
    }
    if (!found) throw new EspalierError('NOT_FOUND', `The program has no constant "${name}".`)
  }

  dispose(): void {
    for (const constant of this.constants.values()) constant.dispose()
    this.constants.clear()
    this.disposed = true
  }
}

/**
 * Puts a network on the backend (see `initBackend`).
 * @throws MODEL_UNSUPPORTED_OPERATOR or MODEL_UNSUPPORTED_FEATURE naming the node that cannot be run.
 */
export const createSession = (graph: Graph, options: SessionOptions): Session => new ProgramSession(graph, options)

/** A live value with its axes as in ONNX; a new tensor. */
export const toPlain = (value: LiveValue) =>
  tidy(() =>
    value.layout === 'plain' || value.tensor.rank <= 2
      ? value.tensor.clone()
      : transpose(value.tensor, toChannelsFirst(value.tensor.rank)),
  )

/** Disposes every tensor of a result. */
export function disposeValues(values: LiveValues | LiveValue): void {
  if (values instanceof Map) for (const value of values.values()) value.tensor.dispose()
  else values.tensor.dispose()
}

/** Whatever its type, a value as float32. */
export const asFloat = (value: LiveValue) => cast(value.tensor, 'float32')

/** The value before a terminal Softmax, LogSoftmax or Sigmoid; else the first output itself. */
export function logitsValue(graph: Graph): string {
  const output = graph.outputs[0]
  if (!output) throw new EspalierError('GRAPH_INVALID', 'The network has no output.')
  const passing = new Set(['Identity', 'Flatten', 'Reshape', 'Squeeze'])
  let value = output.name
  for (;;) {
    const node = graph.producer(value)
    if (!node) return output.name
    if (node.op === 'Softmax' || node.op === 'LogSoftmax' || node.op === 'Sigmoid') return node.inputs[0] as string
    if (!passing.has(node.op)) return output.name
    value = node.inputs[0] as string
  }
}

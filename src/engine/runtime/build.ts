/** Lowers a graph to a program: every node's rule emits TF operations; layout is decided once, where values are made. */
import { EspalierError } from '../../contract/errors'
import type { Graph, GraphNode, Shape } from '../graph/graph'
import { float32, sizeOf, type TensorData, tensor, toFloat32, toNumbers } from '../graph/tensor'
import { findOp } from '../ops/definition'
import { inferShapes } from '../ops/infer'
import type { Instruction, InstructionAttribute, Layout, LoweringContext, Register } from '../ops/lowering'
import { fuseProgram } from './fuse'
import { permuted, toChannelsFirst, toChannelsLast } from './layout'
import { type Program, type ProgramConstant, type ProgramInput, slice } from './program'

export interface BuildOptions {
  readonly fuse: boolean
  /** Graph values that must stay reachable. Without fusing all do. */
  readonly taps?: readonly string[]
}

/** Constants as the runtime holds them: float32, or int32 for integers and booleans. */
export function runtimeTensor(data: TensorData): TensorData {
  if (/^(float|bfloat)/.test(data.dtype)) return float32(data.dims, toFloat32(data))
  return tensor(
    'int32',
    data.dims,
    Int32Array.from(toNumbers(data), (value) => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, value))),
  )
}

class Builder {
  private next = 0
  private readonly instructions: Instruction[] = []
  private readonly constants: ProgramConstant[] = []
  private readonly constantKeys = new Map<string, Register>()
  /** Where each value lives, in the layout its producer chose. */
  readonly values = new Map<string, Register>()
  private readonly copies = new Map<string, Register>()
  private readonly transposes = new Map<number, { readonly from: Register; readonly perm: readonly number[] }>()
  /** Values behind nodes that cannot be lowered: an error only where somebody reads them. */
  private readonly refused = new Map<string, EspalierError>()

  constructor(
    private readonly graph: Graph,
    private readonly inputs: ProgramInput[],
  ) {
    for (const input of graph.inputs) {
      if (!input.shape) throw new EspalierError('GRAPH_INVALID', `The input "${input.name}" has no shape.`)
      const register = this.register('plain')
      inputs.push({ name: input.name, dtype: input.dtype, shape: input.shape, register: register.id })
      this.values.set(input.name, register)
    }
  }

  private register(layout: Layout): Register {
    return { id: this.next++, layout }
  }

  shapeOf(value: string): Shape {
    const shape = this.graph.info(value)?.shape
    if (!shape) {
      throw new EspalierError(
        'MODEL_UNSUPPORTED_FEATURE',
        `The shape of "${value}" is not known before the network runs, so it cannot be run here. Export it with fixed extents.`,
      )
    }
    return shape
  }

  emit(
    node: string,
    op: string,
    inputs: readonly Register[],
    attributes: Readonly<Record<string, InstructionAttribute>>,
    layout: Layout,
    count: number,
  ): Register[] {
    if (op === 'Transpose')
      return [this.transpose(node, inputs[0] as Register, attributes.perm as readonly number[], layout)]
    const outputs = Array.from({ length: count }, () => this.register(layout))
    this.instructions.push({
      op,
      inputs: inputs.map((input) => input.id),
      outputs: outputs.map((output) => output.id),
      attributes,
      node,
    })
    return outputs
  }

  /** Transposes of transposes become one, or none where they cancel. */
  private transpose(node: string, input: Register, perm: readonly number[], layout: Layout): Register {
    const before = this.transposes.get(input.id)
    const from = before?.from ?? input
    const whole = before ? perm.map((axis) => before.perm[axis] as number) : perm
    if (whole.every((axis, i) => axis === i)) return { id: from.id, layout }
    const output = this.register(layout)
    this.transposes.set(output.id, { from, perm: whole })
    this.instructions.push({
      op: 'Transpose',
      inputs: [from.id],
      outputs: [output.id],
      attributes: { perm: whole },
      node,
    })
    return output
  }

  constant(data: TensorData, layout: Layout, origin?: ProgramConstant['origin']): Register {
    const register = this.register(layout)
    this.constants.push({ register: register.id, data: runtimeTensor(data), ...(origin ? { origin } : {}) })
    return register
  }

  parameter(name: string, layout: Layout, permutation?: readonly number[], shape?: readonly number[]): Register {
    const key = `${name}|${permutation ?? ''}|${shape ?? ''}|${layout}`
    const known = this.constantKeys.get(key)
    if (known) return known
    const data = this.graph.constants.get(name) as TensorData
    const turned = permutation ? permuted(runtimeTensor(data), permutation) : data
    const register = this.constant(shape ? { ...turned, dims: shape } : turned, layout, {
      constant: name,
      ...(permutation ? { permutation } : {}),
      ...(shape ? { shape } : {}),
    })
    this.constantKeys.set(key, register)
    return register
  }

  /** A value in the wanted layout; values of rank 2 and lower are the same in both. */
  read(value: string, wanted: Layout, node: string): Register {
    const refusal = this.refused.get(value)
    if (refusal) throw refusal
    const constant = this.graph.constants.get(value)
    if (constant) {
      const rank = constant.dims.length
      return wanted === 'nhwc' && rank > 2
        ? this.parameter(value, 'nhwc', toChannelsLast(rank))
        : this.parameter(value, 'plain')
    }
    const held = this.values.get(value)
    if (!held)
      throw new EspalierError('GRAPH_INVALID', `Node "${node}" reads "${value}", which nothing before it computes.`)
    const rank = this.shapeOf(value).length
    if (held.layout === wanted || rank <= 2) return held
    const copy = this.copies.get(value)
    if (copy) return copy
    const perm = wanted === 'nhwc' ? toChannelsLast(rank) : toChannelsFirst(rank)
    const [turned] = this.emit(node, 'Transpose', [held], { perm }, wanted, 1) as [Register]
    this.copies.set(value, turned)
    return turned
  }

  lower(node: GraphNode): void {
    const op = findOp(node.op, node.domain)
    try {
      if (!op?.lower) {
        throw new EspalierError(
          'MODEL_UNSUPPORTED_OPERATOR',
          `The operator ${node.domain === '' ? '' : `${node.domain}::`}${node.op} (node "${node.name}") cannot be run, so nothing that needs data works on this network. It can be inspected and pruned by its weights alone.`,
        )
      }
      op.lower(this.contextFor(node))
    } catch (error) {
      if (!(error instanceof EspalierError) || error.code === 'INTERNAL') throw error
      for (const output of node.outputs) if (output !== '') this.refused.set(output, error)
    }
  }

  private contextFor(node: GraphNode): LoweringContext {
    const nameOf = (i: number) => node.inputs[i] ?? ''
    return {
      node,
      has: (i) => nameOf(i) !== '',
      shape: (i) => this.shapeOf(nameOf(i)),
      outputShape: (o) => this.shapeOf(node.outputs[o] as string),
      constant: (i) => this.graph.constants.get(nameOf(i)),
      input: (i, layout) => this.read(nameOf(i), layout, node.name),
      layoutOf: (i) => this.values.get(nameOf(i))?.layout ?? 'plain',
      weight: (i, permutation, shape) => {
        if (!this.graph.constants.has(nameOf(i))) {
          throw new EspalierError(
            'MODEL_UNSUPPORTED_FEATURE',
            `Input ${i} of ${node.op} "${node.name}" is computed in the network instead of constant, and that cannot be run.`,
          )
        }
        return this.parameter(nameOf(i), 'plain', permutation, shape)
      },
      literal: (data) => this.constant(data, 'plain'),
      emit: (name, inputs, attributes, layout) =>
        this.emit(node.name, name, inputs, attributes, layout, 1)[0] as Register,
      emitMany: (name, inputs, attributes, layout, count) =>
        this.emit(node.name, name, inputs, attributes, layout, count),
      output: (o, register) => {
        const name = node.outputs[o] ?? ''
        if (name === '') return
        const rank = this.shapeOf(name).length
        this.values.set(name, rank <= 2 ? { id: register.id, layout: 'plain' } : register)
      },
      expose: (name, register) => {
        this.values.set(name, register)
      },
      fail: (sentence) => {
        throw new EspalierError('MODEL_UNSUPPORTED_FEATURE', `${node.op} "${node.name}" cannot be run: ${sentence}.`)
      },
    }
  }

  finish(): Program {
    const outputs = this.graph.outputs.map((output) => ({
      name: output.name,
      register: this.read(output.name, 'plain', 'output').id,
    }))
    return {
      registers: this.next,
      inputs: this.inputs,
      outputs,
      constants: this.constants,
      instructions: this.instructions,
      values: this.values,
    }
  }
}

/** Drops instructions and constants that neither the outputs nor the kept values need. */
function withoutUnused(program: Program, kept: readonly number[]): Program {
  const given = new Set(program.inputs.map((input) => input.register))
  const wanted = [...program.outputs.map((output) => output.register), ...kept]
  const instructions = slice(program, given, wanted)
  const read = new Set([...instructions.flatMap((instruction) => instruction.inputs), ...wanted])
  const made = new Set([...given, ...instructions.flatMap((instruction) => instruction.outputs)])
  const constants = program.constants.filter((constant) => read.has(constant.register))
  for (const constant of constants) made.add(constant.register)
  const values = new Map([...program.values].filter(([, register]) => made.has(register.id)))
  return { ...program, instructions, constants, values }
}

/**
 * Lowers a graph.
 * @throws MODEL_UNSUPPORTED_OPERATOR, MODEL_UNSUPPORTED_FEATURE naming the node that an output or tap needs.
 */
export function buildProgram(graph: Graph, options: BuildOptions): Program {
  const shaped = graph.nodes.every((node) => node.outputs.every((name) => name === '' || graph.info(name)?.shape))
    ? graph
    : inferShapes(graph)
  const builder = new Builder(shaped, [])
  for (const node of shaped.nodes) builder.lower(node)
  const program = builder.finish()
  const taps = (options.taps ?? []).map((tap) => {
    const register = program.values.get(tap)
    if (register) return register.id
    throw new EspalierError('GRAPH_INVALID', `The network has no value named "${tap}" to look at.`)
  })
  if (!options.fuse) {
    const all = [...program.values.values()].map((register) => register.id)
    return withoutUnused(program, [...taps, ...all])
  }
  return withoutUnused(fuseProgram(withoutUnused(program, taps), new Set(taps)), taps)
}

/** Number of elements of a shape without its symbols. */
export const elementsOf = (shape: Shape): number =>
  sizeOf(shape.filter((dim): dim is number => typeof dim === 'number'))

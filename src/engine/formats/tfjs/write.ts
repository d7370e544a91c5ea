/** Writes a program as a TF.js graph model: model.json and weight shards. The same program gives the same bytes. */
import { EspalierError } from '../../../contract/errors'
import type { Shape } from '../../graph/graph'
import type { TensorData } from '../../graph/tensor'
import type { ConstantOrigin, Instruction } from '../../ops/lowering'
import type { Precision } from '../precision'
import type { ModelFile } from '../registry'
import { type AttributeValue, floats, integers, layoutKey, type NodeDef, shapeProto, truths } from './graph-def'
import { writeInstruction } from './nodes'
import { type StoredWeight, storedWeight } from './quantise'

/** What the writer needs of a lowered network; the runtime's Program is one. */
export interface WritableProgram {
  readonly inputs: readonly {
    readonly name: string
    readonly dtype: string
    readonly shape: Shape
    readonly register: number
  }[]
  readonly outputs: readonly { readonly name: string; readonly register: number }[]
  readonly constants: readonly {
    readonly register: number
    readonly data: TensorData
    readonly origin?: ConstantOrigin
  }[]
  readonly instructions: readonly Instruction[]
}

export interface TfjsWriteOptions {
  /** Axes of image inputs: as in the network (`nchw`, default), or channels last. */
  readonly inputLayout?: 'nchw' | 'nhwc'
  readonly metadata?: Readonly<Record<string, string>>
  /** How weights are stored: fp32 (default), float16, or affine uint8 a tensor. */
  readonly precision?: Precision
}

const shardBytes = 4 * 1024 * 1024

class Writer {
  readonly nodes: NodeDef[] = []
  readonly weights: { name: string; data: TensorData }[] = []
  private readonly names = new Set<string>()
  private readonly literals = new Map<string, string>()

  /** A name that TF accepts and that is not taken. */
  unique(wanted: string): string {
    const base = wanted.replace(/[^A-Za-z0-9_./-]/g, '_').replace(/^[^A-Za-z0-9.]/, 'n')
    let name = base === '' ? 'value' : base
    for (let i = 1; this.names.has(name); i++) name = `${base}_${i}`
    this.names.add(name)
    return name
  }

  add(name: string, op: string, input: readonly string[], attr: Readonly<Record<string, AttributeValue>>): string {
    this.nodes.push({ name, op, ...(input.length > 0 ? { input } : {}), attr })
    return name
  }

  weight(wanted: string, data: TensorData): string {
    const name = this.unique(wanted)
    const dtype = data.dtype === 'float32' ? 'DT_FLOAT' : 'DT_INT32'
    this.add(name, 'Const', [], {
      dtype: { type: dtype },
      value: { tensor: { dtype, tensorShape: shapeProto(data.dims) } },
    })
    this.weights.push({ name, data })
    return name
  }

  /** A small constant of an operation; equal ones are written once. */
  literal(data: TensorData): string {
    const key = `${data.dtype} ${data.dims} ${Array.from(data.data as ArrayLike<number>)}`
    const known = this.literals.get(key)
    if (known) return known
    const name = this.weight('constant', data)
    this.literals.set(key, name)
    return name
  }
}

/** All weights one behind the other, cut into shards. */
function shards(weights: readonly StoredWeight[]): Uint8Array[] {
  const total = weights.reduce((sum, { bytes }) => sum + bytes.length, 0)
  const whole = new Uint8Array(total)
  let at = 0
  for (const { bytes } of weights) {
    whole.set(bytes, at)
    at += bytes.length
  }
  const count = Math.max(1, Math.ceil(total / shardBytes))
  return Array.from({ length: count }, (_, i) => whole.subarray(i * shardBytes, (i + 1) * shardBytes))
}

const isImage = (shape: Shape) => shape.length === 4

/** Registers that hold an image input with its channels last, where the caller feeds it so. */
function turnedInputs(program: WritableProgram): Map<number, number> {
  const images = new Set(program.inputs.filter((input) => isImage(input.shape)).map((input) => input.register))
  const turned = new Map<number, number>()
  for (const instruction of program.instructions) {
    const [from] = instruction.inputs
    if (instruction.op !== 'Transpose' || from === undefined || !images.has(from)) continue
    if ((instruction.attributes.perm as readonly number[]).join() === '0,2,3,1') {
      turned.set(instruction.outputs[0] as number, from)
    }
  }
  return turned
}

/**
 * Writes a program.
 * @returns `model.json` first, then its weight shards
 * @throws EXPORT_FAILED for what TF.js's graph models cannot express, naming the node
 */
export function writeTfjs(program: WritableProgram, options: TfjsWriteOptions = {}): readonly ModelFile[] {
  const writer = new Writer()
  const names = new Map<number, string>()
  const channelsLast = options.inputLayout === 'nhwc'
  const turned = channelsLast ? turnedInputs(program) : new Map<number, number>()
  const outputNames = program.outputs.map((output) => writer.unique(output.name))
  const fed = new Map<number, string>()
  const signatureInputs: Record<string, object> = {}
  for (const input of program.inputs) {
    const numbers = input.shape.map((dim) => (typeof dim === 'number' ? dim : -1))
    const last = channelsLast && isImage(input.shape)
    const dims = last ? [0, 2, 3, 1].map((axis) => numbers[axis] as number) : numbers
    const dtype = /^(float|bfloat)/.test(input.dtype) ? floats : input.dtype === 'bool' ? truths : integers
    const name = writer.add(writer.unique(input.name), 'Placeholder', [], { dtype, shape: { shape: shapeProto(dims) } })
    signatureInputs[input.name] = { name: `${name}:0`, dtype: dtype.type, tensorShape: shapeProto(dims) }
    fed.set(input.register, name)
    names.set(input.register, name)
  }
  const plainReaders = new Set(
    program.instructions.filter((i) => !turned.has(i.outputs[0] as number)).flatMap((i) => i.inputs),
  )
  for (const output of program.outputs) plainReaders.add(output.register)
  for (const input of program.inputs) {
    if (!channelsLast || !isImage(input.shape) || !plainReaders.has(input.register)) continue
    const perm = writer.literal({ dtype: 'int32', dims: [4], data: Int32Array.of(0, 3, 1, 2) })
    const name = writer.unique(`${input.name}/channels_first`)
    names.set(
      input.register,
      writer.add(name, 'Transpose', [fed.get(input.register) as string, perm], { T: floats, Tperm: integers }),
    )
  }
  for (const constant of program.constants) {
    names.set(constant.register, writer.weight(constant.origin?.constant ?? 'folded', constant.data))
  }
  const nameOf = (register: number): string => {
    const name = names.get(register)
    if (name !== undefined) return name
    throw new EspalierError('INTERNAL', `Register ${register} is written before it is named.`)
  }
  for (const instruction of program.instructions) {
    const source = turned.get(instruction.outputs[0] as number)
    if (source !== undefined) {
      names.set(instruction.outputs[0] as number, fed.get(source) as string)
      continue
    }
    const written = writeInstruction(instruction, instruction.inputs.map(nameOf), {
      node: (op, inputs, attributes) => writer.add(writer.unique(`${instruction.node}/${op}`), op, inputs, attributes),
      constant: (data) => writer.literal(data),
    })
    instruction.outputs.forEach((register, o) => {
      names.set(register, written[o] as string)
    })
  }
  const signatureOutputs: Record<string, object> = {}
  program.outputs.forEach((output, o) => {
    const name = writer.add(outputNames[o] as string, 'Identity', [nameOf(output.register)], { T: floats })
    signatureOutputs[output.name] = { name: `${name}:0`, dtype: 'DT_FLOAT' }
  })
  const stored = writer.weights.map(({ data }) => storedWeight(data, options.precision ?? 'fp32'))
  const parts = shards(stored)
  const paths = parts.map((_, i) => `group1-shard${i + 1}of${parts.length}.bin`)
  const model = {
    format: 'graph-model',
    generatedBy: 'Espalier',
    convertedBy: 'Espalier',
    userDefinedMetadata: { ...options.metadata, [layoutKey]: options.inputLayout ?? 'nchw' },
    signature: { inputs: signatureInputs, outputs: signatureOutputs },
    modelTopology: { node: writer.nodes, library: {}, versions: { producer: 1286 } },
    weightsManifest: [
      {
        paths,
        weights: writer.weights.map(({ name, data }, i) => ({
          name,
          shape: data.dims,
          dtype: data.dtype === 'float32' ? 'float32' : 'int32',
          ...(stored[i] as StoredWeight).spec,
        })),
      },
    ],
  }
  return [
    { name: 'model.json', bytes: new TextEncoder().encode(JSON.stringify(model)) },
    ...parts.map((bytes, i) => ({ name: paths[i] as string, bytes })),
  ]
}

/** Inference only: BatchNorm folds into the convolution or product before it, bias and activation into the operation. */
import { float32, type TensorData } from '../graph/tensor'
import type { Instruction } from '../ops/lowering'
import { evaluateConstant } from './fold'
import type { Program, ProgramConstant } from './program'

const fusable = new Set(['Conv2D', 'DepthwiseConv2dNative'])
const fusedNames: Readonly<Record<string, string>> = {
  Conv2D: '_FusedConv2D',
  DepthwiseConv2dNative: 'FusedDepthwiseConv2dNative',
}
const activations = new Set(['Relu', 'Relu6', 'LeakyRelu'])

/** Scale and shift that a BatchNorm with constant statistics amounts to. */
function affineOf(parameters: readonly TensorData[], epsilon: number): { scale: Float32Array; shift: Float32Array } {
  const [gamma, beta, mean, variance] = parameters.map((p) => p.data as Float32Array) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ]
  const scale = gamma.map((g, c) => g / Math.sqrt((variance[c] as number) + epsilon))
  const shift = beta.map((b, c) => b - (mean[c] as number) * (scale[c] as number))
  return { scale, shift }
}

/** A filter whose output channels are multiplied; they are its last axis, or its last two for a depthwise one. */
function scaled(filter: TensorData, scale: Float32Array): TensorData {
  const channels = scale.length
  const data = (filter.data as Float32Array).slice()
  for (let from = 0; from < data.length; from += channels) {
    for (let c = 0; c < channels; c++) data[from + c] = (data[from + c] as number) * (scale[c] as number)
  }
  return float32(filter.dims, data)
}

class Fuser {
  private readonly constants = new Map<number, ProgramConstant>()
  private readonly readers = new Map<number, number>()
  private readonly producers = new Map<number, Instruction>()
  private next: number
  readonly output: Instruction[] = []

  constructor(
    private readonly program: Program,
    private readonly kept: ReadonlySet<number>,
  ) {
    this.next = program.registers
    for (const constant of program.constants) this.constants.set(constant.register, constant)
    for (const instruction of program.instructions) {
      for (const input of instruction.inputs) this.readers.set(input, (this.readers.get(input) ?? 0) + 1)
    }
  }

  private literal(data: TensorData): number {
    const register = this.next++
    this.constants.set(register, { register, data })
    return register
  }

  private constant(register: number): TensorData | undefined {
    return this.constants.get(register)?.data
  }

  /** The instruction that alone feeds a register nobody else looks at. */
  private onlyProducer(register: number): Instruction | undefined {
    if (this.readers.get(register) !== 1 || this.kept.has(register)) return undefined
    return this.producers.get(register)
  }

  private replace(old: Instruction, instruction: Instruction): void {
    this.output[this.output.indexOf(old)] = instruction
    this.producers.delete(old.outputs[0] as number)
    this.producers.set(instruction.outputs[0] as number, instruction)
  }

  private push(instruction: Instruction): void {
    this.output.push(instruction)
    for (const output of instruction.outputs) this.producers.set(output, instruction)
  }

  /** Moves the BatchNorm's affine map into the filter and bias of the convolution before it. */
  private foldBatchNorm(instruction: Instruction): boolean {
    const [x, ...parameterRegisters] = instruction.inputs as [number, ...number[]]
    const parameters = parameterRegisters.map((register) => this.constant(register))
    if (parameters.some((parameter) => parameter === undefined)) return false
    const { scale, shift } = affineOf(parameters as TensorData[], instruction.attributes.epsilon as number)
    const before = this.onlyProducer(x)
    if (before && fusedNames[before.op]) {
      const filter = this.constant(before.inputs[1] as number)
      if (filter) {
        const inputs = [
          before.inputs[0] as number,
          this.literal(scaled(filter, scale)),
          this.literal(float32([shift.length], shift)),
        ]
        this.replace(before, this.fusedForm(before, inputs, 'BiasAdd', instruction.outputs))
        return true
      }
    }
    if (before && Object.values(fusedNames).includes(before.op) && before.attributes.fused_ops === 'BiasAdd') {
      const filter = this.constant(before.inputs[1] as number)
      const bias = this.constant(before.inputs[2] as number)
      if (filter && bias) {
        const moved = (bias.data as Float32Array).map((b, c) => b * (scale[c] as number) + (shift[c] as number))
        const inputs = [
          before.inputs[0] as number,
          this.literal(scaled(filter, scale)),
          this.literal(float32(bias.dims, moved)),
        ]
        this.replace(before, { ...before, inputs, outputs: instruction.outputs })
        return true
      }
    }
    return false
  }

  private fusedForm(
    convolution: Instruction,
    inputs: readonly number[],
    operations: string,
    outputs: readonly number[],
  ): Instruction {
    return {
      op: fusedNames[convolution.op] as string,
      inputs,
      outputs,
      attributes: { ...convolution.attributes, fused_ops: operations, num_args: 1 },
      node: convolution.node,
    }
  }

  private foldBias(instruction: Instruction): boolean {
    const [x, bias] = instruction.inputs as [number, number]
    const before = this.onlyProducer(x)
    if (!before || !fusable.has(before.op) || this.constant(bias)?.dims.length !== 1) return false
    const [image, filter] = before.inputs as [number, number]
    const inputs = [image, this.ownFilter(filter), bias]
    this.replace(before, this.fusedForm(before, inputs, 'BiasAdd', instruction.outputs))
    return true
  }

  private foldActivation(instruction: Instruction): boolean {
    const before = this.onlyProducer(instruction.inputs[0] as number)
    if (!before) return false
    const isFused = Object.values(fusedNames).includes(before.op) && before.attributes.fused_ops === 'BiasAdd'
    const operations = `BiasAdd,${instruction.op}`
    const attributes = instruction.op === 'LeakyRelu' ? { leakyrelu_alpha: instruction.attributes.alpha as number } : {}
    if (isFused) {
      this.replace(before, {
        ...before,
        outputs: instruction.outputs,
        attributes: { ...before.attributes, ...attributes, fused_ops: operations },
      })
      return true
    }
    if (!fusable.has(before.op)) return false
    const filter = this.constant(before.inputs[1] as number)
    if (!filter) return false
    const channels =
      before.op === 'Conv2D' ? (filter.dims[3] as number) : (filter.dims[2] as number) * (filter.dims[3] as number)
    const zeros = this.literal(float32([channels], new Float32Array(channels)))
    const inputs = [before.inputs[0] as number, this.ownFilter(before.inputs[1] as number), zeros]
    const fused = this.fusedForm(before, inputs, operations, instruction.outputs)
    this.replace(before, { ...fused, attributes: { ...fused.attributes, ...attributes } })
    return true
  }

  /** Operations on constants alone are done here, once; the backend could not reuse what it packs otherwise. */
  private foldConstant(instruction: Instruction): boolean {
    const inputs = instruction.inputs.map((register) => this.constants.get(register)?.data)
    if (inputs.some((data) => data === undefined)) return false
    const results = evaluateConstant(instruction, inputs as TensorData[])
    if (!results) return false
    instruction.outputs.forEach((register, o) => {
      this.constants.set(register, { register, data: results[o] as TensorData })
    })
    return true
  }

  /** XNNPACK keeps a packed filter by its id, bias and all, so a filter with two readers gets a copy for each. */
  private ownFilter(register: number): number {
    const data = this.constant(register)
    return data && (this.readers.get(register) ?? 0) > 1 ? this.literal(data) : register
  }

  run(): Program {
    for (const instruction of this.program.instructions) {
      const folded =
        this.foldConstant(instruction) ||
        (instruction.op === 'FusedBatchNormV3' && this.foldBatchNorm(instruction)) ||
        (instruction.op === 'BiasAdd' && this.foldBias(instruction)) ||
        (activations.has(instruction.op) && this.foldActivation(instruction))
      if (!folded) this.push(instruction)
    }
    return {
      ...this.program,
      registers: this.next,
      constants: [...this.constants.values()],
      instructions: this.output,
    }
  }
}

/** `kept` registers stay reachable. */
export const fuseProgram = (program: Program, kept: ReadonlySet<number>): Program =>
  new Fuser(program, new Set([...kept, ...program.outputs.map((output) => output.register)])).run()

/** Biases and rectifiers behind the maximum over windows instead of before it: the same numbers, from a quarter of them. */
import type { Instruction } from '../ops/lowering'

/** Never decreasing in the value they read, number by number or channel by channel. */
const monotone: ReadonlySet<string> = new Set(['BiasAdd', 'Relu', 'Relu6'])

/**
 * The maximum of what never decreases is what it makes of the maximum, rounding included. Where several numbers of a
 * window are cut off alike, gradients choose another one of them, and it gets nothing either way.
 * @param kept registers that are looked at from outside: they stay as they are.
 */
export function poolFirst(instructions: readonly Instruction[], kept: ReadonlySet<number>): Instruction[] {
  const readers = new Map<number, number>()
  for (const { inputs } of instructions) {
    for (const input of inputs) readers.set(input, (readers.get(input) ?? 0) + 1)
  }
  const producers = new Map<number, Instruction>()
  const moved = new Set<Instruction>()
  const result: Instruction[] = []
  for (const instruction of instructions) {
    const later: Instruction[] = []
    let pool = instruction
    while (pool.op === 'MaxPool') {
      const [value] = pool.inputs as [number]
      const before = producers.get(value)
      if (!before || !monotone.has(before.op) || kept.has(value) || readers.get(value) !== 1) break
      moved.add(before)
      later.unshift({ ...before, inputs: [value, ...before.inputs.slice(1)], outputs: pool.outputs })
      pool = { ...pool, inputs: [before.inputs[0] as number], outputs: [value] }
    }
    for (const one of [pool, ...later]) {
      for (const output of one.outputs) producers.set(output, one)
      result.push(one)
    }
  }
  return result.filter((instruction) => !moved.has(instruction))
}

/**
 * Convolutions that a maximum alone reads, without the bias and rectifier that were fused into them: for backends that
 * take these in passes of their own.
 * @param spare a number from which on no register is in use
 */
export function apartBeforePools(
  instructions: readonly Instruction[],
  kept: ReadonlySet<number>,
  spare: number,
): Instruction[] {
  const readers = new Map<number, Instruction[]>()
  for (const instruction of instructions) {
    for (const input of instruction.inputs) readers.set(input, [...(readers.get(input) ?? []), instruction])
  }
  let next = spare
  return instructions.flatMap((instruction) => {
    const { op, inputs, outputs, attributes } = instruction
    const [output] = outputs as [number]
    const [reader, ...others] = readers.get(output) ?? []
    const [bias, rectifier, ...more] = String(attributes.fused_ops ?? '').split(',')
    const known = bias === 'BiasAdd' && more.length === 0 && (rectifier === undefined || monotone.has(rectifier))
    if (op !== '_FusedConv2D' || !known || reader?.op !== 'MaxPool' || others.length > 0 || kept.has(output)) {
      return [instruction]
    }
    const { fused_ops: _, num_args: __, ...own } = attributes
    const steps: Instruction[] = [
      { ...instruction, op: 'Conv2D', inputs: inputs.slice(0, 2), attributes: own },
      { ...instruction, op: 'BiasAdd', inputs: [0, inputs[2] as number], attributes: {} },
      ...(rectifier ? [{ ...instruction, op: rectifier, inputs: [0], attributes: {} }] : []),
    ]
    // Each step reads what the one before it made.
    const made = steps.map((_, i) => (i === steps.length - 1 ? output : next++))
    return steps.map((step, i) => ({
      ...step,
      inputs: i === 0 ? step.inputs : [made[i - 1] as number, ...step.inputs.slice(1)],
      outputs: [made[i] as number],
    }))
  })
}

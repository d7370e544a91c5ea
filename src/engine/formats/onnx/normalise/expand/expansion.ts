/** Emits the plain operators that a fused one stands for. */
import { type Attribute, attributes, type GraphNode, int, ints } from '../../../../graph/graph'
import { type DataType, float32, int64 } from '../../../../graph/tensor'
import { emitFolded } from '../emit-folded'
import { cast } from '../evaluate/elementwise'
import type { Rewriter } from '../rewriter'

export class Expansion {
  private count = 0

  constructor(
    readonly node: GraphNode,
    readonly rewriter: Rewriter,
    /** The type that the operator computes in. */
    private readonly dtype: DataType = 'float32',
  ) {}

  /** Whether an optional input is there. */
  has(i: number): boolean {
    return (this.node.inputs[i] ?? '') !== ''
  }

  input(i: number): string {
    return this.node.inputs[i] ?? ''
  }

  /** One operator with one output; `output` where it is the fused node's own. */
  one(op: string, inputs: readonly string[], at: Record<string, Attribute> = {}, output?: string): string {
    return this.many(op, inputs, at, [
      output ?? this.rewriter.fresh(`${this.node.name}/${op.toLowerCase()}`),
    ])[0] as string
  }

  many(
    op: string,
    inputs: readonly string[],
    at: Record<string, Attribute>,
    outputs: readonly string[],
  ): readonly string[] {
    const name = this.rewriter.fresh(`${this.node.name}/${op}_${this.count++}`)
    emitFolded({ name, op, domain: '', inputs, outputs, attributes: attributes(at) }, this.rewriter)
    return outputs
  }

  /** Output o of the fused operator, where anybody reads it. */
  result(value: string, o = 0): void {
    const output = this.node.outputs[o] ?? ''
    if (output !== '') this.rewriter.alias(this.node, output, value)
  }

  scalar(value: number): string {
    return this.numbers('number', [], [value])
  }

  /** Of the type that the operator computes in. */
  numbers(role: string, dims: readonly number[], values: ArrayLike<number>): string {
    return this.rewriter.addConstant(`${this.node.name}/${role}`, cast(float32(dims, values), this.dtype))
  }

  /** A scalar of whole numbers. */
  integer(value: number): string {
    return this.rewriter.addConstant(`${this.node.name}/integer`, int64([], [value]))
  }

  /** A number far below every score. */
  lowest(): number {
    return this.dtype === 'float16' ? -65504 : -1e9
  }

  sizes(values: readonly number[]): string {
    return this.rewriter.addInts(this.node, 'sizes', values)
  }

  add(a: string, b: string): string {
    return a === '' ? b : b === '' ? a : this.one('Add', [a, b])
  }

  reshape(value: string, dims: readonly number[]): string {
    return this.one('Reshape', [value, this.sizes(dims)])
  }

  transpose(value: string, perm: readonly number[]): string {
    return this.one('Transpose', [value], { perm: ints(perm) })
  }

  softmax(value: string): string {
    return this.one('Softmax', [value], { axis: int(-1) })
  }
}

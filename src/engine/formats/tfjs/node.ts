/** One node of a GraphDef in JSON, its attributes read by name. */
import { isObject, type Json, listOf, numberOf, objectOf, textOf } from '../json'

export class GraphDefNode {
  readonly name: string
  readonly op: string
  /** References without control dependencies: a node's name and which of its outputs. */
  readonly inputs: readonly { readonly node: string; readonly output: number }[]
  private readonly attr: Json

  constructor(json: unknown) {
    const node = objectOf(json, 'A node of the network')
    this.name = textOf(node.name, 'The name of a node')
    this.op = textOf(node.op, `The operator of node "${this.name}"`)
    this.attr = objectOf(node.attr ?? {}, `The attributes of node "${this.name}"`)
    this.inputs = listOf(node.input ?? [], `The inputs of node "${this.name}"`)
      .map((input) => textOf(input, `An input of node "${this.name}"`))
      .filter((input) => !input.startsWith('^'))
      .map((input) => reference(input))
  }

  /** The node under its name with another operator, other inputs, and some attributes of its own. */
  changed(op: string, inputs: GraphDefNode['inputs'], attr: Json = {}): GraphDefNode {
    const input = inputs.map(({ node, output }) => `${node}:${output}`)
    return new GraphDefNode({ name: this.name, op, input, attr: { ...this.attr, ...attr } })
  }

  private value(name: string): Json | undefined {
    const value = Object.hasOwn(this.attr, name) ? this.attr[name] : undefined
    return isObject(value) ? value : undefined
  }

  flag(name: string): boolean {
    return this.value(name)?.b === true
  }

  number(name: string, fallback: number): number {
    const value = this.value(name)
    const given = value?.i ?? value?.f
    if (given === undefined) return value ? 0 : fallback
    return numberOf(Number(given), `The attribute "${name}" of node "${this.name}"`)
  }

  text(name: string, fallback: string): string {
    const given = this.value(name)?.s
    return given === undefined ? fallback : plainText(given, `The attribute "${name}" of node "${this.name}"`)
  }

  numbers(name: string): number[] {
    const list = this.value(name)?.list
    const given = isObject(list) ? (list.i ?? list.f ?? []) : []
    return listOf(given, `The attribute "${name}" of node "${this.name}"`).map((each) => numberOf(Number(each), name))
  }

  texts(name: string): string[] {
    const list = this.value(name)?.list
    const given = isObject(list) ? (list.s ?? []) : []
    return listOf(given, `The attribute "${name}" of node "${this.name}"`).map((each) => plainText(each, name))
  }

  /** `DT_FLOAT` and the like; numbers of the enumeration are not written by any converter. */
  type(name: string): string | undefined {
    const type = this.value(name)?.type
    return typeof type === 'string' ? type : undefined
  }

  /** Extents, -1 where one is open; undefined where not even the rank is known. */
  shape(name: string): number[] | undefined {
    const shape = this.value(name)?.shape
    if (!isObject(shape) || shape.unknownRank === true) return undefined
    return listOf(shape.dim ?? [], `The shape of node "${this.name}"`).map((dim) =>
      numberOf(Number(objectOf(dim, `The shape of node "${this.name}"`).size ?? 0), `The shape of node "${this.name}"`),
    )
  }
}

export function reference(input: string): { node: string; output: number } {
  const cut = input.lastIndexOf(':')
  const output = cut < 0 ? 0 : Number(input.slice(cut + 1))
  return cut < 0 || !Number.isInteger(output) ? { node: input, output: 0 } : { node: input.slice(0, cut), output }
}

/** Bytes are base64 in protobuf's JSON form; some writers give lists of character codes. */
function plainText(value: unknown, what: string): string {
  if (Array.isArray(value)) return String.fromCharCode(...value.slice(0, 1000).map(Number))
  try {
    return atob(textOf(value, what))
  } catch {
    return textOf(value, what)
  }
}

/** A GraphDef with its weights -> canonical graph. */
import { EspalierError } from '../../../contract/errors'
import type { Sentence } from '../../../contract/sentences'
import type { Graph, GraphNode, Shape } from '../../graph/graph'
import { int64, type TensorData, toNumbers } from '../../graph/tensor'
import { topologicalOrder } from '../../graph/topology'
import { isObject, type Json, listOf, objectOf, textOf } from '../json'
import { Lift, type Lifted } from '../lift/builder'
import { layoutKey } from './graph-def'
import { GraphDefNode, reference } from './node'
import { elementwiseRules } from './rules/elementwise'
import { layerRules } from './rules/layers'
import type { Rule, RuleContext } from './rules/rule'
import { shapeRules } from './rules/shape'
import { gathered } from './spelled'

const rules: ReadonlyMap<string, Rule> = new Map(Object.entries({ ...shapeRules, ...elementwiseRules, ...layerRules }))
const passing = new Set(['Identity', 'StopGradient', 'Snapshot', 'PreventGradient'])
const silent = new Set(['NoOp', 'Const', 'Placeholder', 'PlaceholderWithDefault'])

/** Nodes so that producers come first; the engine's own sort, on the names alone. */
function ordered(nodes: readonly GraphDefNode[]): GraphDefNode[] {
  const byName = new Map(nodes.map((node) => [node.name, node]))
  const plain = nodes.map(
    (node): GraphNode => ({
      name: node.name,
      op: node.op,
      domain: '',
      inputs: node.inputs.map((input) => input.node),
      outputs: [node.name],
      attributes: new Map(),
    }),
  )
  refuseLoops(nodes)
  return topologicalOrder(plain).map((node) => byName.get(node.name) as GraphDefNode)
}

/** TensorFlow writes loops (recurrent layers with free lengths among them) as cycles of these operators. */
const loopOperators = new Set(
  'Enter Exit Merge Switch NextIteration LoopCond RefEnter RefExit RefMerge RefSwitch'.split(' '),
)

function refuseLoops(nodes: readonly GraphDefNode[]): void {
  const loop = nodes.find(({ op }) => loopOperators.has(op))
  if (!loop) return
  throw new EspalierError(
    'MODEL_UNSUPPORTED_OPERATOR',
    `The operator ${loop.op} (node "${loop.name}") is part of a loop or a branch, which Espalier cannot follow in a TensorFlow.js graph model. Convert the network as a layers model (tensorflowjs_converter --input_format=keras), or to ONNX.`,
  )
}

interface Endpoint {
  readonly name: string
  readonly node: string
  readonly output: number
}

/** Names of inputs or outputs by the node they lie at. */
function signature(json: unknown, side: 'inputs' | 'outputs'): Endpoint[] {
  const entries = isObject(json) && isObject(json[side]) ? Object.entries(json[side] as Json) : []
  return entries.map(([name, value]) => {
    const { node, output } = reference(
      textOf(objectOf(value, `The signature of "${name}"`).name ?? name, `The signature of "${name}"`),
    )
    return { name, node, output }
  })
}

/** Whole numbers of shapes are 64 bits wide here. */
const widened = (data: TensorData): TensorData => (data.dtype === 'int32' ? int64(data.dims, toNumbers(data)) : data)

class Reader {
  private readonly values = new Map<string, readonly Lifted[]>()
  private readonly readers = new Map<string, number>()

  constructor(
    private readonly lift: Lift,
    private readonly weights: ReadonlyMap<string, TensorData>,
    nodes: readonly GraphDefNode[],
    outputs: readonly Endpoint[],
  ) {
    for (const { node } of [...nodes.flatMap((each) => each.inputs), ...outputs]) {
      this.readers.set(node, (this.readers.get(node) ?? 0) + 1)
    }
  }

  set(name: string, value: Lifted): void {
    this.values.set(name, [value])
  }

  value(node: string, output: number, reader: string): Lifted {
    const found = this.values.get(node)?.[output]
    return found ?? this.lift.invalid(`"${reader}" reads "${node}:${output}", which nothing computes.`)
  }

  read(node: GraphDefNode): void {
    if (node.op === 'Const') {
      const data = this.weights.get(node.name)
      if (!data) this.lift.invalid(`The constant "${node.name}" has no weights.`)
      this.values.set(node.name, [this.lift.constant(node.name, widened(data as TensorData))])
      return
    }
    if (silent.has(node.op)) return
    const inputs = node.inputs.map((input) => this.value(input.node, input.output, node.name))
    if (passing.has(node.op) && inputs[0]) {
      this.values.set(node.name, [inputs[0]])
      return
    }
    const rule = rules.get(node.op)
    if (!rule) {
      throw new EspalierError(
        'MODEL_UNSUPPORTED_OPERATOR',
        `The operator ${node.op} (node "${node.name}") of TensorFlow is not known to Espalier. Convert the network to ONNX (tf2onnx) and open that, or leave the operator out.`,
      )
    }
    const made = rule(this.context(node, inputs))
    this.values.set(node.name, Array.isArray(made) ? made : [made as Lifted])
  }

  private context(node: GraphDefNode, inputs: readonly Lifted[]): RuleContext {
    const { lift, readers } = this
    const input = (i: number): Lifted =>
      inputs[i] ?? lift.invalid(`Node "${node.name}" (${node.op}) lacks its input ${i}.`)
    return {
      lift,
      node,
      name: node.name,
      inputs,
      input,
      readers: (i) => readers.get(node.inputs[i]?.node ?? '') ?? 0,
      constant(i) {
        const { data } = input(i)
        if (data) return toNumbers(data)
        return lift.refuse(
          `Node "${node.name}" (${node.op}) takes its input ${i} from a computation, which Espalier does not follow. Convert the network with fixed shapes.`,
        )
      },
    }
  }
}

const inputTypes: Readonly<Record<string, 'float32' | 'int32' | 'bool'>> = {
  DT_FLOAT: 'float32',
  DT_INT32: 'int32',
  DT_INT64: 'int32',
  DT_BOOL: 'bool',
}

/** Operators that TensorFlow only has for channels last. */
const imageOperators = /^(_Fused)?(Fused)?(Conv|Depthwise|MaxPool|AvgPool|Resize|BatchNorm)/

/**
 * Whether images are fed with channels last. Espalier's own files say it; elsewhere an input that the network turns
 * itself comes with channels first, and without any operator on images the order of the axes means nothing.
 */
function imagesLast(
  model: Json,
  nodes: readonly GraphDefNode[],
  weights: ReadonlyMap<string, TensorData>,
): (name: string) => boolean {
  const user = isObject(model.userDefinedMetadata) ? model.userDefinedMetadata[layoutKey] : undefined
  if (user === 'nchw' || user === 'nhwc') return () => user === 'nhwc'
  if (!nodes.some((node) => imageOperators.test(node.op))) return () => false
  return (name) =>
    !nodes.some((node) => {
      if (node.op !== 'Transpose' || node.inputs[0]?.node !== name) return false
      const perm = weights.get(node.inputs[1]?.node ?? '')
      return perm !== undefined && toNumbers(perm).join() === '0,2,3,1'
    })
}

function addInput(lift: Lift, node: GraphDefNode, name: string, last: (name: string) => boolean): Lifted {
  const dtype = inputTypes[node.type('dtype') ?? 'DT_FLOAT']
  if (!dtype)
    return lift.refuse(`The input "${name}" is of the type ${node.type('dtype')}, which Espalier cannot feed.`)
  const dims = node.shape('shape')
  if (!dims)
    return lift.refuse(`The input "${name}" has no known rank. Convert the network with the shape of its inputs.`)
  const shape: Shape = dims.map((dim, axis) => (dim > 0 ? dim : axis === 0 ? 'batch' : `${name}_${axis}`))
  const image = dims.length === 4 && dtype === 'float32' && last(node.name)
  return lift.input(name, shape, dtype, image)
}

/**
 * @param topology `modelTopology` of model.json
 * @throws MODEL_INVALID, MODEL_UNSUPPORTED_OPERATOR, MODEL_UNSUPPORTED_FEATURE, MODEL_NON_FINITE, GRAPH_INVALID, SHAPE_MISMATCH
 */
export function readGraphDef(
  model: Json,
  topology: Json,
  weights: ReadonlyMap<string, TensorData>,
  name: string,
  notes: Sentence[],
): Graph {
  const written = listOf(topology.node, 'The list of nodes').map((node) => new GraphDefNode(node))
  if (written.length === 0) new Lift(name, 'tfjs').invalid('The model holds no nodes.')
  const lift = new Lift(name, 'tfjs')
  if (new Set(written.map((node) => node.name)).size < written.length)
    lift.invalid('Two nodes of the model have the same name.')
  const json = model.signature ?? model.userDefinedMetadata
  const declared = signature(isObject(json) && isObject(json.signature) ? json.signature : json, 'outputs')
  const used = new Set(written.flatMap((node) => node.inputs.map((input) => input.node)))
  const ends = written.filter((node) => !used.has(node.name) && !silent.has(node.op))
  const outputs = declared.length > 0 ? declared : ends.map((node) => ({ name: node.name, node: node.name, output: 0 }))
  const nodes = gathered(written, weights, new Set(outputs.map(({ node }) => node)))
  const placeholders = nodes.filter((node) => node.op.startsWith('Placeholder'))
  const given = signature(isObject(json) && isObject(json.signature) ? json.signature : json, 'inputs')
  const reader = new Reader(lift, weights, nodes, outputs)
  const inputNames = placeholders.map((node) => given.find((each) => each.node === node.name)?.name ?? node.name)
  lift.reserve(outputs.map((output) => output.name).filter((each) => !inputNames.includes(each)))
  const last = imagesLast(model, nodes, weights)
  for (const [i, node] of placeholders.entries()) {
    reader.set(node.name, addInput(lift, node, inputNames[i] as string, last))
  }
  for (const node of ordered(nodes)) reader.read(node)
  for (const output of outputs) lift.output(output.name, reader.value(output.node, output.output, 'The signature'))
  return lift.finish(notes)
}

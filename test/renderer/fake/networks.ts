/** Views of a VGG and of ResNets as the services would describe them: real shapes, costs and couplings. */
import type { GraphNodeView, GroupView, ModelView } from '../../../src/contract'

interface Built {
  readonly nodes: GraphNodeView[]
  readonly groups: GroupView[]
}

const bytesOf = (params: number) => params * 4

class Builder {
  readonly nodes: GraphNodeView[] = []
  readonly groups = new Map<string, { units: number; members: string[]; reason: string | null }>()
  channels: number
  size: number
  value = 'input'
  private count = 0

  constructor(channels: number, size: number) {
    this.channels = channels
    this.size = size
  }

  private add(
    op: string,
    name: string,
    inputs: string[],
    shape: number[],
    macs: number,
    params: number,
    attributes: Record<string, string>,
    groups: string[],
  ): string {
    const output = `${name}_out`
    this.nodes.push({
      name,
      op,
      inputs,
      outputs: [output],
      shapes: [['N', ...shape]],
      attributes,
      macs,
      params,
      bytes: bytesOf(params),
      groups,
    })
    for (const group of groups) this.groups.get(group)?.members.push(name)
    return output
  }

  group(name: string, units: number, reason: string | null = null): string {
    if (!this.groups.has(name)) this.groups.set(name, { units, members: [], reason })
    return name
  }

  conv(
    name: string,
    out: number,
    kernel: number,
    stride: number,
    input: string,
    group: string,
    reads: string[],
  ): string {
    const size = Math.ceil(this.size / stride)
    const params = out * this.channels * kernel * kernel + out
    const value = this.add(
      'Conv',
      name,
      [input],
      [out, size, size],
      out * this.channels * kernel * kernel * size * size,
      params,
      {
        kernel_shape: `[${kernel}, ${kernel}]`,
        strides: `[${stride}, ${stride}]`,
        pads: `[${Math.floor(kernel / 2)}, ${Math.floor(kernel / 2)}, ${Math.floor(kernel / 2)}, ${Math.floor(kernel / 2)}]`,
        group: '1',
      },
      [...reads, this.group(group, out)],
    )
    this.channels = out
    this.size = size
    return value
  }

  simple(op: string, input: string | string[], group: string, params = 0, shape?: number[]): string {
    this.count += 1
    return this.add(
      op,
      `${op}_${this.count}`,
      [input].flat(),
      shape ?? [this.channels, this.size, this.size],
      0,
      params,
      {},
      group ? [group] : [],
    )
  }

  gemm(name: string, out: number, input: string, reads: string): string {
    const params = out * this.channels + out
    const value = this.add('Gemm', name, [input], [out], out * this.channels, params, { transB: '1' }, [
      reads,
      this.group(`${name}:output`, out, 'Its units are the outputs of the network: removing one would remove a class.'),
    ])
    this.channels = out
    return value
  }

  done(): Built {
    return {
      nodes: this.nodes,
      groups: [...this.groups].map(([name, { units, members, reason }]) => ({
        name,
        units,
        members,
        prunable: reason === null,
        reason,
      })),
    }
  }
}

function view(
  built: Built,
  channels: number,
  size: number,
  output: string,
  classes: number,
  notes: string[],
): ModelView {
  const sum = (key: 'macs' | 'params' | 'bytes') => built.nodes.reduce((total, node) => total + node[key], 0)
  const operators: Record<string, number> = {}
  for (const node of built.nodes) operators[node.op] = (operators[node.op] ?? 0) + 1
  return {
    graph: built.nodes,
    inspection: {
      inputs: [{ name: 'input', dtype: 'float32', shape: ['N', channels, size, size] }],
      outputs: [{ name: output, dtype: 'float32', shape: ['N', classes] }],
      nodes: built.nodes.length,
      operators,
      macs: sum('macs'),
      params: sum('params'),
      bytes: sum('bytes'),
      groups: built.groups,
      notes,
      runnable: true,
      analysisMs: 38,
    },
  }
}

/** 32-M-32-64-M-64-128-M-128 with BatchNorm, as the sample project's network. */
/** @param scale of every width, or the kept width of each group */
export function vggView(scale: number | ReadonlyMap<string, number> = 1): ModelView {
  const at = (width: number, name: string) =>
    typeof scale === 'number' ? Math.max(2, Math.round(width * scale)) : (scale.get(name) ?? width)
  const builder = new Builder(1, 28)
  let value = 'input'
  let group = ''
  const plan: (number | 'M')[] = [32, 'M', 32, 64, 'M', 64, 128, 'M', 128]
  let index = 0
  for (const step of plan) {
    if (step === 'M') {
      builder.size = Math.ceil(builder.size / 2)
      value = builder.simple('MaxPool', value, group)
      continue
    }
    index += 1
    const reads = group ? [group] : []
    group = `conv${index}`
    value = builder.conv(`conv${index}`, at(step, group), 3, 1, value, group, reads)
    value = builder.simple('BatchNormalization', value, group, builder.channels * 4)
    value = builder.simple('Relu', value, group)
  }
  value = builder.simple('GlobalAveragePool', value, group, 0, [builder.channels, 1, 1])
  value = builder.simple('Flatten', value, group, 0, [builder.channels])
  const output = builder.gemm('fc', 10, value, group)
  return view(builder.done(), 1, 28, output, 10, ['Dropout was dropped: it does nothing at inference.'])
}

/** A ResNet of basic blocks; residual streams couple every block of a stage. */
export function resnetView(blocksAStage = 2, widths: readonly number[] = [64, 128, 256, 512]): ModelView {
  const builder = new Builder(3, 32)
  let value = builder.conv('stem', widths[0] ?? 64, 3, 1, 'input', 'stage1:stream', [])
  value = builder.simple('BatchNormalization', value, 'stage1:stream', builder.channels * 4)
  value = builder.simple('Relu', value, 'stage1:stream')
  let stream = 'stage1:stream'
  widths.forEach((width, stage) => {
    for (let block = 0; block < blocksAStage; block++) {
      const name = `layer${stage + 1}.${block}`
      const [channels, size] = [builder.channels, builder.size]
      const stride = stage > 0 && block === 0 ? 2 : 1
      const before = stream
      const entry = value
      stream = `stage${stage + 1}:stream`
      let inner = builder.conv(`${name}.conv1`, width, 3, stride, entry, `${name}.inner`, [before])
      inner = builder.simple('BatchNormalization', inner, `${name}.inner`, width * 4)
      inner = builder.simple('Relu', inner, `${name}.inner`)
      inner = builder.conv(`${name}.conv2`, width, 3, 1, inner, stream, [`${name}.inner`])
      inner = builder.simple('BatchNormalization', inner, stream, width * 4)
      let shortcut = entry
      if (stride !== 1 || channels !== width) {
        builder.channels = channels
        builder.size = size
        shortcut = builder.conv(`${name}.downsample`, width, 1, stride, entry, stream, [before])
      }
      value = builder.simple('Add', [inner, shortcut], stream)
      value = builder.simple('Relu', value, stream)
    }
  })
  value = builder.simple('GlobalAveragePool', value, stream, 0, [builder.channels, 1, 1])
  value = builder.simple('Flatten', value, stream, 0, [builder.channels])
  const output = builder.gemm('fc', 10, value, stream)
  return view(builder.done(), 3, 32, output, 10, [
    'Identity nodes were removed: 2.',
    'Shape arithmetic in front of Reshape was folded into constants.',
  ])
}

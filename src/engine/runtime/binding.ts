/** Programs of a network for the extents that are fed: the same one as long as nothing needs to know them. */
import { keep } from '@tensorflow/tfjs-core'
import { EspalierError } from '../../contract/errors'
import type { Graph } from '../graph/graph'
import type { TensorData } from '../graph/tensor'
import { type BuildOptions, buildProgram } from './build'
import type { Tensors } from './executor'
import { batchNames, hasOpenExtents, liveExtents, openExtents, withExtents } from './extents'
import type { Program, ProgramConstant } from './program'
import type { Feed, LiveValues, Tensor } from './types'

const isUnsupported = (error: unknown) => error instanceof EspalierError && error.code === 'MODEL_UNSUPPORTED_FEATURE'

/** Samples that a program is built for where some must be named before any are fed. */
const SOME = 2

export class ProgramBinding {
  /** What programs are built from: the graph, with the numbers that were replaced since. */
  private source: Graph
  private built: Program | null = null
  /** The extents that the program was built for. */
  private bound = ''
  private extents: ReadonlyMap<string, number> = new Map()
  /** What the present program was built from. */
  private graph: Graph
  /** Some operators (a mask stretched over the batch) need to know even the number of samples. */
  private bindsBatch = false

  constructor(
    graph: Graph,
    private readonly options: BuildOptions,
  ) {
    this.source = graph
    this.graph = graph
    if (hasOpenExtents(graph)) return
    try {
      this.built = buildProgram(graph, options)
    } catch (error) {
      if (!isUnsupported(error) || batchNames(graph).size === 0) throw error
      this.bindsBatch = true
    }
  }

  /** Null until the first feed decides the extents that the graph leaves open. */
  get program(): Program | null {
    return this.built
  }

  /** A program before anything was fed, for a number of samples of its own where it must know one. */
  some(): Program {
    this.built ??= buildProgram(
      withExtents(this.source, new Map([...batchNames(this.source)].map((name) => [String(name), SOME]))),
      this.options,
    )
    return this.built
  }

  /** The program for a feed. @throws MODEL_UNSUPPORTED_FEATURE, MODEL_UNSUPPORTED_OPERATOR */
  for(feed: Feed): Program {
    return this.with((all) => openExtents(this.source, feed, all))
  }

  /** The program for values of a run, of which the extents are read. */
  forValues(values: LiveValues): Program {
    return this.with((all) => liveExtents(this.source, values, all))
  }

  private with(find: (all: boolean) => Map<string, number>): Program {
    if (this.built && this.bound === '' && !this.bindsBatch) return this.built
    // Values from the middle of a network need not show every extent: the others are as they were.
    const extents = new Map([...this.extents, ...find(this.bindsBatch)])
    const key = [...extents].join()
    if (this.built && key === this.bound) return this.built
    try {
      this.graph = withExtents(this.source, extents)
      this.built = buildProgram(this.graph, this.options)
    } catch (error) {
      if (!isUnsupported(error) || this.bindsBatch) throw error
      this.bindsBatch = true
      return this.with(find)
    }
    this.bound = key
    this.extents = extents
    return this.built
  }

  /** Whether a value of the graph is known in the present program before anything is computed. */
  isKnown(value: string): boolean {
    return this.graph.constants.has(value)
  }

  /** New numbers of a constant, for programs that are built later. */
  replace(name: string, value: TensorData): void {
    this.source = this.source.with({ constants: new Map(this.source.constants).set(name, value) })
  }
}

/** Undefined for constants that are none of the graph: what was computed from extents is another in every program. */
const originOf = (graph: Graph, { origin }: ProgramConstant) =>
  origin && graph.constants.has(origin.constant) ? JSON.stringify(origin) : undefined

/**
 * Tensors that belong to constants of one program, under the registers of another: constants are told by what they are
 * made from. Those of `from` that the new program has no use for are disposed.
 */
export function carriedOver(
  tensors: Tensors,
  graph: Graph,
  from: Program,
  to: Program,
  make: (constant: ProgramConstant) => Tensor | null,
): Tensors {
  const held = new Map<string, number>()
  for (const constant of from.constants) {
    const origin = originOf(graph, constant)
    if (origin && tensors.has(constant.register)) held.set(origin, constant.register)
  }
  const result: Tensors = new Map()
  for (const constant of to.constants) {
    const origin = originOf(graph, constant)
    const old = origin === undefined ? undefined : tensors.get(held.get(origin) ?? -1)
    const tensor = old ? old.clone() : make(constant)
    // They outlive whatever scope asked for the program.
    if (tensor) result.set(constant.register, keep(tensor))
  }
  for (const tensor of tensors.values()) tensor.dispose()
  return result
}

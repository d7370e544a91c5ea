/**
 * A network that answers batches: on this thread, or spread over workers where there are some and the work is worth
 * their start. Every batch is computed alone, so the answers are the same bytes whoever computes them.
 */
import { Graph, type GraphParts } from '../../graph/graph'
import { createSession } from '../session'
import type { Feed, HostTensor, Session } from '../types'
import { Crew } from './crew'
import { plainGraph } from './plain'
import { noteSpent, readyWorkers } from './pool'
import type { Piece } from './protocol'

export interface Network {
  /** All outputs on the host, in ONNX layout. @throws as `Session.run`, ENGINE_CRASHED when workers keep ending */
  run(feed: Feed): Promise<ReadonlyMap<string, HostTensor>>
  dispose(): void
}

type Outputs = ReadonlyMap<string, HostTensor>

/** Runs a network. */
export const networkPiece: Piece<GraphParts, Feed, Outputs> = {
  name: 'network',
  open: (parts) => createSession(new Graph(parts), { fuse: true }),
}

/** On this thread until the workers are worth their start, then on them. */
class GrowingNetwork implements Network {
  private session: Session | null
  private crew: Crew<GraphParts, Feed, Outputs> | null = null

  constructor(private readonly graph: Graph) {
    this.session = createSession(graph, { fuse: true })
  }

  async run(feed: Feed): Promise<Outputs> {
    const workers = readyWorkers()
    if (workers) {
      this.crew ??= new Crew(networkPiece, plainGraph(this.graph), workers)
      return this.crew.run(feed)
    }
    this.session ??= createSession(this.graph, { fuse: true })
    const started = performance.now()
    const outputs = await this.session.run(feed)
    noteSpent(performance.now() - started)
    return outputs
  }

  dispose(): void {
    this.session?.dispose()
    this.session = null
    this.crew?.dispose()
    this.crew = null
  }
}

/** @throws MODEL_UNSUPPORTED_OPERATOR where the network cannot be run */
export const createNetwork = (graph: Graph): Network => new GrowingNetwork(graph)

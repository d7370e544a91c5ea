/** Gradients of the divergence from the original's result: on this thread, or shard by shard on the workers. */
import type { Batch } from '../data/types'
import { Graph, type GraphParts } from '../graph/graph'
import { createSession, logitsValue, toPlain } from '../runtime/index'
import { Crew, isIndependent, type Piece, plainGraph, type WorkerPool } from '../runtime/parallel'
import { samplesOf, shardOf, shardsOf } from '../runtime/parallel/shards'
import {
  layoutOfNumbers,
  type NumbersLayout,
  numbersIn,
  numbersMemory,
  sumOfCopies,
} from '../runtime/parallel/shared-numbers'
import { createParameterSession, type ParameterSession } from '../runtime/parameter-session'
import { add, mul, type Tensor, tensor, transpose } from '../runtime/tensors'
import type { Feed, LiveValue, Session } from '../runtime/types'
import { MemoryBudget } from './refit-frontier'
import { type ResultForm, resultLoss } from './result-loss'

/** Bytes of answers that are kept; what is beyond is asked again. */
const MEMORY = 256 * 2 ** 20

/** The original's logits, kept on the host, so that a batch is asked about once. */
export class Teacher {
  private readonly session: Session
  private readonly known = new Map<string, { readonly dims: readonly number[]; readonly data: Float32Array }>()
  private readonly budget: MemoryBudget

  /** @param bytes of answers that may be kept */
  constructor(original: Graph, bytes = MEMORY) {
    this.session = createSession(original, { fuse: true, taps: [logitsValue(original)] })
    this.budget = new MemoryBudget(bytes)
  }

  /** What the original answers, in the layout asked for. Runs inside a tidy scope. @param of batch, whatever its part */
  answer(of: string, inputs: Batch['inputs'], layout: LiveValue['layout']): LiveValue {
    const key = `${of} ${samplesOf(inputs)}`
    let found = this.known.get(key)
    if (!found) {
      const name = logitsValue(this.session.graph)
      const plain = toPlain(this.session.forward(inputs, [name]).get(name) as LiveValue)
      found = { dims: plain.shape, data: Float32Array.from(plain.dataSync()) }
      if (this.budget.take(found.data.byteLength)) this.known.set(key, found)
    }
    const plain = tensor(found.data, [...found.dims])
    const rank = found.dims.length
    if (layout === 'plain' || rank <= 2) return { tensor: plain, layout }
    const last = [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1]
    return { tensor: transpose(plain, last), layout }
  }

  dispose(): void {
    this.session.dispose()
  }
}

export interface ResultGradients {
  /**
   * Gradients by the numbers that the session holds now, of the mean over the batch; the caller disposes them.
   * @param key of the batch, the same whenever it comes again
   */
  of(key: string, inputs: Batch['inputs']): Promise<ReadonlyMap<string, Tensor>>
  dispose(): void
}

interface Question {
  readonly form: ResultForm
  /** Softens both distributions. */
  readonly temperature: number
  /** Samples computed at once. */
  readonly atOnce: number
}

const gradientsOf = (
  session: ParameterSession,
  teacher: Teacher,
  { form, temperature }: Question,
  key: string,
  inputs: Batch['inputs'],
  share = 1,
): Map<string, Tensor> =>
  session.gradients(inputs, (logits) => {
    const { gradient } = resultLoss(logits, teacher.answer(key, inputs, logits.layout), form, temperature)
    return share === 1 ? gradient : mul(gradient, share)
  })

/** The same, where samples do not see one another, some at a time: a batch of large pictures would not fit. */
function inParts(
  session: ParameterSession,
  teacher: Teacher,
  question: Question,
  key: string,
  inputs: Batch['inputs'],
  share = 1,
): Map<string, Tensor> {
  const { atOnce } = question
  const samples = samplesOf(inputs) as number
  let sums = new Map<string, Tensor>()
  for (let from = 0; from < samples; from += atOnce) {
    const to = Math.min(samples, from + atOnce)
    const part = shardOf(inputs, from, to)
    const found = gradientsOf(session, teacher, question, `${key}/${from}`, part, (share * (to - from)) / samples)
    const before = sums
    sums =
      from === 0
        ? found
        : new Map([...found].map(([name, gradient]) => [name, add(before.get(name) as Tensor, gradient)]))
    if (from > 0) for (const tensors of [before, found]) for (const each of tensors.values()) each.dispose()
  }
  return sums
}

interface Setup extends Question {
  readonly network: GraphParts
  readonly original: GraphParts
  /** A sample, for extents that the network leaves open. */
  readonly sample: Feed
  readonly bytes: number
  readonly layout: NumbersLayout
  /** The numbers of now, and the gradients of each shard. */
  readonly numbers: SharedArrayBuffer
  readonly gradients: SharedArrayBuffer
}

interface Input {
  readonly key: string
  readonly inputs: Feed
  readonly shard: number
  /** Share of the batch's samples. */
  readonly share: number
}

/** Leaves the gradients of a shard in shared memory. */
export const resultGradientsPiece: Piece<Setup, Input, null> = {
  name: 'gradients of the result',
  open({ network, original, sample, bytes, layout, numbers, gradients, ...question }) {
    const session = createParameterSession(new Graph(network), sample)
    const teacher = new Teacher(new Graph(original), bytes)
    const now = numbersIn(layout, numbers)
    return {
      run({ key, inputs, shard, share }) {
        session.write(session.names.map((name) => now.get(name) as Float32Array))
        const found = inParts(session, teacher, question, key, inputs, share)
        const into = numbersIn(layout, gradients, shard)
        for (const [name, gradient] of found) {
          into.get(name)?.set(gradient.dataSync() as Float32Array)
          gradient.dispose()
        }
        return null
      },
      dispose() {
        session.dispose()
        teacher.dispose()
      },
    }
  },
}

class SharedGradients implements ResultGradients {
  private readonly layout: NumbersLayout
  private readonly numbers: SharedArrayBuffer
  private readonly gradients: SharedArrayBuffer
  private readonly crew: Crew<Setup, Input, null>

  constructor(
    original: Graph,
    graph: Graph,
    sample: Feed,
    private readonly session: ParameterSession,
    question: Question,
    private readonly workers: WorkerPool,
  ) {
    const read = session.read()
    this.layout = layoutOfNumbers(session.names.map((name, i) => ({ name, length: read[i]?.length ?? 0 })))
    this.numbers = numbersMemory(this.layout)
    this.gradients = numbersMemory(this.layout, workers.size)
    this.crew = new Crew(
      resultGradientsPiece,
      {
        ...question,
        network: plainGraph(graph),
        original: plainGraph(original),
        sample,
        // Every worker keeps the answers for its shards only.
        bytes: MEMORY / workers.size,
        layout: this.layout,
        numbers: this.numbers,
        gradients: this.gradients,
      },
      workers,
    )
  }

  async of(key: string, inputs: Batch['inputs']): Promise<ReadonlyMap<string, Tensor>> {
    const now = numbersIn(this.layout, this.numbers)
    this.session.read().forEach((numbers, i) => {
      now.get(this.session.names[i] as string)?.set(numbers)
    })
    const samples = samplesOf(inputs) ?? 0
    const parts = shardsOf(samples, this.workers.size).map(
      ([from, to], shard): Input => ({
        key,
        inputs: shardOf(inputs, from, to),
        shard,
        share: (to - from) / samples,
      }),
    )
    await this.crew.together(
      () => parts,
      () => {},
    )
    const sums = sumOfCopies(this.layout, this.gradients, parts.length)
    return new Map([...sums].map(([name, sum]) => [name, tensor(sum, [...this.session.formOf(name).dims])]))
  }

  dispose(): void {
    this.crew.dispose()
  }
}

/**
 * @param graph that the session runs, `some` a few samples of a batch's form
 * @param batch samples that are asked about together
 * @param workers null: this thread. They are used where samples do not see one another; then the gradients agree to rounding.
 */
export async function resultGradients(
  original: Graph,
  graph: Graph,
  some: Feed,
  session: ParameterSession,
  teacher: Teacher,
  question: Question,
  batch: number,
  workers: WorkerPool | null,
): Promise<ResultGradients> {
  const divisible =
    (workers || question.atOnce < batch) && (await isIndependent(graph, some)) && (await isIndependent(original, some))
  if (workers && divisible) {
    return new SharedGradients(original, graph, shardOf(some, 0, 1), session, question, workers)
  }
  return {
    of: async (key, inputs) =>
      divisible
        ? inParts(session, teacher, question, key, inputs)
        : gradientsOf(session, teacher, question, key, inputs),
    dispose() {},
  }
}

/** Programs of the backend's kernels: one a form, compiled when first needed, the least recently used given up. */
import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { HeapBackend } from '../kernels/compose'
import { encodeGraph, type SmallGraph } from './encode'
import type { OnnxProgram, OnnxRuntime, OnnxValue } from './offer'

/** Each program has threads of its own that sleep between its calls, so many cores keep fewer programs. */
const MOST_THREADS = 2048
const MOST_PROGRAMS = 256

export class Programs {
  private readonly compiled = new Map<string, OnnxProgram>()
  private readonly most: number

  constructor(readonly runtime: OnnxRuntime) {
    this.most = Math.max(64, Math.min(MOST_PROGRAMS, Math.floor(MOST_THREADS / runtime.threads)))
  }

  /** How many are held. */
  get size(): number {
    return this.compiled.size
  }

  /** Runs the program of this key; `graph` is asked for once. `alone`: it would gain nothing from several threads. */
  run(
    key: string,
    graph: () => SmallGraph,
    inputs: Readonly<Record<string, OnnxValue>>,
    outputs: Readonly<Record<string, OnnxValue>>,
    { alone = false }: { readonly alone?: boolean } = {},
  ): void {
    let program = this.compiled.get(key)
    if (program) {
      this.compiled.delete(key)
    } else {
      program = this.runtime.compile(encodeGraph(graph()), alone ? 1 : this.runtime.threads)
      if (this.compiled.size >= this.most) {
        const [oldest, unused] = this.compiled.entries().next().value as [string, OnnxProgram]
        this.compiled.delete(oldest)
        unused.dispose()
      }
    }
    this.compiled.set(key, program)
    program.run(inputs, outputs)
  }
}

/** A tensor of the heap as ONNX Runtime sees it, in another shape if one is given. Valid until the next allocation. */
export const heapValue = (heap: HeapBackend, info: TensorInfo, dims: readonly number[] = info.shape): OnnxValue => ({
  data: heap.typedArrayFromHeap(info) as Float32Array,
  dims,
})

export const wholeNumbers = (values: readonly number[]): OnnxValue => ({
  data: BigInt64Array.from(values, BigInt),
  dims: [values.length],
})

/**
 * Loads ONNX Runtime's binding for the engine's kernels. The package's public `InferenceSession.run` only puts the
 * binding's own behind a turn of the event loop, and kernels must answer at once; so the binding is used itself
 * (`dist/binding.js`, no public API; the package's version is pinned, and what it computes is checked before it is used).
 */
import { createRequire } from 'node:module'
import type { OnnxRuntime, OnnxValue } from '../../../engine/runtime'
import { coreCount } from '../cores'

interface Answer {
  readonly data: { readonly buffer: ArrayBuffer & { transfer(length: number): ArrayBuffer } }
}

interface BindingSession {
  loadModel(buffer: ArrayBufferLike, offset: number, length: number, options: object): void
  run(inputs: object, outputs: object, options: object): Readonly<Record<string, Answer>>
  dispose(): void
}

interface BindingModule {
  readonly binding: { readonly InferenceSession: new () => BindingSession }
  initOrt(): void
}

interface PublicModule {
  readonly Tensor: new (type: string, data: OnnxValue['data'], dims: readonly number[]) => object
}

/** Threads of ONNX Runtime that wait for work turn in a loop this long, then sleep. */
const SPIN_US = '50'
const FATAL = 4
/** A call takes about 15 us, in which WASM multiplies this often. */
const CALL_COST = 2 ** 17

const typeOf = (data: OnnxValue['data']) =>
  data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'int64'

export interface LoadOptions {
  readonly threads?: number
  readonly callCost?: number
}

/** @throws where the package has no binary for this platform or it cannot be linked */
export function loadOnnxRuntime({ threads = coreCount(), callCost = CALL_COST }: LoadOptions = {}): OnnxRuntime {
  const require = createRequire(import.meta.url)
  const { binding, initOrt } = require('onnxruntime-node/dist/binding.js') as BindingModule
  const { Tensor } = require('onnxruntime-node') as PublicModule
  initOrt()
  const tensors = (values: Readonly<Record<string, OnnxValue>>) => {
    const result: Record<string, object> = {}
    for (const name in values) {
      const { data, dims } = values[name] as OnnxValue
      result[name] = new Tensor(typeOf(data), data, dims)
    }
    return result
  }
  return {
    threads,
    callCost,
    compile(model, count) {
      const session = new binding.InferenceSession()
      session.loadModel(model.buffer, model.byteOffset, model.byteLength, {
        executionProviders: ['cpu'],
        intraOpNumThreads: count,
        interOpNumThreads: 1,
        // The graphs say already what the optimiser would find, and compile in half the time without it.
        graphOptimizationLevel: 'disabled',
        // An arena a program keeps the most each ever needed; the allocator of the process serves all of them as fast.
        enableCpuMemArena: false,
        enableMemPattern: false,
        logSeverityLevel: FATAL,
        extra: { session: { intra_op: { spin_duration_us: SPIN_US } } },
      })
      return {
        run: (inputs, outputs) => {
          const answers = session.run(tensors(inputs), tensors(outputs), { logSeverityLevel: FATAL })
          // The binding wraps every output once more (in Electron it copies it), which counts as memory until it is
          // collected, and V8 collects all its heap again and again for that: given back at once.
          for (const name in answers) {
            const { buffer } = (answers[name] as Answer).data
            if (buffer !== outputs[name]?.data.buffer) buffer.transfer(0)
          }
        },
        dispose: () => session.dispose(),
      }
    },
  }
}

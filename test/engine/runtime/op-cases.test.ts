/** Every operator against ONNX Runtime (values) and against TF.js's own gradients on its cpu backend. */
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
// Its only use here is that importing it registers TF.js's own gradients.
import '@tensorflow/tfjs-layers'
import * as ort from 'onnxruntime-node'
import { beforeAll, describe, expect, it } from 'vitest'
import { writeOnnx } from '../../../src/engine/formats/onnx'
import { registeredOps } from '../../../src/engine/ops'
import { initBackend } from '../../../src/engine/runtime/backend'
import { buildProgram } from '../../../src/engine/runtime/build'
import { differentiate, execute, type Tensors } from '../../../src/engine/runtime/executor'
import { upload } from '../../../src/engine/runtime/feed'
import type { Program } from '../../../src/engine/runtime/program'
import { createSession, uploadConstant } from '../../../src/engine/runtime/session'
import { backendTargets } from '../../support/native'
import { type BuiltCase, buildCase, numbers, opCases } from './support/op-cases'

function expectClose(got: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number): void {
  expect(got.length).toBe(wanted.length)
  let scale = 1e-3
  for (let i = 0; i < wanted.length; i++) scale = Math.max(scale, Math.abs(wanted[i] as number))
  for (let i = 0; i < wanted.length; i++) {
    expect(Math.abs((got[i] as number) - (wanted[i] as number)) / scale).toBeLessThan(tolerance)
  }
}

async function runElsewhere({ graph, feed }: BuiltCase): Promise<ort.InferenceSession.ReturnType> {
  const session = await ort.InferenceSession.create(writeOnnx(graph), { logSeverityLevel: 3 })
  const feeds = [...feed].map(([name, { dims, data }]) => [name, new ort.Tensor('float32', data, dims)] as const)
  return session.run(Object.fromEntries(feeds))
}

interface Loaded {
  readonly program: Program
  readonly constants: Tensors
  readonly inputs: Tensors
}

function load({ graph, feed }: BuiltCase): Loaded {
  const program = buildProgram(graph, { fuse: false })
  const constants: Tensors = new Map(program.constants.map((c) => [c.register, uploadConstant(c.data)]))
  return { program, constants, inputs: upload(program, feed) }
}

const sourcesOf = ({ program, inputs }: Loaded): number[] => [
  ...inputs.keys(),
  ...program.constants.filter((c) => c.origin && c.data.dtype === 'float32').map((c) => c.register),
]

/** Ours, on the current backend: gradients of sum(v * output) by every float input and constant. */
function ourGradients(loaded: Loaded): Float32Array[] {
  const { program, constants, inputs } = loaded
  const before = tf.memory().numTensors
  const of = program.outputs[0]?.register as number
  const sources = sourcesOf(loaded)
  const found = differentiate({
    instructions: program.instructions,
    given: new Map([...constants, ...inputs]),
    of,
    sources: new Set(sources),
    values: new Set(),
    seed: (y) => tf.tensor(numbers(99, y.size), y.shape),
  })
  const result = sources.map((source) => found.gradients.get(source)?.dataSync().slice() as Float32Array)
  found.of.dispose()
  tf.dispose([...found.gradients.values()])
  expect(tf.memory().numTensors).toBe(before)
  return result
}

/** sum(v * output) as a scalar tensor of the current backend. */
function project({ program, constants, inputs }: Loaded): tf.Scalar {
  const of = program.outputs[0]?.register as number
  const result = execute(program.instructions, new Map([...constants, ...inputs]), new Set([of]))
  const y = result.get(of) as tf.Tensor
  return tf.sum(tf.mul(y, tf.tensor(numbers(99, y.size), y.shape)))
}

/** TF.js's own gradients of the same instructions. */
function theirGradients(loaded: Loaded): Float32Array[] {
  const sources = sourcesOf(loaded)
  const all = new Map([...loaded.constants, ...loaded.inputs])
  const xs = sources.map((source) => all.get(source) as tf.Tensor)
  return tf.tidy(() => {
    const { grads } = tf.engine().gradients(() => project(loaded), xs, undefined, true)
    return grads.map((grad, i) => (grad ?? tf.zerosLike(xs[i] as tf.Tensor)).dataSync().slice() as Float32Array)
  })
}

describe.each(backendTargets)('operators on $backend', ({ backend, registered, there, offers }) => {
  beforeAll(async () => {
    if (there) await initBackend({ backend, ...offers })
  })

  it.runIf(there).each(opCases.map((opCase) => [opCase.op, opCase.name, opCase] as const))(
    '%s: %s',
    async (_op, _name, opCase) => {
      const built = buildCase(opCase)
      const wanted = await runElsewhere(built)
      for (const fuse of [false, true]) {
        const before = tf.memory().numTensors
        const session = createSession(built.graph, { fuse })
        const got = await session.run(built.feed)
        session.dispose()
        expect(tf.memory().numTensors).toBe(before)
        for (const [name, value] of got) {
          expect(value.dims).toEqual([...(wanted[name] as ort.Tensor).dims])
          // Places are whole numbers of 64 bits there.
          expectClose(value.data, Array.from(wanted[name]?.data as Float32Array | BigInt64Array, Number), 1e-4)
        }
      }
    },
  )

  const differentiable = opCases.filter((opCase) => opCase.gradient !== false && opCase.gradient !== 'numeric')
  it.runIf(there).each(differentiable.map((opCase) => [opCase.op, opCase.name, opCase] as const))(
    'gradient of %s: %s',
    async (_op, _name, opCase) => {
      const built = buildCase(opCase)
      const ours = load(built)
      const got = ourGradients(ours)
      tf.dispose([...ours.constants.values(), ...ours.inputs.values()])
      await tf.setBackend('cpu')
      try {
        const theirs = load(built)
        const wanted = theirGradients(theirs)
        tf.dispose([...theirs.constants.values(), ...theirs.inputs.values()])
        got.forEach((gradient, i) => {
          expectClose(gradient, wanted[i] as Float32Array, 1e-4)
        })
      } finally {
        await tf.setBackend(registered)
      }
    },
  )

  const numeric = opCases.filter((opCase) => opCase.gradient === 'numeric')
  it.runIf(there).each(numeric.map((opCase) => [opCase.op, opCase.name, opCase] as const))(
    'gradient of %s by differences: %s',
    (_op, _name, opCase) => {
      // These are linear in each operand, so a large step has no error but rounding.
      const loaded = load(buildCase(opCase))
      const gradients = ourGradients(loaded)
      sourcesOf(loaded).forEach((source, k) => {
        const tensors = loaded.inputs.has(source) ? loaded.inputs : loaded.constants
        const at = tensors.get(source) as tf.Tensor
        const gradient = gradients[k] as Float32Array
        const step = 1
        for (let i = 0; i < gradient.length; i += Math.ceil(gradient.length / 16)) {
          const [high, low] = [step, -step].map((h) =>
            tf.tidy(() => {
              const values = at.dataSync().slice()
              values[i] = (values[i] as number) + h
              tensors.set(source, tf.tensor(values, at.shape))
              return project(loaded).dataSync()[0] as number
            }),
          ) as [number, number]
          tensors.set(source, at)
          expect(gradient[i]).toBeCloseTo((high - low) / (2 * step), 3)
        }
      })
      tf.dispose([...loaded.constants.values(), ...loaded.inputs.values()])
    },
  )
})

describe('operators', () => {
  it('are all covered', () => {
    const covered = new Set(opCases.map((opCase) => opCase.op))
    // Logic has no float result to compare; its cases are in the session's tests. GroupNormalization is newer than ONNX
    // Runtime's opset 17 form, and Cast, Dropout, Expand and Where have tests of their own there, as DFT and STFT have.
    const elsewhere = new Set([
      'Equal',
      'Greater',
      'GreaterOrEqual',
      'Less',
      'LessOrEqual',
      'And',
      'Or',
      'Xor',
      'Not',
      'GroupNormalization',
      'Cast',
      'Dropout',
      'Expand',
      'Where',
      'DFT',
      'STFT',
      'Mod',
      // Whole numbers and truth values in, or out; rarer-operators.test.ts and the networks of the corpus have them.
      'IsNaN',
      'GatherElements',
      'IsInf',
      'OneHot',
      // Whole steps between the two; test/engine/ops/quantize.test.ts has networks with them.
      'QuantizeLinear',
      'DequantizeLinear',
      // Extents of what is fed; networks with open extents have them (extents.test.ts).
      'Shape',
      'ConstantOfShape',
      'Range',
    ])
    const missing = registeredOps()
      .filter((op) => op.lower && !covered.has(op.op) && !elsewhere.has(op.op))
      .map((op) => op.op)
    expect(missing).toEqual([])
  })
})

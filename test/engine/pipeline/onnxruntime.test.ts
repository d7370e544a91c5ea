/** A whole run on ONNX Runtime's kernels: it decides as on WASM, leaves nothing behind, and says the same twice. */
import { expect, it } from 'vitest'
import { compress } from '../../../src/engine/pipeline'
import { packGraph } from '../../../src/engine/pipeline/checkpoint/graph-codec'
import { initBackend, memoryUse } from '../../../src/engine/runtime'
import { everyCall } from '../../support/native'
import { toyConfig, toyData, toyNetwork, watched } from '../support/toy'

it('compresses with ONNX Runtime as with WASM, and to the same bytes twice', async () => {
  const graph = await toyNetwork()
  const data = toyData()
  const config = toyConfig({
    strategy: 'result-oriented',
    goal: { kind: 'keep-macs', value: 0.5 },
    refit: 'layerwise',
    calibration: 128,
    finetune: { epochs: 1, samples: 512, learningRate: 0.01, distill: false },
  })
  const go = () => compress({ graph, data, config }, watched())
  await initBackend({ backend: 'wasm' })
  const expected = await go()
  const { name } = await initBackend({ backend: 'onnxruntime', onnxRuntime: everyCall })
  const before = memoryUse().tensors
  const first = await go()
  expect(memoryUse().tensors).toBe(before)
  expect(first.result.backend).toBe(name)
  expect(first.trace.steps.at(-1)?.macs).toBe(expected.trace.steps.at(-1)?.macs)
  expect(first.result.result.afterRecovery).toBeCloseTo(expected.result.result.afterRecovery as number, 1)
  const second = await go()
  expect(packGraph(second.graph)).toEqual(packGraph(first.graph))
  expect(second.trace).toEqual(first.trace)
})

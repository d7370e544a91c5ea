/** EmbeddingBag as PyTorch's exporters write it (test/models/bags/make.py): a loop over the samples. */
import { readdirSync, readFileSync } from 'node:fs'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { readModel, writeModel } from '../../../../src/engine/formats'

const folder = new URL('../../../models/bags/', import.meta.url)
const files = readdirSync(folder).filter((name) => name.endsWith('.onnx'))

/** Rows of four ids; the paddings of the files are 0 and 2, and one row holds nothing else. */
const ids = [1, 2, 3, 4, 2, 2, 2, 2, 0, 8, 0, 2, 0, 0, 0, 0, 5, 5, 6, 7]

async function answer(bytes: Uint8Array): Promise<number[]> {
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 4 })
  const x = new Tensor('int64', BigInt64Array.from(ids, BigInt), [ids.length / 4, 4])
  const { y } = await session.run({ x })
  return Array.from(y?.data as Float32Array)
}

describe('bags of embeddings', () => {
  it.each(files)('%s is a Gather and a reduction, which answer the same', async (name) => {
    const bytes = new Uint8Array(readFileSync(new URL(name, folder)))
    const { graph, notes } = await readModel({ name, bytes })
    expect(notes).toEqual([])
    expect(graph.nodes.map(({ op }) => op)).not.toContain('Loop')
    expect(graph.outputs[0]?.shape?.[1]).toBe(2)
    const [written] = await writeModel(graph, 'onnx', 'bags')
    const wanted = await answer(bytes)
    for (const [i, found] of (await answer(written?.bytes as Uint8Array)).entries())
      expect(found).toBeCloseTo(wanted[i] as number, 5)
  })
})

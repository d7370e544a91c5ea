/** Weights that are too many for one file: written beside the model, read back in parts, run by ONNX Runtime. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { afterAll, describe, expect, it } from 'vitest'
import { type FileRange, type ModelFile, readModel, writeModel } from '../../../../src/engine/formats'
import type { Graph } from '../../../../src/engine/graph/graph'
import { architectures } from '../../../../src/engine/reference-networks'
import { answersOf, expectClose } from '../support/answers'
import { probe } from '../support/onnx-runtime'

const folder = mkdtempSync(join(tmpdir(), 'espalier-external-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const lenet = architectures
  .find(({ name }) => name === 'lenet')
  ?.build({ sampleShape: [1, 28, 28], classes: 10, seed: 3 }) as Graph
const written = async (externalAbove: number) => {
  const [whole] = await writeModel(lenet, 'onnx', 'lenet')
  const { graph } = await readModel(whole as ModelFile)
  return { graph, files: await writeModel(graph, 'onnx', 'big', { externalAbove }) }
}

describe('external data', () => {
  it('is left out where the file can hold it', async () => {
    const { files } = await written(1e9)
    expect(files.map(({ name }) => name)).toEqual(['big.onnx'])
  })

  it('goes to files of bounded size, and ONNX Runtime finds it there', async () => {
    const { graph, files } = await written(40_000)
    expect(files.length).toBeGreaterThan(2)
    expect(files.slice(0, 3).map(({ name }) => name)).toEqual(['big.onnx', 'big.onnx.data', 'big.onnx.data.1'])
    for (const { name, bytes } of files) writeFileSync(join(folder, name), bytes)
    const shape = [2, ...(graph.inputs[0]?.shape ?? []).slice(1).map(Number)]
    const feed = { dims: shape, data: probe(shape.reduce((a, b) => a * b, 1)) }
    const session = await InferenceSession.create(join(folder, 'big.onnx'), { intraOpNumThreads: 1 })
    const results = await session.run({ [graph.inputs[0]?.name as string]: new Tensor('float32', feed.data, shape) })
    const wanted = await answersOf(graph, [feed])
    for (const [name, answer] of wanted) {
      const got = results[name] as Tensor
      expectClose({ dims: [...got.dims], data: got.data as Float32Array }, answer)
    }
  })

  it.each(['parts', 'whole files'])('is read back from %s', async (how) => {
    const { graph, files } = await written(40_000)
    const asked: string[] = []
    const resolve = async (name: string, range?: FileRange) => {
      asked.push(name)
      const bytes = files.find((file) => file.name === name)?.bytes as Uint8Array
      return how === 'parts' && range ? bytes.slice(range.offset, range.offset + range.length) : bytes
    }
    const { graph: read } = await readModel(files[0] as ModelFile, resolve)
    expect(read.constants).toEqual(graph.constants)
    // Whole files are read once unless a single weight fills them.
    if (how === 'whole files') expect(asked.length).toBeLessThanOrEqual(2 * (files.length - 1))
  })
})

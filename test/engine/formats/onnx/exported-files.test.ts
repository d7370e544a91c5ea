/** What PyTorch's exporters write: read as the manifest says, and the same network again when it is written back. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readModel, writeModel } from '../../../../src/engine/formats'
import type { Graph } from '../../../../src/engine/graph/graph'
import { runOnnx } from '../support/onnx-runtime'

interface Expected {
  readonly sha256: string
  readonly inputs?: Record<string, (number | string)[]>
  readonly outputs?: Record<string, (number | string)[]>
  readonly operators?: Record<string, number>
  readonly error?: { readonly code: string; readonly contains: string }
}

const folder = new URL('../../../models/', import.meta.url)
const manifest: Record<string, Expected> = JSON.parse(readFileSync(new URL('manifest.json', folder), 'utf8'))
const load = (name: string) => readFileSync(new URL(name, folder))

const shapes = (values: Graph['inputs']) => Object.fromEntries(values.map(({ name, shape }) => [name, shape]))
const operators = (graph: Graph) => {
  const counts: Record<string, number> = {}
  for (const { op } of graph.nodes) counts[op] = (counts[op] ?? 0) + 1
  return counts
}
const written = async (graph: Graph, batch?: 'free') => {
  const [file] = await writeModel(graph, 'onnx', 'network', batch ? { batch } : {})
  return (file as { bytes: Uint8Array }).bytes
}

const readable = Object.entries(manifest).filter(([, expected]) => !expected.error)
const refused = Object.entries(manifest).filter(([, expected]) => expected.error)

describe('files of the corpus', () => {
  it('are all in the manifest, unchanged', () => {
    const files = readdirSync(folder).filter((name) => name.endsWith('.onnx'))
    expect(Object.keys(manifest).sort()).toEqual(files.sort())
    for (const [name, { sha256 }] of Object.entries(manifest)) {
      expect(createHash('sha256').update(load(name)).digest('hex'), name).toBe(sha256)
    }
  })

  it.each(readable)('%s is read as expected', async (name, expected) => {
    const { graph, format, notes } = await readModel({ name, bytes: load(name) })
    expect(format).toBe('onnx')
    expect(notes).toEqual([])
    expect(shapes(graph.inputs)).toEqual(expected.inputs)
    expect(shapes(graph.outputs)).toEqual(expected.outputs)
    expect(operators(graph)).toEqual(expected.operators)
  })

  it.each(readable)('%s computes the same after a round trip', async (name) => {
    const original = load(name)
    const { graph } = await readModel({ name, bytes: original })
    const before = await runOnnx(original)
    const bytes = await written(graph)
    expect(await runOnnx(bytes)).toEqual(before)
    expect(Buffer.from(await written(graph)).equals(bytes)).toBe(true)
    const again = await readModel({ name, bytes })
    expect(Buffer.from(await written(again.graph)).equals(bytes)).toBe(true)
  })

  it.each(readable)('%s computes the same for any batch', async (name) => {
    const original = load(name)
    const { graph } = await readModel({ name, bytes: original })
    const [before] = await runOnnx(original)
    const fixed = before?.dims[0] as number
    const [free] = await runOnnx(await written(graph, 'free'), fixed, 3)
    const expected = [1, 2, 3].flatMap(() => before?.data ?? [])
    expect(free?.dims[0]).toBe(3 * fixed)
    expected.forEach((value, i) => {
      expect(free?.data[i]).toBeCloseTo(value, 5)
    })
  })

  it.each(refused)('%s is refused with a clear sentence', async (name, { error }) => {
    await expect(readModel({ name, bytes: load(name) })).rejects.toMatchObject({
      code: error?.code,
      message: expect.stringContaining(error?.contains ?? ''),
    })
  })
})

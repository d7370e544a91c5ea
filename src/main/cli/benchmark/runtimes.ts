/** The two runtimes a benchmark compares, behind one face: load a network, run a batch, let go. */
import { readFile } from 'node:fs/promises'
import { createSession } from '../../../engine/runtime'
import type { Feed } from '../../../engine/runtime/types'
import { startBackend } from '../../engine/backend'
import { openOnnxRunner } from '../../engine/proof/onnx-runtime'
import { openModel } from '../inputs'

export const runtimeNames = ['onnxruntime-node', 'espalier'] as const
export type RuntimeName = (typeof runtimeNames)[number]

export interface Loaded {
  /** One forward pass, to the end. */
  pass(feed: Feed): Promise<unknown>
  dispose(): Promise<void>
}

/** What a runtime needs before it can load anything, so that it is not counted as part of a network. */
export async function startRuntime(runtime: RuntimeName): Promise<void> {
  if (runtime === 'espalier') await startBackend('wasm')
}

/** Loads the file at `path`. `threads` counts for ONNX Runtime only: the engine's WASM backend has one. */
export async function loadInto(runtime: RuntimeName, path: string, threads: number): Promise<Loaded> {
  if (runtime === 'onnxruntime-node') {
    const runner = await openOnnxRunner(await readFile(path), { threads })
    return { pass: (feed) => runner.run(feed), dispose: () => runner.dispose() }
  }
  const { graph } = await openModel(path)
  const session = createSession(graph, { fuse: true })
  return { pass: (feed) => session.run(feed), dispose: async () => session.dispose() }
}

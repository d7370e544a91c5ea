/**
 * Loads tfjs-node's JavaScript and its compiled binding from a folder, around the TF.js that the engine itself uses.
 * tfjs-node's own entry would bring a second TF.js and look for a binding inside node_modules.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import * as util from 'node:util'
import { compileFunction } from 'node:vm'
import type { NativeOffer } from '../../../engine/runtime'
import { nativeLayout } from './place'

type Load = Extract<NativeOffer, { available: true }>['load']

/** Node 23 dropped these two, which tfjs-node still calls. */
const oldUtil = { ...util, isNullOrUndefined: (value: unknown) => value == null, isArray: Array.isArray }

/** Runs CommonJS files that refer to one another by relative paths; everything else comes from `provided` or Node. */
function commonJs(provided: Readonly<Record<string, unknown>>) {
  const require = createRequire(import.meta.url)
  const loaded = new Map<string, { exports: unknown }>()
  const load = (path: string): unknown => {
    const known = loaded.get(path)
    if (known) return known.exports
    const module = { exports: {} as unknown }
    loaded.set(path, module)
    const run = compileFunction(readFileSync(path, 'utf8'), ['exports', 'require', 'module'], { filename: path })
    run(
      module.exports,
      (name: string) => {
        if (Object.hasOwn(provided, name)) return provided[name]
        return name.startsWith('.') ? load(`${resolve(dirname(path), name)}.js`) : require(name)
      },
      module,
    )
    return module.exports
  }
  return load
}

interface KernelBackendModule {
  NodeJSKernelBackend: new (binding: unknown, packageName: string) => ReturnType<Load>
}

/** @throws where a file is missing or the binding cannot be linked */
export const nativeLoader =
  (folder: string): Load =>
  (tensorflow) => {
    const { addon, scripts } = nativeLayout(folder)
    // Read by the library while it is loaded.
    process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'
    const binding: unknown = createRequire(import.meta.url)(addon)
    const load = commonJs({
      '@tensorflow/tfjs': tensorflow,
      '@tensorflow/tfjs-core': tensorflow,
      util: oldUtil,
      // Messages of TensorBoard, which is not used.
      './proto/api_pb': {},
    })
    load(join(scripts, 'register_all_kernels.js'))
    const { NodeJSKernelBackend } = load(join(scripts, 'nodejs_kernel_backend.js')) as KernelBackendModule
    return new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node')
  }

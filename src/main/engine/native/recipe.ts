/** What the native backend is made of: exact versions and the SHA-256 of everything that is fetched. */
import { createHash } from 'node:crypto'
import { guardSource } from './guard'

export interface Piece {
  readonly name: string
  readonly version: string
  /** Of the fetched file. */
  readonly sha256: string
}

/** npm package with the C++ of the binding and the JavaScript around it. */
export const bindingPackage: Piece = {
  name: '@tensorflow/tfjs-node',
  version: '4.22.0',
  sha256: 'd38a448a705efc6e655a080f896b3af646ae39dffbfe9c90b06cb9fc3a2b9358',
}

/** npm package with Node's C interface. */
export const headersPackage: Piece = {
  name: 'node-api-headers',
  version: '1.9.0',
  sha256: '6cbfac49542194ae2c8f1dee5fa2dc00d66bec9cbf3b59e3a4e5f16d14eb0d19',
}

/** Python wheel with TensorFlow's libraries; its Python code is not used, so the interpreter's version does not matter. */
export const wheel: Piece & { readonly python: string; readonly platform: string } = {
  name: 'tensorflow-cpu',
  version: '2.15.1',
  sha256: '54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26',
  python: '3.11',
  platform: 'manylinux2014_x86_64',
}

export const libraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'] as const

/** The only machines that the pinned wheel is for. */
export const isSupported = (platform: string = process.platform, architecture: string = process.arch): boolean =>
  platform === 'linux' && architecture === 'x64'

/** What a build's manifest holds; a build of another recipe is not used. */
export const recipeText = (): string =>
  `${JSON.stringify(
    {
      binding: bindingPackage,
      headers: headersPackage,
      wheel,
      guard: createHash('sha256').update(guardSource).digest('hex'),
    },
    null,
    2,
  )}\n`

/**
 * Builds the native backend: tfjs-node's binding, compiled from its npm package against the libraries of a pinned
 * TensorFlow wheel. Everything fetched is checked against its hash; the result is checked on the known program.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { EspalierError } from '../../../contract/errors'
import { guardSource } from './guard'
import { checkNative } from './offer'
import { type NativeLayout, nativeLayout } from './place'
import { bindingPackage, headersPackage, isSupported, libraries, type Piece, recipeText, wheel } from './recipe'

export interface NativeBuildOptions {
  /** Replaced as a whole once everything is right; what was there stays until then. */
  readonly folder: string
  /** A wheel that is here already; it must have the pinned hash. */
  readonly wheel?: string
  readonly signal?: AbortSignal
  /** `fraction` from 0 to 1. */
  progress?(fraction: number, sentence: string): void
}

interface Tool {
  readonly command: string
  readonly missing: string
}

const python: Tool = {
  command: 'python3',
  missing:
    'Python 3 is missing, which fetches and unpacks the TensorFlow library. Install it (on Debian: apt-get install python3 python3-pip) and try again.',
}
const compiler: Tool = {
  command: 'g++',
  missing: 'The C++ compiler g++ is missing. Install it (on Debian: apt-get install g++) and try again.',
}
const npm: Tool = {
  command: 'npm',
  missing: "npm is missing, which fetches the binding's sources. Install Node.js with npm and try again.",
}
const archiver: Tool = { command: 'tar', missing: 'The command tar is missing. Install it and try again.' }

const failed = (message: string, cause?: unknown) => new EspalierError('BACKEND_UNAVAILABLE', message, cause)

/** @throws BACKEND_UNAVAILABLE where the tool is missing or fails; the cause is the end of what it said */
async function run(tool: Tool, args: readonly string[], what: string, signal?: AbortSignal): Promise<void> {
  const child = spawn(tool.command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal ? { signal } : {}),
  })
  let said = ''
  const listen = (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4000)
  }
  child.stdout.on('data', listen)
  child.stderr.on('data', listen)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('close', resolve)
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.name === 'AbortError')
        reject(new EspalierError('CANCELLED', 'Building the native backend was cancelled.'))
      else reject(error.code === 'ENOENT' ? failed(tool.missing) : error)
    })
  })
  if (code !== 0) throw failed(`${what} failed (${tool.command} ended with code ${code}).`, said.trim())
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

async function verify(path: string, { name, version, sha256: expected }: Piece): Promise<void> {
  const found = await sha256(path)
  if (found === expected) return
  throw failed(
    `What was fetched as ${name} ${version} is not what this version of Espalier was tested with (SHA-256 ${found} instead of ${expected}), so it is not used.`,
  )
}

/** The one file in a folder. */
async function only(folder: string): Promise<string> {
  const [name] = await readdir(folder)
  if (!name) throw failed(`Nothing was fetched into ${folder}.`)
  return join(folder, name)
}

/** Fetches an npm package and unpacks it. */
async function fetchPackage(piece: Piece, work: string, signal?: AbortSignal): Promise<string> {
  const folder = join(work, piece.name.replaceAll(/\W/g, '-'))
  await mkdir(join(folder, 'file'), { recursive: true })
  const what = `Fetching ${piece.name} ${piece.version} by npm`
  await run(npm, ['pack', `${piece.name}@${piece.version}`, '--pack-destination', join(folder, 'file')], what, signal)
  const archive = await only(join(folder, 'file'))
  await verify(archive, piece)
  await run(archiver, ['-xzf', archive, '-C', folder], `Unpacking ${piece.name}`, signal)
  return join(folder, 'package')
}

async function fetchWheel(work: string, options: NativeBuildOptions): Promise<string> {
  if (options.wheel) return options.wheel
  const folder = join(work, 'wheel')
  await mkdir(folder)
  const target = ['--implementation', 'cp', '--python-version', wheel.python, '--platform', wheel.platform]
  await run(
    python,
    [
      '-m',
      'pip',
      'download',
      '--no-deps',
      '--only-binary=:all:',
      ...target,
      '-d',
      folder,
      `${wheel.name}==${wheel.version}`,
    ],
    `Fetching ${wheel.name} ${wheel.version} by pip`,
    options.signal,
  )
  const path = await only(folder)
  await verify(path, wheel)
  return path
}

/** Takes the libraries and the C headers out of the wheel. */
const unpackScript = `
import re, shutil, sys, zipfile
wheel, libraries, headers = sys.argv[1:4]
wanted = re.compile(r"tensorflow/include/((tensorflow/c|tsl/c|xla/.*/c|xla/c)/.*\\.h|.*/ctstring[^/]*\\.h|tsl/platform/.*\\.h)$")
import os
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        base = name.rsplit("/", 1)[-1]
        if name in sys.argv[4:]:
            target = os.path.join(libraries, base)
        elif wanted.match(name):
            target = os.path.join(headers, name[len("tensorflow/include/"):])
        else:
            continue
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with archive.open(name) as source, open(target, "wb") as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
`

async function compile(sources: string, headers: readonly string[], target: NativeLayout, signal?: AbortSignal) {
  const binding = join(sources, 'binding')
  const guard = join(binding, 'guard.cc')
  await writeFile(guard, guardSource)
  const args = [
    ...['-std=c++17', '-O2', '-fPIC', '-shared', '-DNAPI_VERSION=8'],
    ...headers.flatMap((folder) => ['-I', folder]),
    join(binding, 'tfjs_backend.cc'),
    join(binding, 'tfjs_binding.cc'),
    guard,
    ...['-L', target.libraries, ...libraries.map((name) => `-l:${name}`), '-Wl,-rpath,$ORIGIN/lib'],
    ...['-o', target.addon],
  ]
  await run(compiler, args, "Compiling TensorFlow's binding", signal)
  // Symbols for debuggers are a quarter of the size; without strip they stay.
  const strip = { command: 'strip', missing: '' }
  const files = [target.addon, ...libraries.map((name) => join(target.libraries, name))]
  await run(strip, ['--strip-unneeded', ...files], 'Stripping', signal).catch((error: EspalierError) => {
    if (error.code === 'CANCELLED') throw error
  })
}

/**
 * Builds into `folder` and checks the result. About a minute, 210 MB fetched, 430 MB kept.
 * @throws BACKEND_UNAVAILABLE in a sentence: unsupported machine, missing tool, wrong hash, failed check; CANCELLED
 */
export async function buildNative(options: NativeBuildOptions): Promise<void> {
  const { folder, signal, progress = () => {} } = options
  if (!isSupported()) {
    throw failed(
      `The native backend can be built on Linux with an x64 processor only, and this is ${process.platform} ${process.arch}. ONNX Runtime computes here.`,
    )
  }
  progress(0, 'Looking for Python and a compiler')
  await run(python, ['--version'], 'Starting Python', signal)
  await run(compiler, ['--version'], 'Starting the compiler', signal)
  if (options.wheel) await verify(options.wheel, wheel)
  await mkdir(dirname(folder), { recursive: true })
  const work = await mkdtemp(join(dirname(folder), 'native-'))
  try {
    const target = nativeLayout(join(work, 'native'))
    await mkdir(target.libraries, { recursive: true })
    progress(0.02, "Fetching the binding's sources")
    const sources = await fetchPackage(bindingPackage, work, signal)
    const nodeHeaders = await fetchPackage(headersPackage, work, signal)
    progress(0.1, `Fetching TensorFlow ${wheel.version} (207 MB)`)
    const archive = await fetchWheel(work, options)
    progress(0.6, 'Unpacking TensorFlow')
    const headers = join(work, 'include')
    const wanted = libraries.map((name) => `tensorflow/${name}`)
    await run(
      python,
      ['-c', unpackScript, archive, target.libraries, headers, ...wanted],
      'Unpacking TensorFlow',
      signal,
    )
    progress(0.75, 'Compiling the binding')
    await compile(sources, [headers, join(nodeHeaders, 'include')], target, signal)
    await cp(join(sources, 'dist'), target.scripts, {
      recursive: true,
      filter: (path) => !/(_test|run_tests)\.js$|\.d\.ts$/.test(path),
    })
    await copyFile(join(sources, 'package.json'), join(target.scripts, 'package.json'))
    await writeFile(target.manifest, recipeText())
    progress(0.95, 'Checking convolutions and gradients in a process of its own')
    const wrong = checkNative(target.folder)
    if (wrong !== null) throw failed(wrong)
    await rm(folder, { recursive: true, force: true })
    await rename(target.folder, folder)
    progress(1, 'The native backend is built and checked')
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** The snippets that go with an export are run as they are written, beside the file they name. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Export, Inspection } from '../../../src/contract/entities'
import { architectures } from '../../../src/engine/reference-networks'
import { startBackend } from '../../../src/main/engine/backend'
import { exportTargets, writeAndProve } from '../../../src/main/engine/proof/export'
import { companionFiles, type KitFacts } from '../../../src/main/services/export-kit'

const folder = mkdtempSync(join(tmpdir(), 'espalier-kit-'))
const modules = resolve(import.meta.dirname, '../../../node_modules')
const formats = ['onnx', 'tfjs', 'keras'] as const
const classes = 10

/** What a person installs by the snippet's first line; @tensorflow/tfjs is the sum of packages that lie here. */
function install(): void {
  const place = join(folder, 'node_modules/@tensorflow')
  mkdirSync(join(place, 'tfjs'), { recursive: true })
  for (const name of ['onnxruntime-node', 'onnxruntime-common']) {
    symlinkSync(join(modules, name), join(folder, 'node_modules', name), 'junction')
  }
  for (const name of ['tfjs-core', 'tfjs-converter', 'tfjs-backend-cpu']) {
    symlinkSync(join(modules, '@tensorflow', name), join(place, name), 'junction')
  }
  writeFileSync(join(place, 'tfjs/package.json'), '{ "name": "@tensorflow/tfjs", "main": "index.cjs" }')
  writeFileSync(
    join(place, 'tfjs/index.cjs'),
    "require('@tensorflow/tfjs-backend-cpu')\nmodule.exports = { ...require('@tensorflow/tfjs-core'), ...require('@tensorflow/tfjs-converter') }\n",
  )
}

const scripts = new Map<string, string>()

beforeAll(async () => {
  install()
  await startBackend()
  const options = { sampleShape: [1, 16, 16], classes, seed: 3 }
  const graph = architectures.find(({ name }) => name === 'lenet')?.build(options)
  if (!graph) throw new Error('There is no reference network of that name.')
  const proofs = await writeAndProve({ graph, data: null, targets: exportTargets(folder, formats) })
  const inspection = {
    inputs: graph.inputs.map(({ name, shape }) => ({ name, shape: (shape ?? []).map((extent) => extent ?? 'batch') })),
    outputs: graph.outputs.map(({ name }) => ({ name, shape: [] })),
  } as unknown as Inspection
  for (const proof of proofs) {
    const item: Export = { ...proof, id: 'e', projectId: 'p', runId: null, modelId: 'm', createdAt: '' }
    const facts = {
      item,
      inspection,
      dataset: null,
      made: null,
      file: relative(folder, proof.path),
    } as unknown as KitFacts
    for (const { name, content } of companionFiles(facts)) {
      const path = join(folder, `${proof.format}-${name}`)
      writeFileSync(path, content)
      scripts.set(basename(path), path)
    }
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function run(command: string, name: string): string {
  const path = scripts.get(name) ?? ''
  const { status, stdout, stderr } = spawnSync(command, [path], { cwd: dirname(path), encoding: 'utf8' })
  expect(status, stderr).toBe(0)
  return stdout
}

/** Named by ESPALIER_PYTHON or ESPALIER_KERAS_PYTHON, or the one on the path, where it has the package. */
const pythonWith = (name: string): string | undefined =>
  [process.env.ESPALIER_PYTHON ?? '', process.env.ESPALIER_KERAS_PYTHON ?? '', 'python3', 'python'].find(
    (command) => command !== '' && spawnSync(command, ['-c', `import ${name}`]).status === 0,
  )

describe('the code that goes with an export', () => {
  it.each(['onnx-run.mjs', 'tfjs-run.mjs'])('%s runs in Node and prints one answer a class', (name) => {
    const stdout = run(process.execPath, name)
    expect(stdout).toMatch(/\[ ?1, ?10 ?\]/)
    expect(stdout.match(/-?\d+\.\d+(e-?\d+)?/g)).toHaveLength(classes)
  })

  it.each([
    ['onnx-run.py', 'onnxruntime'],
    ['keras-run.py', 'keras'],
  ])('%s runs in Python', (name, needed) => {
    const python = pythonWith(needed)
    if (!python) {
      process.stderr.write(
        `Skipped: ${name} was not run, since no Python here has ${needed} (name one with ESPALIER_PYTHON).\n`,
      )
      return
    }
    expect(run(python, name)).toContain(`(1, ${classes})`)
  })

  it('keeps the proof beside it free of this machine', () => {
    const proof = readFileSync(scripts.get('onnx-proof.json') ?? '', 'utf8')
    expect(JSON.parse(proof)).toMatchObject({ format: 'onnx', passed: true })
    expect(proof).not.toContain(folder)
  })
})

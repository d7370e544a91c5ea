/** The Python in which the peers run: given, or a throwaway environment of its own. */
import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inRoot } from '../../lib/root.mjs'

const packages = 'torch torchvision torch-pruning timm transformers onnx onnxscript onnxruntime numpy'.split(' ')
const probe = 'import torch, torch_pruning, onnxruntime'

const works = (python) => spawnSync(python, ['-W', 'ignore', '-c', probe], { stdio: 'ignore' }).status === 0

/** @returns the path of an executable, or null where there is none: then only our own side is measured */
export async function findPython(log) {
  const given = process.env.ESPALIER_BENCH_PYTHON
  if (given) {
    if (works(given)) return given
    log(`ESPALIER_BENCH_PYTHON cannot import what the peers need (${packages.join(', ')}), so no peer is measured.`)
    return null
  }
  const home = inRoot('.cache/bench-python')
  const python = join(home, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  if (existsSync(join(home, 'ready')) && works(python)) return python
  log('Setting up the peers (PyTorch, Torch-Pruning, ONNX Runtime) under .cache/bench-python; this takes minutes…')
  const steps = [
    [process.platform === 'win32' ? 'python' : 'python3', '-m', 'venv', home],
    [python, '-m', 'pip', 'install', '--quiet', ...packages],
  ]
  for (const [command, ...args] of steps) {
    const { status } = spawnSync(command, args, { stdio: ['ignore', 2, 2] })
    if (status !== 0) {
      log('The peers could not be set up (Python 3 with venv and pip is needed), so only our own side is measured.')
      return null
    }
  }
  if (!works(python)) return null
  writeFileSync(join(home, 'ready'), '')
  return python
}

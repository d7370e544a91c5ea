import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { espalier, temporaryFolder } from './support/command-line'

const folder = temporaryFolder()
const model = join(folder, 'missing.onnx')
const data = join(folder, 'missing.npz')
const run = ['--data', data, '--out', join(folder, 'out')]

describe('bad usage ends with 2 and one sentence', () => {
  it.each([
    ['an unknown command', ['frobnicate'], /unknown command 'frobnicate'/i],
    ['an unknown option', ['inspect', model, '--frobnicate'], /unknown option '--frobnicate'/i],
    ['a missing argument', ['inspect'], /missing required argument/i],
    ['a missing option', ['compress', model, '--out', folder], /--data <DATA>/],
    ['a share above 1', ['compress', model, ...run, '--keep-macs', '30'], /greater than 0 and at most 1/],
    ['a share of 0', ['compress', model, ...run, '--keep-macs', '0'], /greater than 0 and at most 1/],
    ['a number that is none', ['compress', model, ...run, '--seed', 'one'], /whole number/],
    ['an empty number', ['compress', model, ...run, '--seed', ''], /whole number/],
    ['a calibration that is too small', ['compress', model, ...run, '--calibration', '3'], /16 or more/],
    ['a refit that is none', ['compress', model, ...run, '--refit', 'twice'], /none, bn, layerwise, sequential/],
    ['a format that is none', ['export', model, '--to', 'pickle', '--out', folder], /onnx, tfjs, keras/],
    ['two goals', ['compress', model, ...run, '--keep-macs', '0.5', '--max-drop', '1'], /--keep-macs and --max-drop/],
    [
      'an unknown strategy',
      ['compress', model, ...run, '--strategy', 'magic'],
      /no strategy named "magic".*result-oriented/,
    ],
    ['one unknown among several', ['compare', model, ...run, '--strategies', 'l2,magic'], /no strategy named "magic"/],
    ['a strategy twice', ['compare', model, ...run, '--strategies', 'l2,l2'], /given twice/],
    [
      'a data-driven strategy without data',
      ['prune', model, '--out', folder, '--strategy', 'taylor', '--keep-macs', '0.5'],
      /needs data/,
    ],
    ['a tolerance without data', ['prune', model, '--out', folder, '--max-drop', '1'], /needs a budget/],
    ['no budget without data', ['prune', model, '--out', folder], /needs a budget/],
    [
      'an architecture that is none',
      ['train', '--architecture', 'alexnet', '--data', data, '--out', model],
      /resnet-small/,
    ],
  ] as const)('%s', async (_, args, sentence) => {
    const { code, stdout, stderr } = await espalier(...args)
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(sentence)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })
})

describe('what is not built yet ends with 1 and its name', () => {
  it.each([
    ['--backend cuda', ['compress', model, ...run, '--backend', 'cuda']],
    ['--backend webgpu', ['evaluate', model, '--data', data, '--backend', 'webgpu']],
    ['--precision fp16', ['export', model, '--to', 'keras', '--precision', 'fp16', '--out', folder]],
    ['--precision int8', ['compress', model, ...run, '--formats', 'onnx,keras', '--precision', 'int8']],
  ] as const)('%s', async (name, args) => {
    const { code, stderr } = await espalier(...args)
    expect(code).toBe(1)
    expect(stderr).toContain(name)
    expect(stderr).toContain('not built yet')
  })
})

describe('what cannot be done ends with 1 and says why', () => {
  it('names a file that is not there', async () => {
    const { code, stderr } = await espalier('inspect', model)
    expect(code).toBe(1)
    expect(stderr).toBe(`espalier: ${model} is not there. Check the path and try again.\n`)
  })

  it('refuses a folder where a file is needed', async () => {
    const { code, stderr } = await espalier('inspect', folder)
    expect(code).toBe(1)
    expect(stderr).toMatch(/is a folder/)
  })

  it('refuses a file that is no network', async () => {
    const path = join(folder, 'text.onnx')
    writeFileSync(path, 'hello')
    const { code, stderr } = await espalier('inspect', path)
    expect(code).toBe(1)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })

  it('prints the error as the one document with --json', async () => {
    const { code, stdout, stderr } = await espalier('inspect', model, '--json')
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'FILE_NOT_FOUND' } })
    expect(stderr).toContain(model)
  })
})

describe('help and version', () => {
  it('--help lists every command of the contract', async () => {
    const { code, stdout, stderr } = await espalier('--help')
    expect(code).toBe(0)
    expect(stderr).toBe('')
    for (const name of 'inspect evaluate compress compare prune export benchmark train strategies doctor serve'.split(
      ' ',
    )) {
      expect(stdout).toMatch(new RegExp(`^  ${name}`, 'm'))
    }
    expect(stdout).not.toContain('measure-memory')
  })

  it('--version is the product version', async () => {
    expect((await espalier('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})

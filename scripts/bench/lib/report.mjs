/** Rows as text, and docs/benchmarks.md from docs/benchmarks.json. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, loadavg, release, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { inRoot } from '../../lib/root.mjs'

const require = createRequire(inRoot('package.json'))
const versionOf = (name) => {
  try {
    return JSON.parse(readFileSync(join(inRoot('node_modules'), name, 'package.json'), 'utf8')).version
  } catch {
    return undefined
  }
}

const peers = 'torch torchvision torch_pruning timm onnxruntime numpy'.split(' ')
const question = `import importlib, json
print(json.dumps({n: importlib.import_module(n).__version__ for n in ${JSON.stringify(peers)}}))`

/** The machine and the versions of everything that is compared. */
export async function describeMachine(python) {
  const [first] = cpus()
  const versions = {
    espalier: require('./package.json').version,
    node: process.versions.node,
    'onnxruntime-node': versionOf('onnxruntime-node'),
    '@tensorflow/tfjs-core': versionOf('@tensorflow/tfjs-core'),
  }
  if (python) {
    const answer = execFileSync(python, ['-W', 'ignore', '-c', question], { encoding: 'utf8' })
    Object.assign(versions, JSON.parse(answer.trim().split('\n').at(-1)))
  }
  return {
    cpu: `${first?.model.trim()}, ${cpus().length} cores`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${type()} ${release().split('-')[0]}`,
    versions,
  }
}

const number = (value) => {
  if (value === undefined || value === null) return '-'
  const size = Math.abs(value)
  return size >= 100 || value === 0 ? String(Math.round(value)) : value.toPrecision(3)
}

/** How many times better than the peer. */
export const ratioOf = ({ ours, peer, better = 'less' }) =>
  typeof ours === 'number' && typeof peer === 'number' && ours > 0 && peer > 0
    ? better === 'less'
      ? peer / ours
      : ours / peer
    : undefined

const meets = (row) => {
  const ratio = ratioOf(row)
  if (row.atLeast !== undefined && ratio !== undefined) return ratio >= row.atLeast
  if (row.target === undefined || typeof row.ours !== 'number') return undefined
  return (row.better ?? 'less') === 'less' ? row.ours <= row.target : row.ours >= row.target
}

const wish = (row) => {
  if (row.atLeast !== undefined) return `${row.atLeast} times`
  if (row.target === undefined) return ''
  return `${(row.better ?? 'less') === 'less' ? 'at most' : 'at least'} ${number(row.target)}`
}

const verdict = (row) => ({ true: 'yes', false: 'no', undefined: '' })[meets(row)]

/** One row as a line of text. */
export function shown(row) {
  const ratio = ratioOf(row)
  return [
    `${row.name}: ${number(row.ours)} ${row.unit ?? ''}`,
    row.peer === undefined ? '' : `${row.peerName ?? 'peer'} ${number(row.peer)}`,
    ratio === undefined ? '' : `${ratio.toFixed(2)} times`,
    wish(row) && `wanted ${wish(row)}: ${verdict(row)}`,
    row.note ?? '',
  ]
    .filter(Boolean)
    .join('; ')
}

const cell = (text) => String(text ?? '').replaceAll('|', '/')

function table({ title, rows, note, seconds, date, load, machine, error, pictures = [] }) {
  const lines = [`## ${title}`, '']
  if (note) lines.push(note, '')
  lines.push(
    `Measured ${date} on ${machine.cpu}, in ${Math.ceil(seconds)} s; load of the machine before it: ${load.toFixed(1)}.`,
    '',
  )
  if (error) lines.push(`It ended early: ${cell(error)}`, '')
  for (const picture of pictures) lines.push(`![${picture.title}](${PICTURES}/${picture.name})`, '')
  if (rows.length === 0) return lines
  lines.push(
    '| what | ours | peer | times better | wanted | met | note |',
    '| --- | --: | --: | --: | --- | --- | --- |',
  )
  for (const row of rows) {
    const peer = row.peer === undefined || row.peer === null ? '' : `${number(row.peer)} (${row.peerName ?? 'peer'})`
    lines.push(
      `| ${cell(row.name)} | ${number(row.ours)} ${row.unit ?? ''} | ${peer} | ${ratioOf(row)?.toFixed(2) ?? ''} | ${wish(row)} | ${verdict(row)} | ${cell(row.note)} |`,
    )
  }
  lines.push('')
  return lines
}

/** Folder of the pictures, beside the page. */
const PICTURES = 'benchmarks'

/** Adds one benchmark to the records of a folder, with its pictures, and writes the page anew. */
export function record(folder, { pictures = [], ...entry }, machine) {
  mkdirSync(join(folder, PICTURES), { recursive: true })
  for (const { name, text } of pictures) writeFileSync(join(folder, PICTURES, name), text)
  const path = join(folder, 'benchmarks.json')
  const known = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { benchmarks: [] }
  const date = new Date().toISOString().slice(0, 10)
  const load = loadavg()[0]
  const benchmarks = [
    ...known.benchmarks.filter(({ name }) => name !== entry.name),
    { ...entry, pictures: pictures.map(({ name, title }) => ({ name, title })), date, load, machine },
  ].sort((a, b) => a.name.localeCompare(b.name))
  writeFileSync(path, `${JSON.stringify({ benchmarks }, null, 1)}\n`)
  writeFileSync(join(folder, 'benchmarks.md'), page(benchmarks, machine))
}

function page(benchmarks, machine) {
  const versions = Object.entries(machine.versions)
    .filter(([, version]) => version)
    .map(([name, version]) => `${name} ${version}`)
  const met = benchmarks.flatMap(({ rows }) => rows.map(meets)).filter((each) => each !== undefined)
  return [
    '# Benchmarks',
    '',
    'Written by `npm run bench`: every figure of a row, ours and its peer, comes from one run on one machine. Ratios above 1',
    'are in our favour. [coverage](coverage.md) has the networks that are pruned, [results-peers](results-peers.md) the quality.',
    '',
    `Last machine: ${machine.cpu}, ${machine.memory}, ${machine.system}. Versions: ${versions.join(', ')}.`,
    '',
    `${met.filter(Boolean).length} of ${met.length} goals are met.`,
    '',
    ...benchmarks.flatMap(table),
  ].join('\n')
}

/** docs/coverage.md from the measurements beside it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const load = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined)
const number = (value, digits = 0) => (value === undefined || value === null ? '-' : value.toFixed(digits))
const percent = (value) => (value === undefined ? '-' : (100 * value).toFixed(1))

/** One cell a share: the share of MACs that is left, and how far pruned and masked are apart. */
function cell(entry, keep) {
  const result = entry.results.find((other) => other.keep === keep)
  if (!result) return '-'
  if (result.error) return result.error.split(':')[0]
  return `${percent(result.macs)} (${result.deviation === undefined ? 'not run' : result.deviation.toExponential(0)})`
}

const median = (list) => {
  const sorted = [...list].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}

/** Half the MACs within 5 %, and the same result as the masked form. */
const isGood = (entry) => {
  const half = entry.results.find(({ keep }) => keep === 0.5)
  return half && !half.error && half.deviation < 1e-4 && half.macs <= 0.5 && half.macs >= 0.475
}

export function writeCoverage(root) {
  const docs = join(root, 'docs')
  const { models } = load(join(docs, 'coverage.json'))
  const torch = load(join(docs, 'coverage-torch-pruning.json'))
  const growth = load(join(docs, 'coverage-growth.json'))
  const wide = load(join(docs, 'coverage-wide.json'))?.models ?? []
  const good = models.filter(isGood)
  const lines = [
    '# Coverage',
    '',
    'Every network is read from its ONNX file alone, pruned by `l2` (uniform) to 70, 50 and 30 % of its MACs, written, and run in',
    'ONNX Runtime beside its masked form. A cell says what share of MACs is left and, in brackets, the largest difference between',
    'pruned and masked relative to the largest output. Weights are random; the models come from `scripts/zoo/export.py`',
    '(`old`: the TorchScript exporter, opset 17; `new`: the torch.export one, opset 18).',
    '',
    '    python scripts/zoo/export.py FOLDER [--exporter new]',
    '    node scripts/zoo/run.mjs FOLDER',
    '    python scripts/zoo/torch_pruning.py docs/coverage-torch-pruning.json',
    '    node scripts/zoo/growth.mjs',
    '',
    `**${good.length} of ${models.length} files prune to half their MACs (within 5 %) and compute the same as their masked form within 1e-4.**`,
    '',
    '| model | nodes | groups | prunable | share of MACs that can go, % | 70 % | 50 % | 30 % | read to written, ms | peak, MB |',
    '| --- | --: | --: | --: | --: | --- | --- | --- | --: | --: |',
    ...models.map((entry) =>
      entry.error
        ? `| ${entry.model} | | | | | ${entry.error.slice(0, 120).replaceAll('|', '/')} | | | | |`
        : `| ${entry.model} | ${entry.nodes} | ${entry.groups} | ${entry.prunable} | ${percent(entry.share)} | ${[0.7, 0.5, 0.3].map((keep) => cell(entry, keep)).join(' | ')} | ${number(entry.totalMs)} | ${number(entry.peakMb)} |`,
    ),
    '',
  ]
  if (wide.length > 0) {
    lines.push(
      '## A wider zoo',
      '',
      'Families beyond these, in small variants on small images or short texts (`scripts/zoo/wide.py`), pruned to half their MACs:',
      '',
      '    python scripts/zoo/export.py FOLDER --set wide',
      '    node scripts/zoo/run.mjs FOLDER --wide',
      '',
      `**${wide.filter(isGood).length} of ${wide.length} do so within 5 % and compute the same as their masked form within 1e-4.**`,
      '',
      '| model | nodes | groups | prunable | share of MACs that can go, % | 50 % |',
      '| --- | --: | --: | --: | --: | --- |',
      ...wide.map((entry) =>
        entry.error
          ? `| ${entry.model} | | | | | ${entry.error.slice(0, 120).replaceAll('|', '/')} |`
          : `| ${entry.model} | ${entry.nodes} | ${entry.groups} | ${entry.prunable} | ${percent(entry.share)} | ${cell(entry, 0.5)} |`,
      ),
      '',
    )
  }
  const limits = models.flatMap((entry) =>
    (entry.reasons ?? [])
      .filter((reason) => reason !== 'it is the result of the network')
      .slice(0, 4)
      .map((reason) => `- ${entry.model}: ${reason}`),
  )
  if (limits.length > 0) lines.push('## What stays whole, and why', '', ...limits, '')
  if (torch) {
    const both = models.flatMap((entry) => {
      const other = torch.models.find(({ model }) => entry.model === `${model}.old`)
      return other ? [{ entry, other }] : []
    })
    const ratios = both
      .filter(({ entry, other }) => !entry.error && other.total !== undefined)
      .map(({ entry, other }) => ({
        analysis: (other.analysis * 1000) / entry.analysisMs,
        total: (other.total * 1000) / entry.cpuMs,
      }))
    lines.push(
      '## Beside Torch-Pruning',
      '',
      'The same networks on the same machine. Ours: from the file (reading, analysis, scoring, surgery, writing), in a cold process.',
      'Torch-Pruning: from a live module in memory (dependency graph, then importance and surgery), one thread. CPU time, but for our',
      'analysis, which is wall time; the machine was busy with other work, so take these as rough. Their peak holds PyTorch itself.',
      '',
      '| model | analysis, ms | theirs, ms | whole, ms | theirs, ms | peak, MB | theirs, MB | their result |',
      '| --- | --: | --: | --: | --: | --: | --: | --- |',
      ...both.map(
        ({ entry, other }) =>
          `| ${entry.model.replace('.old', '')} | ${number(entry.analysisMs, 1)} | ${number(other.analysis && other.analysis * 1000)} | ${number(entry.cpuMs)} | ${number(other.total && other.total * 1000)} | ${number(entry.peakMb)} | ${number(other.peakMb)} | ${other.error ? other.error.slice(0, 80).replaceAll('|', '/') : `${percent(other.macs)} % of MACs`} |`,
      ),
      '',
    )
    if (ratios.length > 0) {
      lines.push(
        `In the median analysis is ${median(ratios.map((r) => r.analysis)).toFixed(1)} times faster and the whole ${median(ratios.map((r) => r.total)).toFixed(1)} times; the slowest ratios are ${Math.min(...ratios.map((r) => r.analysis)).toFixed(1)} and ${Math.min(...ratios.map((r) => r.total)).toFixed(1)}.`,
        '',
      )
    }
  }
  if (growth) {
    lines.push(
      '## Analysis against size',
      '',
      'Residual networks of growing depth, analysed in one process (median of five).',
      '',
      '| nodes | analysis, ms | microseconds a node |',
      '| --: | --: | --: |',
      ...growth.points.map(({ nodes, ms }) => `| ${nodes} | ${ms.toFixed(1)} | ${((1000 * ms) / nodes).toFixed(1)} |`),
      '',
    )
  }
  writeFileSync(join(docs, 'coverage.md'), lines.join('\n'))
}

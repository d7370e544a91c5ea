/** Writes docs/results.md, docs/results.json and the pictures from what is measured. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { correlationMap, tradeOff } from './plots.mjs'
import { mean } from './statistics.mjs'
import { armOf, details, grouped, nameOf, ours, percent, predictions, promises, seconds, summary } from './tables.mjs'

const lostOf = (cells) => mean(cells.map((cell) => cell.before - cell.after))

function pictures(cells, folder) {
  const names = []
  const wanted = cells.filter((cell) => cell.refit === 'layerwise' || cell.refit === 'sequential')
  for (const [key, list] of grouped(wanted, (cell) => `${cell.network} ${cell.finetune} ${cell.refit}`)) {
    const [network, finetune, refit] = key.split(' ')
    const most = Math.max(...[...grouped(list, nameOf).values()].map((own) => grouped(own, (cell) => cell.keep).size))
    if (most < 2) continue
    const arms = [...grouped(list, nameOf)]
      .filter(([, own]) => grouped(own, (cell) => cell.keep).size === most)
      .sort(([, a], [, b]) => lostOf(a) - lostOf(b))
    const shown = [...arms.filter(([, own]) => ours(own[0])), ...arms.filter(([, own]) => !ours(own[0]))]
    const lines = shown.slice(0, 8).map(([name, own]) => ({
      name,
      points: [...grouped(own, (cell) => cell.keep)]
        .map(([keep, at]) => ({
          keep,
          x: mean(at.map((cell) => cell.macsKept)),
          y: mean(at.map((cell) => cell.after)),
        }))
        .sort((a, b) => a.x - b.x),
    }))
    const title = `${network}, ${refit} refit for all${finetune === '0' ? '' : `, then ${finetune} epochs`}`
    const file = `trade-off-${network}-${refit}-${finetune}.svg`
    writeFileSync(join(folder, file), tradeOff(title, mean(list.map((cell) => cell.before)), lines))
    names.push({ title, file })
  }
  const observed = cells.filter((cell) => cell.correlation)
  for (const [network, list] of grouped(observed, (cell) => cell.network)) {
    const matrices = [...new Map(list.map((cell) => [cell.seed, cell.correlation])).values()]
    const file = `correlation-${network}.svg`
    const title = `${network}: inter-layer correlation of the result's change`
    writeFileSync(join(folder, file), correlationMap(title, matrices))
    names.push({ title, file })
  }
  return names
}

function whatRan(cells) {
  const lines = []
  for (const [arm, list] of grouped(cells, armOf)) {
    for (const [budget, own] of grouped(list, (cell) => cell.keep)) {
      const of = (key) => [...new Set(own.map((cell) => cell[key] ?? 'unknown'))].join(', ')
      lines.push(
        `| ${arm} | ${percent(budget)} | ${of('network')} | ${of('seed')} | ${of('strategy')} | ${own.length} | ${of('code')} |`,
      )
    }
  }
  return [
    '| arm | MACs | networks | seeds | strategies | cells | commits |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
  ]
}

/** What is kept in the repository: everything but which samples were named rightly. */
const told = ({ right: _right, ...cell }) => cell
const number = (_, value) =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(7)) : value

export function writeResults(cells, records, docs) {
  const folder = join(docs, 'results')
  mkdirSync(folder, { recursive: true })
  const lines = (list) => list.map((item) => JSON.stringify(item, number)).join(',\n')
  writeFileSync(
    join(docs, 'results.json'),
    `{"cells": [\n${lines(cells.map(told))}\n],\n"promises": [\n${lines(records.map(told))}\n]}\n`,
  )
  const { tally, lines: kept } = promises(records)
  const still = cells.filter((cell) => cell.finetune === 0)
  const tuned = cells.filter((cell) => cell.finetune > 0)
  const parts = [
    '# Results',
    '',
    'Made by `npm run reproduce`. Networks of this project (`espalier train`, 5 epochs of 10,000 images) on Fashion-MNIST: trained on the first 50,000 training',
    'images, verified on others that no network was trained on, tested on all 10,000 test images.',
    'Texts: movie snippets, 2,000 for test. Networks that were trained elsewhere come by `--load NAME=FILE`. Accuracies are those of the exported ONNX file in',
    'onnxruntime-node, in percent; mean ± sample standard deviation over the seeds. Every figure with its seed and the command that makes the network lies in',
    '[results.json](results.json). The best rival is chosen in hindsight on the test split over strategies and allocations, which favours it.',
    '*Ahead by*: points of accuracy, mean over the seeds, with the 95 % interval of a bootstrap over test samples, paired (2,000 resamples).',
    '',
    '## What ran',
    '',
    '`layer-wise refit`: `--refit layerwise`, closed form; `refit on the result`: `--refit sequential`, the default. A subset that a small, busy machine could do. The whole sweep is `npm run reproduce`; it takes up where this one stopped where its cells are still there.',
    '',
    ...whatRan(cells),
    '',
    '## Without fine-tuning',
    '',
    '*Within*: the mean loss is at most what is aimed at (0.3, 1, 2.5 and 5 points at 50, 30, 15 and 7 %).',
    '',
    ...summary(cells, false),
  ]
  if (tuned.length > 0) {
    parts.push(
      '',
      '## With 2 epochs of fine-tuning',
      '',
      'SGD with momentum 0.9 and weight decay 5e-4, batches of 128, 4,000 samples an epoch, rate falling from 0.02 to 0; the same for all. The verification split chooses',
      'between the network before, the one after and their mean, for all.',
      '',
      ...summary(cells, true),
    )
  }
  if (records.length > 0) {
    parts.push(
      '',
      '## The promise of a tolerance',
      '',
      '`--max-drop 0.5`, verified on 10,000 images that the network was not trained on, judged on the test split. Every rival, with the same refit and as published, has its best ratio',
      'by hand: the smallest of a ladder (70, 60, 50, 40, 35, 30, 25, 20, 15 %) that loses at most 0.5 points on the *test split itself*.',
      '',
      'Draws are other calibration samples for the same network; where rivals are missing they were not measured.',
      '',
      `Kept: ${tally.kept} of ${tally.runs}. Smaller than every rival with the same refit: ${tally.same.smaller} of ${tally.same.compared}; as published: ${tally.published.smaller} of ${tally.published.compared}.`,
      '',
      ...kept,
    )
  }
  parts.push(
    '',
    '## Predicted against measured',
    '',
    'Increments between checkpoints of the decision: Spearman rank correlation, and the slope of measured on predicted. As wanted: at least 20 checkpoints, at least',
    '0.8, between 0.5 and 2.',
    '',
    ...predictions(cells),
    '',
    '## Cost',
    '',
    'CPU seconds, mean over seeds, budgets and allocations.',
    '',
    ...seconds(cells),
    '',
    '## Pictures',
    '',
  )
  for (const { title, file } of pictures(cells, folder)) parts.push(`![${title}](results/${file})`, '')
  parts.push('## All figures')
  for (const [list, tail] of [
    [still, ''],
    [tuned, ', then 2 epochs'],
  ]) {
    const tables = [...grouped(list, (cell) => `${cell.network} ${cell.keep}`).values()].sort(
      ([a], [b]) => a.network.localeCompare(b.network) || b.keep - a.keep,
    )
    for (const own of tables) {
      parts.push('', `### ${own[0].network}, ${percent(own[0].keep)} of MACs${tail}`, '', ...details(own))
    }
  }
  writeFileSync(join(docs, 'results.md'), `${parts.join('\n').trimEnd()}\n`)
}

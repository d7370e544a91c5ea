/** Writes docs/results.md and its pictures from the measured cells. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { correlationMap, tradeOff } from './plots.mjs'
import { deviation, mean, pairedBootstrap, prediction } from './statistics.mjs'

function grouped(cells, keyOf) {
  const groups = new Map()
  for (const cell of cells) {
    const key = keyOf(cell)
    groups.set(key, [...(groups.get(key) ?? []), cell])
  }
  return groups
}

const ours = (cell) => cell.strategy === 'result-oriented'
const armOf = (cell) => (ours(cell) ? 'result-oriented' : `${cell.strategy}, ${cell.allocation}, ${cell.refit}`)
const withSpread = (values) => {
  const sd = deviation(values)
  return sd === null ? mean(values).toFixed(2) : `${mean(values).toFixed(2)} ± ${sd.toFixed(2)}`
}
const lostOf = (cells) => mean(cells.map((cell) => cell.before - cell.after))

/** Differences result-oriented minus the arm, pair by pair of network and seed. */
function differences(cells, arm) {
  const of = (list) => new Map(list.map((cell) => [`${cell.network} ${cell.seed}`, cell.after]))
  const own = of(cells.filter(ours))
  const other = of(cells.filter((cell) => armOf(cell) === arm))
  return [...own].flatMap(([pair, value]) => (other.has(pair) ? [value - other.get(pair)] : []))
}

function table(cells) {
  const rows = [...grouped(cells, armOf)].map(([arm, list]) => ({ arm, list, lost: lostOf(list) }))
  rows.sort((a, b) => a.lost - b.lost)
  const lines = rows.map(({ list, lost }) => {
    const [first] = list
    const ordered = [...list].sort((a, b) => a.seed - b.seed)
    const seconds = mean(list.map((cell) => cell.seconds)).toFixed(0)
    return `| ${first.strategy} | ${ours(first) ? 'its own' : first.allocation} | ${first.refit} | ${withSpread(ordered.map((cell) => cell.after))} | ${lost.toFixed(2)} | ${ordered.map((cell) => cell.after.toFixed(2)).join(' ')} | ${(100 * mean(list.map((cell) => cell.macsKept))).toFixed(1)} % | ${mean(list.map((cell) => cell.kl)).toFixed(4)} | ${seconds} |`
  })
  return [
    '| strategy | allocation | refit | accuracy | points lost | each seed | MACs kept | KL | seconds |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
  ]
}

function significance(cells) {
  const parts = []
  for (const [key, list] of grouped(cells, (cell) => `${cell.keep} ${cell.finetune}`)) {
    const [keep, finetune] = key.split(' ')
    const arms = [...new Set(list.filter((cell) => !ours(cell)).map(armOf))]
    const lines = arms.flatMap((arm) => {
      const pairs = differences(list, arm)
      if (pairs.length < 3) return []
      const { mean: by, low, high, notAbove } = pairedBootstrap(pairs)
      return [
        `| ${arm} | ${pairs.length} | ${by.toFixed(2)} | ${low.toFixed(2)} to ${high.toFixed(2)} | ${notAbove.toFixed(4)} |`,
      ]
    })
    if (lines.length === 0) continue
    parts.push(
      '',
      `### ${100 * keep} % of MACs, ${finetune} epochs`,
      '',
      '| against | pairs | points ahead | 95 % interval | not ahead |',
      '| --- | --- | --- | --- | --- |',
      ...lines,
    )
  }
  return parts
}

function pictures(cells, folder) {
  const names = []
  for (const [key, list] of grouped(cells, (cell) => `${cell.network} ${cell.finetune}`)) {
    const [network, finetune] = key.split(' ')
    const arms = [...grouped(list, armOf)].sort(([, a], [, b]) => lostOf(a) - lostOf(b))
    const shown = [
      ...arms.filter(([arm]) => arm === 'result-oriented'),
      ...arms.filter(([arm]) => arm !== 'result-oriented'),
    ]
    const lines = shown.slice(0, 8).map(([name, own]) => ({
      name,
      points: [...grouped(own, (cell) => cell.keep)]
        .map(([keep, at]) => ({
          keep: Number(keep),
          x: mean(at.map((cell) => cell.macsKept)),
          y: mean(at.map((cell) => cell.after)),
        }))
        .sort((a, b) => a.x - b.x),
    }))
    const title = `${network}, ${finetune === '0' ? 'no fine-tuning' : `${finetune} epochs of fine-tuning`}`
    const file = `trade-off-${network}-${finetune}.svg`
    writeFileSync(join(folder, file), tradeOff(title, mean(list.map((cell) => cell.before)), lines))
    names.push({ title, file })
  }
  const observed = cells.filter((cell) => cell.correlation)
  for (const [network, list] of grouped(observed, (cell) => cell.network)) {
    const bySeed = [...new Map(list.map((cell) => [cell.seed, cell.correlation])).values()]
    const file = `correlation-${network}.svg`
    const title = `${network}: inter-layer correlation of the result's change`
    writeFileSync(join(folder, file), correlationMap(title, bySeed))
    names.push({ title, file })
  }
  return names
}

export function writeResults(cells, docs) {
  const folder = join(docs, 'results')
  mkdirSync(folder, { recursive: true })
  const parts = [
    '# Results',
    '',
    'Made by `npm run reproduce`; every figure with its command and seed lies in results.json. Networks of this project on Fashion-MNIST.',
    'Accuracies are those of the exported ONNX file in onnxruntime-node on the test split, in percent; mean ± sample standard deviation over the seeds.',
    '`none`: the criterion as published; `sequential`: the same closed-form refit for all. Fine-tuning is the same for all.',
    'Seconds depend on what else the machine did.',
  ]
  const tables = grouped(cells, (cell) => `${cell.network} ${cell.keep} ${cell.finetune}`)
  for (const list of tables.values()) {
    const [{ network, keep, finetune }] = list
    const tuned = finetune > 0 ? `, then ${finetune} epochs` : ''
    const before = [...new Map(list.map((cell) => [cell.seed, cell.before])).values()]
    parts.push(
      '',
      `## ${network}, ${100 * keep} % of MACs${tuned}`,
      '',
      `Before: ${withSpread(before)}.`,
      '',
      ...table(list),
    )
  }
  parts.push(
    '',
    '## Significance',
    '',
    'Result-oriented minus each arm, pair by pair of network and seed; bootstrap over the pairs (10,000 resamples). *Not ahead*: share of resamples whose mean is not above zero.',
    ...significance(cells),
    '',
    '## Predicted against measured',
    '',
    'Increments between checkpoints of the decision: Spearman rank correlation, and the slope of measured on predicted.',
    '',
    '| network | seed | MACs kept | checkpoints | rank correlation | slope |',
    '| --- | --- | --- | --- | --- | --- |',
  )
  for (const cell of cells.filter((one) => ours(one) && one.finetune === 0)) {
    const told = prediction(cell.checkpoints)
    if (!told) continue
    parts.push(
      `| ${cell.network} | ${cell.seed} | ${100 * cell.keep} % | ${told.points} | ${told.rank.toFixed(2)} | ${told.slope.toFixed(2)} |`,
    )
  }
  parts.push('', '## Pictures', '')
  for (const { title, file } of pictures(cells, folder)) parts.push(`![${title}](results/${file})`, '')
  writeFileSync(join(docs, 'results.md'), `${parts.join('\n').trimEnd()}\n`)
}

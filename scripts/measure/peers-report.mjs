/** The measured cells as a page: one table a network and budget, mean and spread over the seeds. */

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
const deviation = (values) =>
  values.length < 2
    ? null
    : Math.sqrt(values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1))
const withSpread = (values) => {
  const sd = deviation(values)
  return sd === null ? mean(values).toFixed(2) : `${mean(values).toFixed(2)} ± ${sd.toFixed(2)}`
}

function grouped(cells, keyOf) {
  const groups = new Map()
  for (const cell of cells) {
    const key = keyOf(cell)
    groups.set(key, [...(groups.get(key) ?? []), cell])
  }
  return groups
}

function row(cells) {
  const ordered = [...cells].sort((a, b) => a.seed - b.seed)
  const [first] = ordered
  const lost = ordered.map((cell) => cell.before - cell.after)
  return {
    lost: mean(lost),
    line: `| ${first.strategy} | ${first.strategy === 'result-oriented' ? 'its own' : (first.allocation ?? 'global')} | ${first.refit} | ${withSpread(ordered.map((cell) => cell.after))} | ${withSpread(lost)} | ${ordered.map((cell) => cell.after.toFixed(2)).join(' ')} | ${(100 * mean(ordered.map((cell) => cell.macsKept))).toFixed(1)} % | ${(100 * mean(ordered.map((cell) => cell.paramsKept))).toFixed(1)} % | ${mean(ordered.map((cell) => cell.seconds)).toFixed(0)} |`,
  }
}

/** Markdown, rows with the least loss first. */
export function writeReport(cells) {
  const parts = [
    '# Results on the networks of a peer',
    '',
    'Trained networks and data as in the peer comparison: VGG on Fashion-MNIST and LeNet-5 on MNIST, three seeds each.',
    'The result-oriented strategy sees no labels. Accuracies are those of the *exported ONNX file in onnxruntime-node* on the test split, in percent.',
    'Seconds were taken on two cores that other work shared: they say nothing about speed.',
    'Mean ± sample standard deviation over the seeds, then each seed. `none`: the criterion as published; `layerwise`: the same closed-form refit for all; `sequential`: it and the refit on the result.',
    'On all 10,000 test images, with every baseline of note in both allocations: [results.md](results.md) (`vgg`).',
    'Made by `node scripts/measure/peers.mjs`; every figure with its command and seed lies in results-peers.json.',
  ]
  const tables = grouped(cells, (cell) => `${cell.network} ${cell.keep} ${cell.finetune}`)
  const order = [...tables.values()].sort(
    ([a], [b]) => b.network.localeCompare(a.network) || a.finetune - b.finetune || b.keep - a.keep,
  )
  for (const table of order) {
    const [{ network, keep, finetune, command, samples }] = table
    const before = [...new Map(table.map((cell) => [cell.seed, cell.before])).values()]
    const rows = [...grouped(table, (cell) => `${cell.strategy} ${cell.allocation ?? 'global'} ${cell.refit}`).values()]
      .map(row)
      .sort((a, b) => a.lost - b.lost)
    const pattern = command
      .replace(/_s\d+\.onnx/, '_sN.onnx')
      .replace(/--strategy \S+ (--allocation \S+ )?--refit \S+/, '--strategy NAME --allocation SHARING --refit ARM')
      .replace(/--seed \d+/, '--seed N')
    parts.push(
      '',
      `## ${network}, ${100 * keep} % of the MACs${finetune > 0 ? `, then ${finetune} epochs of fine-tuning` : ''}`,
      '',
      `Before: ${withSpread(before)} on ${samples} test samples. \`${pattern}\``,
      '',
      '| strategy | allocation | refit | accuracy | points lost | each seed | MACs kept | parameters kept | seconds |',
      '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
      ...rows.map(({ line }) => line),
    )
  }
  return `${parts.join('\n')}\n`
}

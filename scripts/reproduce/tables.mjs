/** The tables of docs/results.md: arms side by side, what is required, seconds, promises, predictions. */
import { anew, own } from './cells.mjs'
import { deviation, mean, pairedBootstrap, prediction } from './statistics.mjs'

export function grouped(items, keyOf) {
  const groups = new Map()
  for (const item of items) {
    const key = keyOf(item)
    const list = groups.get(key)
    if (list) list.push(item)
    else groups.set(key, [item])
  }
  return groups
}

export const ours = (cell) => cell.strategy === own
const armNames = {
  none: 'as published',
  bn: 'BatchNorm re-estimated',
  layerwise: 'layer-wise refit',
  sequential: 'refit on the result',
}
export const armOf = (cell) => `${armNames[cell.refit]}${cell.finetune > 0 ? ', fine-tuned' : ''}`
export const nameOf = (cell) => (ours(cell) ? cell.strategy : `${cell.strategy} (${cell.allocation})`)

export function withSpread(values) {
  const sd = deviation(values)
  return sd === null ? mean(values).toFixed(2) : `${mean(values).toFixed(2)} ± ${sd.toFixed(2)}`
}

export const percent = (share) => `${Math.round(100 * share)} %`

const bySeed = (cells) => [...cells].sort((a, b) => a.seed - b.seed)
const lostOf = (cells) => mean(cells.map((cell) => cell.before - cell.after))
const row = (values) => `| ${values.join(' | ')} |`
const table = (heads, rows) => [row(heads), row(heads.map(() => '---')), ...rows.map(row)]

/** Cells of each of the seeds that both have, pair by pair. */
function pairsOf(first, second) {
  const other = new Map(second.map((cell) => [cell.seed, cell]))
  return first.flatMap((cell) => (other.has(cell.seed) ? [[cell, other.get(cell.seed)]] : []))
}

/** "+0.42 (+0.11 to +0.73)", or a dash where there is nothing to compare. */
function aheadOf(first, second) {
  const pairs = pairsOf(first, second)
  if (pairs.length === 0) return '-'
  const { mean: by, low, high } = pairedBootstrap(pairs)
  const signed = (value) => `${value > 0 ? '+' : ''}${value.toFixed(2)}`
  return `${signed(by)} (${signed(low)} to ${signed(high)})`
}

/**
 * The best rival of one arm, in hindsight: of those that were measured on the most of our seeds, the one that is best on
 * them in the mean.
 */
function bestRival(own, cells, arm) {
  const rivals = cells.filter((cell) => !ours(cell) && cell.strategy !== 'scratch' && armOf(cell) === arm)
  const found = [...grouped(rivals, nameOf).values()].map((list) => pairsOf(own, list))
  const most = Math.max(0, ...found.map((pairs) => pairs.length))
  const ahead = (pairs) => mean(pairs.map(([a, b]) => a.after - b.after))
  const [best] = found.filter((pairs) => pairs.length === most && most > 0).sort((a, b) => ahead(a) - ahead(b))
  return best?.map(([, cell]) => cell)
}

const promised = { 0.5: 0.3, 0.3: 1, 0.15: 2.5, 0.07: 5 }

/** One line a network, budget and refit: ours, the best rival of each arm in hindsight, and how far we are ahead. */
export function summary(cells, finetuned) {
  const rows = []
  const wanted = cells.filter((cell) => cell.finetune > 0 === finetuned)
  for (const list of grouped(wanted, (cell) => `${cell.network} ${cell.keep}`).values()) {
    for (const own of grouped(list.filter(ours), (cell) => cell.refit).values()) {
      const [first] = own
      const { network, keep, refit } = first
      const best = bestRival(own, list, armOf(first))
      const published = bestRival(own, list, armOf({ ...first, refit: 'none' }))
      const told = (rival) =>
        rival?.length > 0 ? `${mean(rival.map((cell) => cell.after)).toFixed(2)} ${nameOf(rival[0])}` : '-'
      const limit = promised[keep]
      rows.push([
        network,
        percent(keep),
        refit,
        `${own.length}`,
        withSpread(own.map((cell) => cell.before)),
        `**${withSpread(bySeed(own).map((cell) => cell.after))}**`,
        lostOf(own).toFixed(2),
        ...(finetuned ? [] : [limit === undefined ? '-' : `${lostOf(own) <= limit ? 'yes' : 'no'} (${limit})`]),
        told(best),
        best ? `${pairsOf(own, best).length}: ${aheadOf(own, best)}` : '-',
        told(published),
        ...(finetuned ? [told(list.filter((cell) => cell.strategy === anew))] : []),
      ])
    }
  }
  rows.sort((a, b) => a[0].localeCompare(b[0]) || Number.parseInt(b[1], 10) - Number.parseInt(a[1], 10))
  return table(
    [
      ...['network', 'MACs', 'refit', 'seeds', 'before', 'result-oriented', 'lost'],
      ...(finetuned ? [] : ['within']),
      ...['best rival, same refit', 'pairs: ahead by (95 %)', 'best as published'],
      ...(finetuned ? ['uniform, trained from scratch'] : []),
    ],
    rows,
  )
}

/** Our cells that a rival's arm is held against: those of its refit, or of the default where we have none like it. */
function counterpartOf({ finetune, refit }, own) {
  const tuned = own.filter((cell) => cell.finetune === finetune)
  const same = tuned.filter((cell) => cell.refit === refit)
  return same.length > 0 ? same : tuned.filter((cell) => cell.refit === 'sequential')
}

/** Every arm at one network and budget, the least loss first, with the bootstrap against ours. */
export function details(cells) {
  const own = cells.filter(ours)
  const rows = [...grouped(cells, (cell) => `${nameOf(cell)} ${armOf(cell)}`).values()]
    .map((list) => ({ list: bySeed(list), lost: lostOf(list) }))
    .sort((a, b) => a.lost - b.lost)
    .map(({ list, lost }) => [
      nameOf(list[0]),
      armOf(list[0]),
      withSpread(list.map((cell) => cell.after)),
      lost.toFixed(2),
      list.map((cell) => cell.after.toFixed(2)).join(' '),
      `${(100 * mean(list.map((cell) => cell.macsKept))).toFixed(1)} %`,
      mean(list.map((cell) => cell.kl)).toFixed(4),
      ours(list[0]) ? '-' : aheadOf(counterpartOf(list[0], own), list),
    ])
  return table(['strategy', 'arm', 'accuracy', 'lost', 'each seed', 'MACs', 'KL', 'we are ahead by (95 %)'], rows)
}

/** Mean CPU seconds of observing and deciding, of the refit and of fine-tuning. */
export function seconds(cells) {
  const rows = []
  for (const [network, own] of grouped(cells, (cell) => cell.network)) {
    for (const [strategy, list] of grouped(own, (cell) => cell.strategy)) {
      const of = (key, some) => {
        const values = list
          .filter(some)
          .map((cell) => cell[key])
          .filter((value) => value !== undefined)
        return values.length > 0 ? mean(values).toFixed(1) : '-'
      }
      rows.push([
        network,
        strategy,
        of('decideSeconds', () => true),
        of('refitSeconds', (cell) => cell.refit === 'sequential'),
        of('finetuneSeconds', (cell) => cell.finetune > 0),
      ])
    }
  }
  return table(['network', 'strategy', 'observe and decide', 'refit', '2 epochs'], rows)
}

/** Rank correlation and slope of predicted against measured increments, run by run. */
export function predictions(cells) {
  const rows = []
  // Refits share a decision.
  const decided = cells.filter((cell) => ours(cell) && cell.finetune === 0 && cell.checkpoints)
  const told = [...grouped(decided, ({ network, seed, keep }) => `${network} ${seed} ${keep}`).values()].map(
    ([first]) => first,
  )
  for (const cell of told.sort((a, b) => a.network.localeCompare(b.network) || a.seed - b.seed || b.keep - a.keep)) {
    const found = prediction(cell.checkpoints)
    if (!found) continue
    rows.push([
      cell.network,
      cell.seed,
      percent(cell.keep),
      found.points,
      found.rank.toFixed(2),
      found.slope.toFixed(2),
      found.points < 20 ? 'too few' : found.rank >= 0.8 && found.slope >= 0.5 && found.slope <= 2 ? 'yes' : 'no',
    ])
  }
  return table(['network', 'seed', 'MACs', 'checkpoints', 'rank correlation', 'slope', 'as wanted'], rows)
}

/** Each promise, whether the test split kept it, and the smallest rivals that hindsight could choose, of either kind. */
export function promises(records) {
  const rows = []
  const tally = { kept: 0, runs: 0, same: { smaller: 0, compared: 0 }, published: { smaller: 0, compared: 0 } }
  for (const list of grouped(records, (record) => `${record.network} ${record.seed}`).values()) {
    const byHand = list.filter((record) => record.kind === 'by hand')
    for (const promise of list.filter((record) => record.kind === 'promise')) {
      const against = (kind, rivals) => {
        if (rivals.length === 0) return ['-', '-']
        const [best] = rivals
          .filter((record) => record.before - record.after <= record.tolerance)
          .sort((a, b) => a.macsKept - b.macsKept)
        const smaller = !best || promise.macsKept < best.macsKept
        tally[kind].compared++
        tally[kind].smaller += smaller ? 1 : 0
        const found = best ? `${(100 * best.macsKept).toFixed(1)} % ${nameOf(best)}` : 'none on the ladder'
        return [found, smaller ? 'yes' : 'no']
      }
      const kept = promise.before - promise.after <= promise.tolerance
      tally.runs++
      tally.kept += kept ? 1 : 0
      rows.push([
        promise.network,
        promise.seed,
        promise.command.match(/--seed (\d+)/)?.[1] ?? '-',
        `${promise.before.toFixed(2)} → ${promise.after.toFixed(2)}`,
        (promise.before - promise.after).toFixed(2),
        kept ? 'yes' : 'no',
        `${(100 * promise.macsKept).toFixed(1)} %`,
        ...against(
          'same',
          byHand.filter(({ refit }) => refit === promise.refit),
        ),
        ...against(
          'published',
          byHand.filter(({ refit }) => refit === 'none'),
        ),
        promise.seconds.toFixed(0),
      ])
    }
  }
  return {
    tally,
    lines: table(
      [
        'network',
        'seed',
        'draw',
        'test accuracy',
        'lost',
        'kept',
        'MACs',
        'smallest rival by hand, same refit',
        'smaller',
        'smallest as published',
        'smaller',
        'CPU seconds',
      ],
      rows,
    ),
  }
}

/**
 * Whether a promise is kept: `--max-drop 0.5`, verified on samples that the network was not trained on, judged on the test
 * split. Each rival, as published and with the same refit, is given its best ratio by hand: the smallest network on a
 * ladder of ratios whose drop on the test split itself is within the tolerance, which only hindsight could choose.
 */
import { own } from './cells.mjs'
import { networkFile } from './networks.mjs'

const tolerance = 0.5
/** Shares of MACs that are tried by hand. */
const ladder = [0.7, 0.6, 0.5, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15]

const commonOptions = (config, goal) =>
  `--strategy ${config.strategy} --allocation ${config.allocation} --refit ${config.refit} ${goal} --seed ${config.seed}`

export async function measurePromises({
  store,
  lab,
  networks,
  seeds,
  rivals,
  draws,
  refit,
  rivalRefits,
  dataOf,
  places,
  commit,
  anew,
}) {
  for (const network of networks) {
    const data = dataOf(network, 10000)
    for (const seed of seeds) {
      const file = await networkFile(network, seed, dataOf(network, 2000), { ...places, quick: false })
      const record = async (key, config, goal, kind) => {
        const known = store.records.get(key)
        if (known && !(anew && kind === 'promise')) return known
        const { right: _right, trace: _trace, rounds, ...figures } = await lab.promise({ ...config, goal }, file, data)
        const option = goal.kind === 'max-drop' ? `--max-drop ${goal.value}` : `--keep-macs ${goal.value}`
        const command = `espalier compress ${network}-${seed}.onnx --data fashion-promise.npz ${commonOptions(config, option)}`
        const kept = {
          key,
          network,
          kind,
          tolerance,
          code: commit,
          ...config,
          ...figures,
          trials: rounds.length,
          command,
        }
        // The seed of the network; the run's own is in the command.
        store.add({ ...kept, seed })
        places.say(
          `${key}: ${kept.before.toFixed(2)} -> ${kept.after.toFixed(2)} at ${(100 * kept.macsKept).toFixed(1)} %`,
        )
        return kept
      }
      const run = { allocation: 'global', refit }
      // Another draw takes other calibration samples: the seed of the run, not of the network.
      for (let draw = 0; draw < draws; draw++) {
        const config = { ...run, strategy: own, seed: seed + 100 * draw }
        const key = `${network} ${seed} promise ${draw}`
        await record(key, config, { kind: 'max-drop', value: tolerance }, 'promise')
      }
      for (const rival of rivals.flatMap((one) => rivalRefits.map((refit) => ({ ...one, refit })))) {
        // Down the ladder until one breaks it.
        for (const keep of ladder) {
          const key = `${network} ${seed} ${rival.strategy} ${rival.allocation} ${rival.refit} ${keep}`
          const config = { ...rival, seed }
          const { before, after } = await record(key, config, { kind: 'keep-macs', value: keep }, 'by hand')
          if (before - after > tolerance) break
        }
      }
    }
  }
}

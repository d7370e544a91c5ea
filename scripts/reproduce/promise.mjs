/**
 * Whether a promise is kept: `--max-drop 0.5`, verified on samples that the network was not trained on, judged on the test
 * split. Each criterion is given its best ratio by hand: the smallest network on a ladder of ratios whose drop on the
 * test split itself is within the tolerance, which only hindsight could choose.
 */
import { own } from './cells.mjs'
import { networkFile } from './networks.mjs'

const tolerance = 0.5
/** Shares of MACs that are tried by hand. */
const ladder = [0.7, 0.6, 0.5, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15]
const rivals = [
  { strategy: 'group-norm', allocation: 'uniform' },
  { strategy: 'group-norm', allocation: 'global' },
  { strategy: 'thinet', allocation: 'uniform' },
  { strategy: 'fisher', allocation: 'global' },
  { strategy: 'l1', allocation: 'uniform' },
]

const commonOptions = (config, goal) =>
  `--strategy ${config.strategy} --allocation ${config.allocation} --refit ${config.refit} ${goal} --seed ${config.seed}`

export async function measurePromises({ store, lab, networks, seeds, dataOf, places, anew }) {
  for (const network of networks) {
    const data = dataOf(network, 10000)
    for (const seed of seeds) {
      const file = await networkFile(network, seed, dataOf(network, 2000), { ...places, quick: false })
      const record = async (key, config, goal, settle) => {
        if (store.records.has(key) && !anew) return store.records.get(key)
        const { right: _right, trace: _trace, rounds, ...figures } = await lab.promise({ ...config, goal }, file, data)
        const option = goal.kind === 'max-drop' ? `--max-drop ${goal.value}` : `--keep-macs ${goal.value}`
        const command = `espalier compress ${network}-${seed}.onnx --data fashion-promise.npz ${commonOptions(config, option)}`
        const kept = { key, network, seed, ...config, ...settle, ...figures, trials: rounds.length, command }
        store.add(kept)
        places.say(
          `${key}: ${kept.before.toFixed(2)} -> ${kept.after.toFixed(2)} at ${(100 * kept.macsKept).toFixed(1)} %`,
        )
        return kept
      }
      const run = { allocation: 'global', refit: 'sequential', seed }
      await record(
        `${network} ${seed} promise`,
        { ...run, strategy: own },
        { kind: 'max-drop', value: tolerance },
        {
          kind: 'promise',
          tolerance,
        },
      )
      for (const rival of rivals) {
        // Down the ladder until one breaks it.
        for (const keep of ladder) {
          const key = `${network} ${seed} ${rival.strategy} ${rival.allocation} ${keep}`
          const { before, after } = await record(
            key,
            { ...run, ...rival },
            { kind: 'keep-macs', value: keep },
            {
              kind: 'by hand',
              tolerance,
            },
          )
          if (before - after > tolerance) break
        }
      }
    }
  }
}

/** What a sweep measures: its cells, in the order in which one decision serves many of them. */

/** Fine-tuning is the same for all: so many epochs of 4,000 samples, the rate falling from 0.02. */
const finetuneSamples = 4000
const learningRate = 0.02

/**
 * Arms by name: the refit, and whether 2 epochs follow. `none` is the criterion as published, `bn` re-estimates BatchNorm
 * statistics, `layerwise` is the closed-form refit, `sequential` also refits on the result; `+ft` tunes what comes out.
 */
export const arms = {
  none: { refit: 'none', finetune: false },
  bn: { refit: 'bn', finetune: false },
  layerwise: { refit: 'layerwise', finetune: false },
  sequential: { refit: 'sequential', finetune: false },
  'none+ft': { refit: 'none', finetune: true },
  'layerwise+ft': { refit: 'layerwise', finetune: true },
  'sequential+ft': { refit: 'sequential', finetune: true },
}

export const own = 'result-oriented'
export const anew = 'scratch'

/** @param plan { networks, seeds, budgets, strategies, allocations, arms, epochs }, each but the last a list */
export function cellsOf(plan) {
  const cells = []
  for (const network of plan.networks) {
    for (const seed of plan.seeds) {
      for (const strategy of plan.strategies) {
        // The result-oriented decision has one allocation, its own; what is trained from scratch is a uniform network.
        const allocations = strategy === own ? ['global'] : strategy === anew ? ['uniform'] : plan.allocations
        for (const allocation of allocations) {
          // The smallest first: its trajectory holds those of the others.
          for (const keep of [...plan.budgets].sort((a, b) => a - b)) {
            for (const arm of plan.arms) {
              const { refit, finetune } = arms[arm]
              if (strategy === own && refit !== 'sequential' && refit !== 'layerwise') continue
              if (strategy === anew && arm !== 'none+ft') continue
              cells.push({ network, seed, strategy, allocation, keep, refit, finetune: finetune ? plan.epochs : 0 })
            }
          }
        }
      }
    }
  }
  return cells
}

export const keyOf = ({ network, seed, strategy, allocation, keep, refit, finetune }) =>
  [network, seed, strategy, allocation, keep, refit, finetune].join(' ')

/** One decision serves every budget, refit and fine-tuning. */
export const decisionOf = ({ strategy, allocation, network, seed }) => [network, seed, strategy, allocation].join(' ')

/** One pruned and refitted network serves every fine-tuning. */
export const prunedOf = (cell) => keyOf({ ...cell, finetune: 0 })

/** Options of `espalier compress` that make the very network of this cell. */
export const optionsOf = ({ strategy, allocation, refit, keep, seed, finetune }) => [
  ...['--strategy', strategy, '--allocation', allocation, '--refit', refit],
  ...['--keep-macs', `${keep}`, '--seed', `${seed}`],
  ...(finetune > 0
    ? ['--finetune', `${finetune}`, '--finetune-samples', `${finetuneSamples}`, '--lr', `${learningRate}`]
    : []),
]

/** The same as a run's configuration, apart from defaults. */
export const configOf = ({ strategy, allocation, refit, keep, seed, finetune }, backend) => ({
  strategy,
  allocation,
  refit,
  seed,
  backend,
  goal: { kind: 'keep-macs', value: keep },
  finetune: { epochs: finetune, samples: finetune > 0 ? finetuneSamples : 0, learningRate },
})

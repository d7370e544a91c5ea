/** How many steps the refit on the result makes, and a trial of it: by the size of the network, its samples and its divergence. */

/** Samples a step. */
export const batchOfStep = 128

/** Steps where they are cheap, and the fewest of a large network: {@link stepsFor}. */
export const mostSteps = 1024
const fewestSteps = 112
const FEWEST_STEPS = 96
const MOST_PASSES = 20
/** How many times as many there are for a network that is far from the original. */
const FURTHER = 5

/** From this divergence on all steps are worth their time. */
const FAR = 0.16

/** Share of the steps: what each of them gains goes with the root of what is to be regained; half of them refine what is near. */
export const shareOfSteps = (divergence: number): number => Math.min(1, Math.max(1 / 2, Math.sqrt(divergence / FAR)))

/** Forward MACs that all steps together may need before there are fewer of them. */
const CHEAP = 8e11

/**
 * Forward MACs that take as long as one time step of a recurrent operator takes for a batch, whose many small operations
 * follow one another (two cores, native).
 */
const MACS_OF_TURN = 1.3e7

/**
 * Steps for a network of so many MACs a sample: fewer where each of them takes long, because the first ones gain most.
 * @param turns time steps of its recurrent operators, as `recurrentTurns` counts them
 */
export const stepsFor = (macs: number, turns = 0): number => {
  const each = batchOfStep * macs + MACS_OF_TURN * turns
  return Math.round(Math.min(mostSteps, Math.max(fewestSteps, CHEAP / each)))
}

/** Of the steps of a refit, those of a trial that tells how it will end, and how many they are at most. */
const TRIAL = 1 / 16
const MOST_TRIAL_STEPS = 64
const FEWEST_TRIAL_STEPS = 12

/**
 * Passes over the fitted samples are bounded, or few samples would be learnt by heart; what is far from the original has more to
 * learn from them.
 */
export const withinPasses = (steps: number, perPass: number, divergence = 0): number => {
  const passes = MOST_PASSES * Math.min(FURTHER, Math.max(1, divergence / FAR))
  return Math.max(FEWEST_STEPS, Math.min(Math.round(steps), Math.round(passes * perPass)))
}

/** Of the steps that a refit may make, how many it does where nothing is known of its divergence yet: between half and all. */
export const likelySteps = (steps: number, samples: number): number =>
  withinPasses((3 / 4) * steps, Math.floor(samples / batchOfStep))

/**
 * Steps of a trial of a smaller form of a network of so many MACs a sample, where the refit has so many samples: no more than a
 * share of what it will make itself. As for {@link stepsFor}.
 */
export const trialStepsFor = (macs: number, turns: number, samples: number): number =>
  Math.min(
    MOST_TRIAL_STEPS,
    Math.max(FEWEST_TRIAL_STEPS, Math.round(TRIAL * likelySteps(stepsFor(macs, turns), samples))),
  )

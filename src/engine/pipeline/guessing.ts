/** Whether the original is right more often than by guessing: where it is not, data and network most likely do not fit. */
import { toErrorReport } from '../../contract/errors'
import { guessedAtMost } from '../../contract/outcome'
import { say } from '../../contract/sentences'
import { firstOf } from '../data/batches'
import { measure, type Runner } from '../evaluation'
import { breathe } from './progress'
import { type Run, withRunners } from './run'

/** Samples that show it. */
const tried = 512

/** Adds a warning where a classifier is no better than chance on samples of the verification split. */
export async function warnOfGuessing(run: Run): Promise<void> {
  const { graph, data, task, splits, hooks } = run
  const classes = data.classes.length
  if (task.metric !== 'accuracy' || classes < 2) return
  const options = { task, classes, batch: run.batch, onBatch: () => breathe(hooks.signal) }
  const score = await withRunners([graph], ([original]) =>
    measure(original as Runner, firstOf(splits.verification, tried), options),
  ).catch((error) => {
    // The stages that follow name the sample or the layer.
    if (toErrorReport(error).code === 'MODEL_NON_FINITE') return null
    throw error
  })
  if (!score) return
  const { value, samples } = score
  if (value === null || value > guessedAtMost(classes, samples)) return
  const warning = say('run.guessing', { value: value.toFixed(1), samples, classes })
  run.warnings.push(warning)
  hooks.log('warning', warning)
}

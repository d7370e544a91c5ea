/** A run as the command line that repeats it. */
import type { RunConfig } from './run'

const quoted = (text: string): string => (/^[\w./:=,@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)

/** @param model, data paths or names as the command line takes them */
export function commandLine(config: RunConfig, model: string, data: string): string {
  const words = [
    'espalier compress',
    quoted(model),
    `--data ${quoted(data)}`,
    `--strategy ${config.strategy}`,
    `--allocation ${config.allocation}`,
    `--${config.goal.kind} ${config.goal.value}`,
    `--calibration ${config.calibration}`,
    `--refit ${config.refit}`,
    `--batch ${config.batch}`,
    `--backend ${config.backend}`,
    `--seed ${config.seed}`,
  ]
  if (config.refit === 'sequential' && config.refitSamples !== undefined) {
    words.push(`--refit-samples ${config.refitSamples}`)
  }
  if (config.iterations) words.push(`--iterations ${config.iterations}`)
  const { epochs, samples, learningRate, distill, schedule, warmup, augment } = config.finetune
  if (epochs > 0) words.push(`--finetune ${epochs}`, `--lr ${learningRate}`)
  if (epochs > 0 && samples > 0) words.push(`--finetune-samples ${samples}`)
  if (epochs > 0 && distill) words.push('--distill')
  if (epochs > 0 && schedule) words.push(`--lr-schedule ${schedule}`)
  if (epochs > 0 && warmup) words.push(`--lr-warmup ${warmup}`)
  if (epochs > 0 && augment?.length) words.push(`--finetune-augment ${augment.join(',')}`)
  if (config.roundTo > 1) words.push(`--round-to ${config.roundTo}`)
  if (config.protect.length > 0) words.push(`--protect ${quoted(config.protect.join(','))}`)
  return `${words.join(' ')} --out result`
}

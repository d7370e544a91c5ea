/** Names of strategies, goals and runs in the present language. */
import { useI18n } from 'vue-i18n'
import type { Goal, Run } from '../../../contract'
import { nameParts, partNames } from '../../../contract/run-names'
import { useFormat } from '../../ui/use-format'
import { useProjects } from '../projects'
import { useRuns } from './runs.store'

/** Ten thousand names are asked for at every keystroke; a run's own stays until it changes or the language does. */
const titles = new WeakMap<Run, { words: object; text: string }>()
/** Ten thousand names are made of a few hundred phrases, and looking one up in the catalogue is slow. */
let phrases = { known: '', words: new Map<string, string>() }

export function useLabels() {
  const { t, te, locale } = useI18n()
  const format = useFormat()
  const store = useRuns()
  const projects = useProjects()

  /** What was found out once for this language and these strategies. */
  const words = (): Map<string, string> => {
    const known = `${locale.value} ${store.strategies.length}`
    if (phrases.known !== known) phrases = { known, words: new Map() }
    return phrases.words
  }
  const once = (key: string, make: () => string): string => {
    const all = words()
    const found = all.get(key)
    if (found !== undefined) return found
    const made = make()
    all.set(key, made)
    return made
  }

  /** A text of the catalogue that takes no figures. */
  const word = (key: string): string => once(key, () => t(key))
  /** Ours where it is translated, else what the services call it. */
  const strategy = (name: string): string =>
    once(`strategy ${name}`, () => {
      const key = `common.strategy.${name}.title`
      return te(key) ? t(key) : (store.strategies.find((info) => info.name === name)?.title ?? name)
    })
  const summary = (name: string): string => {
    const key = `common.strategy.${name}.summary`
    return te(key) ? t(key) : (store.strategies.find((info) => info.name === name)?.summary ?? '')
  }
  /** What was measured over the steps, as it is called; what an engine to come may measure keeps its own name. */
  const series = (name: string): string =>
    once(`series ${name}`, () => (te(`common.series.${name}`) ? t(`common.series.${name}`) : name))
  const goalValue = ({ kind, value }: Goal): string =>
    kind === 'keep-macs' || kind === 'keep-params'
      ? format.share(value, Number.isInteger(Math.round(value * 1000) / 10) ? 0 : 1)
      : kind === 'max-bytes'
        ? format.bytes(value)
        : String(value)
  const goal = (of: Goal): string =>
    once(`goal ${of.kind} ${of.value}`, () => t(`common.goal.${of.kind}`, { value: goalValue(of) }))
  const shortGoal = (of: Goal): string =>
    once(`short ${of.kind} ${of.value}`, () => t(`common.goalShort.${of.kind}`, { value: goalValue(of) }))
  const seed = (n: number): string => once(`seed ${n}`, () => t('common.seed', { n }))
  /** A run without a name of its own is called by what tells it from its neighbours. */
  const own = (of: Run): string => {
    const known = titles.get(of)
    const present = words()
    if (known?.words === present) return known.text
    const text = titleOf(of)
    titles.set(of, { words: present, text })
    return text
  }
  /** A name that was given to a whole sweep, followed by what tells this run from its neighbours. */
  const translated = ({ name, config }: Run): string => {
    const words: Record<keyof typeof nameParts, () => string> = {
      strategy: () => strategy(config.strategy),
      goal: () => shortGoal(config.goal),
      refit: () => word(`common.refit.${config.refit}`),
      allocation: () => word(`common.allocation.${config.allocation}`),
      epochs: () => t('common.epochs', { n: config.finetune.epochs }, config.finetune.epochs),
      seed: () => seed(config.seed),
    }
    const parts = name.split(' · ')
    for (let at = parts.length - 1; at > 0; at--) {
      const known = partNames.find((part) => nameParts[part](config) === parts[at])
      if (!known) break
      parts[at] = words[known]()
    }
    return parts.join(' · ')
  }
  const titleOf = (of: Run): string => {
    // The services name a run after its strategy's id where nobody did; here it is said in the person's language.
    const given = of.name !== '' && !of.name.startsWith(`${of.config.strategy} · `)
    if (given) return translated(of)
    const { strategy: name, goal: wanted, refit, finetune } = of.config
    return [
      strategy(name),
      shortGoal(wanted),
      ...(refit === 'none' && name !== 'result-oriented' ? [word('common.asPublished')] : []),
      ...(finetune.epochs > 0 ? [word('common.finetuned')] : []),
      seed(of.config.seed),
    ].join(' · ')
  }

  /** One of another project than the open one is told by that too. */
  const run = (of: Run): string => {
    if (of.projectId === store.projectId || store.projectId === '') return own(of)
    const project = projects.byId(of.projectId)?.name
    return project ? `${own(of)} · ${project}` : own(of)
  }

  return { word, strategy, summary, series, goal, shortGoal, run, own }
}

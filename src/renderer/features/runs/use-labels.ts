/** Names of strategies, goals and runs in the present language. */
import { useI18n } from 'vue-i18n'
import type { Goal, Run } from '../../../contract'
import { useFormat } from '../../ui/use-format'
import { useRuns } from './runs.store'

/** Ten thousand names are asked for at every keystroke; a run's own stays until it changes or the language does. */
const titles = new WeakMap<Run, { locale: string; strategies: number; text: string }>()

export function useLabels() {
  const { t, te, locale } = useI18n()
  const format = useFormat()
  const store = useRuns()

  /** Ours where it is translated, else what the services call it. */
  const strategy = (name: string): string => {
    const key = `common.strategy.${name}.title`
    return te(key) ? t(key) : (store.strategies.find((info) => info.name === name)?.title ?? name)
  }
  const summary = (name: string): string => {
    const key = `common.strategy.${name}.summary`
    return te(key) ? t(key) : (store.strategies.find((info) => info.name === name)?.summary ?? '')
  }
  const goalValue = ({ kind, value }: Goal): string =>
    kind === 'keep-macs' || kind === 'keep-params'
      ? format.share(value, Number.isInteger(Math.round(value * 1000) / 10) ? 0 : 1)
      : kind === 'max-bytes'
        ? format.bytes(value)
        : String(value)
  const goal = (of: Goal): string => t(`common.goal.${of.kind}`, { value: goalValue(of) })
  /** A run without a name of its own is called by what tells it from its neighbours. */
  const run = (of: Run): string => {
    const known = titles.get(of)
    if (known?.locale === locale.value && known.strategies === store.strategies.length) return known.text
    const text = titleOf(of)
    titles.set(of, { locale: locale.value, strategies: store.strategies.length, text })
    return text
  }
  const titleOf = (of: Run): string => {
    // The services name a run after its strategy's id where nobody did; here it is said in the person's language.
    const given = of.name !== '' && !of.name.startsWith(`${of.config.strategy} · `)
    if (given) return of.name
    const { strategy: name, goal: wanted, refit, finetune, seed } = of.config
    return [
      strategy(name),
      t(`common.goalShort.${wanted.kind}`, { value: goalValue(wanted) }),
      ...(refit === 'none' && name !== 'result-oriented' ? [t('common.asPublished')] : []),
      ...(finetune.epochs > 0 ? [t('common.finetuned')] : []),
      t('common.seed', { n: seed }),
    ].join(' · ')
  }

  return { strategy, summary, goal, run }
}

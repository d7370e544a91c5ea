/** Early stop: the verification split tells when fine-tuning gains no more, and which epoch was the best. */
import { say } from '../../contract/sentences'
import { measurePairs, type PairScore, type Runner } from '../evaluation'
import type { Graph } from '../graph/graph'
import { packGraph, unpackGraph } from './checkpoint/graph-codec'
import { measureOptions, type Run, withRunners } from './run'

type Lost = Pick<PairScore, 'drop' | 'kl'>

/** Negative where the first lost less: by the task metric, then by KL. */
export const loses = (a: Lost, b: Lost): number => (a.drop ?? 0) - (b.drop ?? 0) || a.kl - b.kl

/** Epochs without gain after which training ends. */
export const patience = 2

/** Scores and the best network are kept steps, so that a resumed run ends where an uninterrupted one does. */
export class EpochWatcher {
  /** Epochs after which training was ended; null while it goes on. */
  ended: number | null = null
  /** Of each finished epoch that was asked for. */
  private readonly lost: Lost[] = []

  constructor(private readonly run: Run) {}

  /** Place of the epoch that lost least; -1 before the first. */
  private get leader(): number {
    return this.lost.reduce((best, lost, i) => (best < 0 || loses(lost, this.lost[best] as Lost) < 0 ? i : best), -1)
  }

  /** @param network as it is after `finished` epochs; scores of earlier ones were kept before training went on */
  async goOn(finished: number, network: () => Graph): Promise<boolean> {
    const { steps } = this.run
    while (this.lost.length < finished) {
      const epoch = this.lost.length + 1
      const lost = await steps.once<Lost>(`epoch-${epoch}`, async () => {
        const graph = network()
        const { drop, kl } = await this.measure(graph)
        const before = this.lost[this.leader]
        if (!before || loses({ drop, kl }, before) < 0) await steps.save('best-epoch', packGraph(graph))
        return { drop, kl }
      })
      this.lost.push(lost)
    }
    if (finished - (this.leader + 1) < patience) return true
    this.ended = finished
    return false
  }

  /**
   * The best network of those that were measured on the way. It is asked for at what was kept, not at what was seen: a
   * run that goes on after its last epoch measures none.
   */
  async best(): Promise<Graph | null> {
    const bytes = await this.run.steps.load<Uint8Array>('best-epoch')
    return bytes ? unpackGraph(bytes) : null
  }

  private async measure(graph: Graph): Promise<PairScore> {
    const [score] = await withRunners([this.run.graph, graph], ([original, result]) =>
      measurePairs(
        original as Runner,
        [result as Runner],
        this.run.splits.verification,
        measureOptions(this.run, 'recover', say('doing.epoch'), 0, 0),
      ),
    )
    return score as PairScore
  }
}

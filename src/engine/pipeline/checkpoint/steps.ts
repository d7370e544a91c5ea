/** Finished steps of a run: each is computed once, kept, and read back when the run goes on. */
import type { CheckpointStore } from '../types'
import { type Packable, pack, unpack } from './archive'

interface Kept<T> {
  readonly fingerprint: string
  readonly value: T
}

export class Steps {
  /**
   * @param fingerprintOf of everything that decides the step of this key; what other work has kept is passed over
   */
  constructor(
    private readonly store: CheckpointStore,
    private readonly fingerprintOf: (key: string) => string,
  ) {}

  /** A kept step, or null where there is none for this run. @throws STORE_CORRUPT */
  async load<T>(key: string): Promise<T | null> {
    const bytes = await this.store.load(key)
    if (!bytes) return null
    const kept = unpack<Kept<T>>(bytes)
    return kept.fingerprint === this.fingerprintOf(key) ? kept.value : null
  }

  async save(key: string, value: unknown): Promise<void> {
    await this.store.save(key, pack({ fingerprint: this.fingerprintOf(key), value: value as Packable }))
  }

  /** The kept value, or the computed one, which is kept before it is used. */
  async once<T>(key: string, compute: () => Promise<T> | T): Promise<T> {
    const kept = await this.load<T>(key)
    if (kept !== null) return kept
    const value = await compute()
    await this.save(key, value)
    return value
  }
}

/** How long something will still take, from how fast it has been going; the services say it of runs, the page of everything else. */

const shortestShare = 0.01
const shortestMs = 2000

/** Measures from the first progress it sees, so that a resumed run is not judged by what was done before. */
export class Pace {
  private first: { at: number; fraction: number } | null = null

  /** Seconds left; null while too little has been seen. `at` in milliseconds, `fraction` 0..1. */
  etaSeconds(at: number, fraction: number): number | null {
    this.first ??= { at, fraction }
    const elapsed = at - this.first.at
    const done = fraction - this.first.fraction
    if (elapsed < shortestMs || done < shortestShare) return null
    return Math.max(0, (((1 - fraction) / done) * elapsed) / 1000)
  }
}

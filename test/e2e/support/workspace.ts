/** A data folder of its own for each application under test, and what its processes tried to reach. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Watch } from './watch'

export const root = resolve(import.meta.dirname, '../../..')

export class Workspace {
  readonly home = mkdtempSync(join(tmpdir(), 'espalier-e2e-'))
  /** Sees every page of the application under test. */
  readonly watch = new Watch()
  readonly #networkLog = join(this.home, 'network.log')

  /** Environment of every process of the application. */
  readonly environment: NodeJS.ProcessEnv = {
    ...process.env,
    ESPALIER_HOME: join(this.home, 'data'),
    ESPALIER_NETWORK_LOG: this.#networkLog,
    // A URL and not a path: a folder with a space would end the option.
    NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, 'no-network.mjs')).href}`,
  }

  /** Another one with the same data; no application may be using it meanwhile. */
  copy(): Workspace {
    const other = new Workspace()
    cpSync(join(this.home, 'data'), join(other.home, 'data'), { recursive: true })
    return other
  }

  /** What any Node process of the application tried to reach outside this machine. */
  leaks(): string[] {
    return existsSync(this.#networkLog) ? readFileSync(this.#networkLog, 'utf8').trim().split('\n') : []
  }

  /** @throws where a page complained or anything reached for the network: so it is asserted in every test file */
  remove(): void {
    const findings = [...this.watch.findings(), ...this.leaks()]
    rmSync(this.home, { recursive: true, force: true })
    if (findings.length > 0) throw new Error(`While these tests ran:\n${findings.join('\n')}`)
  }
}

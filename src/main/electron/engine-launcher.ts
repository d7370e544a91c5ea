/** Starts the engine as a utility process: the packaged desktop has no `child_process.fork`, its fuse is off. */
import { utilityProcess } from 'electron'
import { type EngineLauncher, lastWordsOf } from '../engine/index'

/** @param entry absolute path of the built engine entry */
export function utilityLauncher(entry: string): EngineLauncher {
  return () => {
    const child = utilityProcess.fork(entry, [], {
      serviceName: 'Espalier engine',
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' },
    })
    const lastWords = lastWordsOf(child.stderr)
    return {
      get pid() {
        return child.pid
      },
      send: (message) => child.postMessage(message),
      onMessage: (listener) => {
        child.on('message', listener)
      },
      onExit: (listener) => {
        child.once('exit', (code) => listener({ code, signal: null, lastWords: lastWords() }))
      },
      kill: () => {
        // utilityProcess only asks to end; an engine that hangs must be ended by the system.
        const end = (): void => {
          if (child.pid !== undefined) process.kill(child.pid, 'SIGKILL')
        }
        // Before it has spawned there is no id to kill by.
        if (child.pid === undefined) child.once('spawn', end)
        else end()
      },
    }
  }
}

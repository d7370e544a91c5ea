/** The application's engine processes, found from outside as an operating system sees them. */
import { execFileSync } from 'node:child_process'

/** Process ids below `parent` whose command line names the engine's bundle. */
export function engineProcesses(parent: number): number[] {
  const table = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, pid, ppid, command]) => ({ pid: Number(pid), ppid: Number(ppid), command: command ?? '' }))
  return table.filter(({ ppid, command }) => ppid === parent && command.includes('engine.js')).map(({ pid }) => pid)
}

/** The engine processes of a server, held and let go from outside, as a machine with too much to do holds them. */
import { execFileSync } from 'node:child_process'

const engines = (server) =>
  execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .flatMap((match) =>
      match && Number(match[2]) === server && match[3].includes('engine.js') ? [Number(match[1])] : [],
    )

const send = (server, signal) => {
  for (const pid of engines(server)) process.kill(pid, signal)
}
export const hold = (server) => send(server, 'SIGSTOP')
export const letGo = (server) => send(server, 'SIGCONT')
export const kill = (server) => send(server, 'SIGKILL')

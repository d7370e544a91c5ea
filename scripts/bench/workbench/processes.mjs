/** The server under measurement, and the memory of a process with all its children. Linux only where memory is read. */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { inRoot } from '../../lib/root.mjs'

/** @returns the address with its token, the process, and a way to end it */
export async function startServer(home) {
  const child = spawn(process.execPath, [inRoot('out/main/server.js')], {
    env: { ...process.env, ESPALIER_HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}.`)))
  })
  const stop = () =>
    new Promise((resolve) => {
      child.once('exit', resolve)
      child.kill('SIGTERM')
    })
  return { url, pid: child.pid, stop }
}

const statOf = (pid) => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { parent: Number(fields[1]) }
  } catch {
    return null
  }
}

/** The process and all below it. */
export function family(pid) {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
  const parents = new Map(all.map((each) => [each, statOf(each)?.parent]))
  const found = [pid]
  for (let at = 0; at < found.length; at++) {
    for (const [each, parent] of parents) if (parent === found[at]) found.push(each)
  }
  return found
}

/** Megabytes of all of them, shared pages counted once. */
export const megabytes = (pids) =>
  pids.reduce((sum, pid) => {
    try {
      const [, kilobytes = '0'] = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? []
      return sum + Number(kilobytes) / 1024
    } catch {
      return sum
    }
  }, 0)

/** Which of Chromium's processes draw pages: those are the workbench's, the others come with any browser. */
const drawsPages = (pid) => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--type=renderer')
  } catch {
    return false
  }
}

/** Megabytes of the services with their engines, of the page, and of the browser around it. */
export function shares(server, browser) {
  const own = family(server)
  const [pages, rest] = [[], []]
  for (const pid of family(browser)) if (!own.includes(pid)) (drawsPages(pid) ? pages : rest).push(pid)
  const [services, page, around] = [own, pages, rest].map(megabytes)
  return {
    services,
    whole: services + page + around,
    note: `services and engines ${services.toFixed(0)} MB in ${own.length} processes, the page ${page.toFixed(0)}, the browser around it ${around.toFixed(0)}`,
  }
}

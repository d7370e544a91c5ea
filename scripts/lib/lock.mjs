/** One set-up at a time: two commands started together must not install or build into the same folders. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { inRoot } from './root.mjs'

const file = inRoot('.cache/setup.lock')

const holderIsAlive = () => {
  try {
    process.kill(Number(readFileSync(file, 'utf8')), 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

const tryToHold = () => {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    return false
  }
}

const pause = (milliseconds) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)

/** Runs `work` while no other process of this checkout does; a lock whose holder is gone is taken over. */
export async function alone(work) {
  mkdirSync(inRoot('.cache'), { recursive: true })
  while (!tryToHold()) {
    if (holderIsAlive()) pause(200)
    else rmSync(file, { force: true })
  }
  const release = () => rmSync(file, { force: true })
  process.once('exit', release)
  try {
    return await work()
  } finally {
    release()
    process.off('exit', release)
  }
}

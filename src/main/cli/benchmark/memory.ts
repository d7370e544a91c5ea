/** Memory a network needs in a runtime, measured in a process of its own so that nothing else counts. */
import { fork } from 'node:child_process'
import type { Command } from 'commander'
import { type ErrorReport, EspalierError, fromErrorReport, toErrorReport } from '../../../contract/errors'
import type { HostTensor } from '../../../engine/runtime/types'
import { loadInto, type RuntimeName, startRuntime } from './runtimes'

/** The hidden command that the measuring process runs. */
const memoryCommand = 'measure-memory'

export interface MemoryRequest {
  readonly path: string
  readonly runtime: RuntimeName
  readonly threads: number
  readonly feed: readonly (readonly [string, HostTensor])[]
}

/** Resident memory in bytes. */
export interface MemoryUse {
  /** Most that the whole process held, Node and the runtime included. */
  readonly peak: number
  /** Of it, what loading and running the network added to the started runtime. */
  readonly added: number
}

type Answer = MemoryUse | { readonly error: ErrorReport }

const passes = 5

async function measureHere({ path, runtime, threads, feed }: MemoryRequest): Promise<MemoryUse> {
  await startRuntime(runtime)
  const before = process.memoryUsage.rss()
  let peak = before
  const look = () => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }
  const loaded = await loadInto(runtime, path, threads)
  look()
  const inputs = new Map(feed)
  for (let i = 0; i < passes; i++) {
    await loaded.pass(inputs)
    look()
  }
  await loaded.dispose()
  return { peak, added: peak - before }
}

/** The measuring process: takes one request, answers it and ends. */
function answerMemoryRequest(): Promise<void> {
  return new Promise((resolve) => {
    process.once('message', async (request: MemoryRequest) => {
      let answer: Answer
      try {
        answer = await measureHere(request)
      } catch (error) {
        answer = { error: toErrorReport(error) }
      }
      process.send?.(answer, () => {
        process.disconnect()
        resolve()
      })
    })
  })
}

export function registerMemory(command: Command): void {
  command.action(answerMemoryRequest)
}

/** @throws what the runtime raised, ENGINE_CRASHED when the process ended without an answer */
export function measureMemory(request: MemoryRequest, signal: AbortSignal): Promise<MemoryUse> {
  return new Promise((resolve, reject) => {
    const child = fork(process.argv[1] as string, [memoryCommand], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      signal,
    })
    child.once('message', (answer: Answer) =>
      'peak' in answer ? resolve(answer) : reject(fromErrorReport(answer.error)),
    )
    child.once('error', reject)
    child.once('exit', (code) =>
      reject(
        new EspalierError(
          'ENGINE_CRASHED',
          `The process that measures the memory of ${request.path} in ${request.runtime} ended early (${code}). The machine may be out of memory; close other programs and try again.`,
        ),
      ),
    )
    child.send(request)
  })
}

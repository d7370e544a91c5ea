/** The entry of the command line: runs one command and ends with its exit code. */
import { runCommandLine } from './program'

const controller = new AbortController()
let interrupted = false

/** The first signal asks the work to stop between two batches; a second one ends the process at once. */
function interrupt(): void {
  if (interrupted) process.exit(1)
  interrupted = true
  controller.abort()
}

process.on('SIGINT', interrupt)
process.on('SIGTERM', interrupt)
// A reader that goes away (`| head`) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

const code = await runCommandLine(process.argv.slice(2), {
  streams: { stdout: process.stdout, stderr: process.stderr },
  signal: controller.signal,
})
// Pipes are written asynchronously: leave only when everything is out.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))

/** The checks of `npm test`, each a command; those of vitest also say how many tests passed and failed. */
import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { inRoot, root, say } from './root.mjs'

const bin = (path) => inRoot('node_modules', path)

const tsc = (project) => ({ name: `types: ${project}`, args: [bin('typescript/bin/tsc'), '-p', project] })

export const staticChecks = [
  { name: 'lint', args: [bin('@biomejs/biome/bin/biome'), 'ci', '--colors=off', '--error-on-warnings'] },
  {
    name: 'layers',
    args: [bin('dependency-cruiser/bin/dependency-cruise.mjs'), 'src', '--config', '.dependency-cruiser.mjs'],
  },
  ...['src/contract', 'src/engine', 'src/main', 'src/preload'].map(tsc),
  // The tests import components, which only vue-tsc can read.
  ...['src/renderer', 'test'].map((project) => ({
    name: `types: ${project}`,
    args: [bin('vue-tsc/bin/vue-tsc.js'), '-p', project],
  })),
]

/** Of vitest; those of a suite whose names begin alike run together. */
export const suites = ['unit', 'renderer', 'e2e'].map((name) => ({
  name,
  report: `.cache/tests-${name}.json`,
  args: [
    bin('vitest/vitest.mjs'),
    'run',
    '--project',
    `${name}*`,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=.cache/tests-${name}.json`,
  ],
}))

/** Runs one command to its end; its output appears as it comes, or all at once when `quiet` and failed. */
function execute({ name, args }, quiet) {
  return new Promise((resolve) => {
    const started = performance.now()
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk))
    child.on('close', (code) => {
      const seconds = ((performance.now() - started) / 1000).toFixed(1)
      if (quiet) say(`${code === 0 ? 'passed' : 'FAILED'}  ${name} (${seconds} s)${code === 0 ? '' : `\n${output}`}`)
      resolve(code === 0)
    })
  })
}

/** One after the other, two at a time: @returns {Promise<{ passed: number, failed: number }>} */
export async function runStaticChecks() {
  const waiting = [...staticChecks]
  const outcomes = []
  const worker = async () => {
    for (let check = waiting.shift(); check; check = waiting.shift()) outcomes.push(await execute(check, true))
  }
  await Promise.all([worker(), worker()])
  return { passed: outcomes.filter(Boolean).length, failed: outcomes.filter((passed) => !passed).length }
}

/** A suite that ends badly without a failing test (a crash, an unhandled error) counts as one failure. */
export async function runSuite(suite) {
  rmSync(inRoot(suite.report), { force: true })
  const good = await execute(suite, false)
  try {
    const {
      numPassedTests: passed,
      numFailedTests,
      numFailedTestSuites,
    } = JSON.parse(readFileSync(inRoot(suite.report), 'utf8'))
    const failed = numFailedTests > 0 ? numFailedTests : numFailedTestSuites
    return { passed, failed: !good && failed === 0 ? 1 : failed }
  } catch {
    say(`The ${suite.name} tests ended without a report.`)
    return { passed: 0, failed: 1 }
  }
}

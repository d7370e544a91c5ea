/** `npm test`: lint, types, layers, unit, page and end-to-end tests; the last line is the sum. */

import { runStaticChecks, runSuite, suites } from './lib/checks.mjs'
import { ensureChromium } from './lib/chromium.mjs'
import { say } from './lib/root.mjs'
import { setUp } from './lib/setup.mjs'

await setUp('node', 'page')
const total = await runStaticChecks()
for (const suite of suites) {
  const outcome = suite.name === 'e2e' && !ensureChromium() ? { passed: 0, failed: 1 } : await runSuite(suite)
  say(`${suite.name}: ${outcome.passed} passed, ${outcome.failed} failed`)
  total.passed += outcome.passed
  total.failed += outcome.failed
}
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`, () => process.exit(total.failed === 0 ? 0 : 1))

/**
 * Opens the services on the folder that is named and closes them again; says in one line of JSON what came of it.
 * With `shut` the folder is closed meanwhile, and what is said is how the services take that, and that they go on after.
 */
import { chmodSync } from 'node:fs'
import { toErrorReport } from '../../../src/contract/errors'
import { createServices } from '../../../src/main/services'

const [home = '', what] = process.argv.slice(2)
const launch = () => {
  throw new Error('No engine is needed to open a folder.')
}
const say = (code: string, message: string) => process.stdout.write(JSON.stringify({ code, message }))
const sayError = (error: unknown) => {
  const { code, message } = toErrorReport(error)
  say(code, message)
}
try {
  const services = createServices({ home, engineLauncher: launch })
  if (what !== 'shut') say('open', '')
  else {
    chmodSync(home, 0o555)
    try {
      services.requireRoom()
      say('open', '')
    } catch (error) {
      sayError(error)
    }
    // What the open database takes is kept.
    services.projects.create({ name: 'while it was shut', goal: '' })
    chmodSync(home, 0o755)
    services.requireRoom()
    if (services.projects.list().length !== 1) throw new Error('The project was lost.')
  }
  await services.close()
} catch (error) {
  sayError(error)
}

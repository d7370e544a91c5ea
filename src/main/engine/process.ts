/** The entry of the engine's own process: started by a launcher, reached by messages only. */
import { handlers } from './handlers/index'
import { guardNetwork } from './network-guard'
import { enginePort } from './port'
import { serveEngine } from './serve'

guardNetwork()
serveEngine(enginePort(), handlers, (code) => process.exit(code))

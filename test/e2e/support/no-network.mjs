/** Preloaded into every Node process of the application under test: writes down and refuses what leaves the machine. */
import dns from 'node:dns'
import { appendFileSync } from 'node:fs'
import net from 'node:net'

const isHere = (host) => host === undefined || ['127.0.0.1', '::1', 'localhost'].includes(host)

const refuse = (what) => {
  appendFileSync(process.env.ESPALIER_NETWORK_LOG, `${what}\n`)
  throw new Error(`${what} would leave the machine.`)
}

const { connect } = net.Socket.prototype
net.Socket.prototype.connect = function (...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0]
  const host = typeof options === 'object' ? options?.host : args[1]
  if (typeof options === 'object' ? !options.path && !isHere(host) : !isHere(host)) refuse(`A connection to ${host}`)
  return connect.apply(this, args)
}

const { lookup } = dns
dns.lookup = (name, ...rest) => (isHere(name) ? lookup(name, ...rest) : refuse(`A look-up of ${name}`))

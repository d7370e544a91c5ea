/** The loopback shell's public face. */
export { type RunningServer, rpcPath, type ServerOptions, startServer } from './server'

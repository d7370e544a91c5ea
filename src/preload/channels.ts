/** Names of the few messages between the preload and the main process. */
export const channels = {
  requestPort: 'espalier:request-port',
  port: 'espalier:port',
  menu: 'espalier:menu',
  command: 'espalier:command',
} as const

/** The one way to the services: a typed client whose transport is found, kept and renewed by connection.ts. */
import { type ClientLink, createORPCClient } from '@orpc/client'
import type { ContractRouterClient } from '@orpc/contract'
import type { Contract } from '../../contract'
import { openConnection } from './connection'

export type Client = ContractRouterClient<Contract>

/** Waits for the present transport at every call, so that a call made while reconnecting is answered afterwards. */
function createTransportClient(): Client {
  const connection = openConnection()
  const link: ClientLink<Record<never, never>> = {
    call: async (path, input, options) => (await connection.link()).call(path, input, options),
  }
  return createORPCClient(link)
}

let client: Client | undefined

/** The client; the first call opens the transport. */
export function api(): Client {
  client ??= createTransportClient()
  return client
}

/** Puts another client in place: component tests and the preview do. */
export function useClientInstead(other: Client): void {
  client = other
}

/** JSON and compressed columns. */
import { deflateRawSync, inflateRawSync } from 'node:zlib'

export const toJson = (value: unknown): string | null =>
  value === null || value === undefined ? null : JSON.stringify(value)

export const fromJson = <T>(text: string | null): T | null => (text === null ? null : (JSON.parse(text) as T))

export const pack = (value: unknown): Buffer => deflateRawSync(Buffer.from(JSON.stringify(value)), { level: 3 })

export const unpack = <T>(body: Uint8Array): T => JSON.parse(inflateRawSync(body).toString('utf8')) as T

export const now = (): string => new Date().toISOString()

/** From anything thrown to the code and the sentence the screen shows. */
// Not from the contract's index: that would bring zod into the page, which probes for eval and trips the policy.
import { type ErrorCode, type ErrorReport, errorCodes } from '../../contract/errors'
import type { Said } from '../../contract/sentences'

const isCode = (value: unknown): value is ErrorCode => (errorCodes as readonly unknown[]).includes(value)

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined

const isSaid = (value: unknown): value is Said =>
  typeof field(value, 'code') === 'string' && typeof field(value, 'values') === 'object'

/** Reads the report out of an error that crossed the API (its `data` is the report), or makes one. */
export function readError(error: unknown): ErrorReport {
  const data = field(error, 'data')
  const message = field(data, 'message') ?? field(error, 'message')
  const text = typeof message === 'string' && message !== '' ? message : String(error)
  for (const code of [field(data, 'code'), field(error, 'code')]) {
    if (isCode(code)) {
      const cause = field(data, 'cause')
      const said = field(data, 'said')
      return {
        code,
        message: text,
        ...(isSaid(said) ? { said } : {}),
        ...(typeof cause === 'string' ? { cause } : {}),
      }
    }
  }
  return { code: 'INTERNAL', message: text }
}

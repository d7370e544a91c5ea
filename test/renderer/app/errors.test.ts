import { describe, expect, it } from 'vitest'
import { errorCodes } from '../../../src/contract'
import { readError } from '../../../src/renderer/app/errors'
import common from '../../../src/renderer/app/locale/common'

describe('errors from the services', () => {
  it('keep their code, sentence and cause', () => {
    const error = Object.assign(new Error('The disk is full.'), { code: 'DISK_FULL', data: { cause: 'ENOSPC' } })
    expect(readError(error)).toEqual({ code: 'DISK_FULL', message: 'The disk is full.', cause: 'ENOSPC' })
  })

  it('without a code of ours are internal, with what they say', () => {
    expect(readError(new Error('boom'))).toEqual({ code: 'INTERNAL', message: 'boom' })
    expect(readError({ code: 'ECONNRESET', message: 'gone' }).code).toBe('INTERNAL')
  })

  it('every code says what to do, in both languages', () => {
    for (const code of errorCodes) {
      expect(common.en.error[code]).toBeTruthy()
      expect(common.zh.error[code]).toBeTruthy()
    }
  })
})

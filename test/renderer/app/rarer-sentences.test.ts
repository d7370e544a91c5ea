/** Every error that the sources can throw has a Chinese sentence with the same places. */
import { describe, expect, it } from 'vitest'
import { sentences } from '../../../src/contract/sentences'
import { inChinese, rarer } from '../../../src/renderer/app/locale/rarer'
import { chinese } from '../../../src/renderer/app/locale/sentences'
import { errorSentences } from '../support/error-sentences'

const placesOf = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort()
const thrown = errorSentences()

describe('errors in Chinese', () => {
  it('are there for every sentence in the sources: add what is listed to src/renderer/app/locale/rarer', () => {
    const lacking = [...thrown].filter(([english]) => rarer[english] === undefined)
    expect(lacking.map(([english, file]) => `${file}: ${english}`)).toEqual([])
  })

  it('are of sentences that can still be thrown', () => {
    expect(Object.keys(rarer).filter((english) => !thrown.has(english))).toEqual([])
  })

  it('keep every place, and are Chinese', () => {
    for (const [english, text] of Object.entries(rarer))
      expect([english, placesOf(text)]).toEqual([english, placesOf(english)])
    const plain = Object.entries(rarer).filter(([, text]) => !/\p{Script=Han}/u.test(text))
    expect(plain).toEqual([])
  })

  it('of the catalogue keep every place too', () => {
    for (const [code, english] of Object.entries(sentences)) {
      expect([code, placesOf(chinese[code as keyof typeof chinese])]).toEqual([code, placesOf(english)])
    }
  })
})

describe('an English sentence', () => {
  it('is told with what was put in, and with the phrases in it', () => {
    expect(inChinese('"a.zip" is a damaged archive: its directory is broken. Copy or download it again.')).toBe(
      '“a.zip”是损坏的归档：其目录已损坏。请重新复制或下载。',
    )
    expect(
      inChinese(
        'Node "c1" (Conv) does not fit the network: it expects 3 input channels and gets 4. The file is damaged or was exported for other inputs; export it again.',
      ),
    ).toBe(
      '节点“c1”（Conv）与网络不符：它需要 3 个输入通道，而得到 4 个。文件已损坏，或是为其他输入导出的；请重新导出。',
    )
    expect(inChinese('This data has no verification split. Bring data with one.')).toBe(
      '该数据没有验证部分。请提供带有该部分的数据。',
    )
  })

  it('about an operator is told behind its name', () => {
    expect(inChinese('Attention "a1" has no keys.')).toBe('Attention“a1”没有键。')
  })

  it('of the catalogue is known without its code, as runs of earlier versions have it', () => {
    expect(inChinese(sentences['error.store-gone'])).toBe(chinese['error.store-gone'])
  })

  it('that is none of ours stays as it is', () => {
    expect(inChinese('Segmentation fault at 0x0.')).toBeNull()
    expect(inChinese('A is not B.')).toBeNull()
  })
})

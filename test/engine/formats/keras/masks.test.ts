/** Which layers read a mask; what they make of it is compared with Keras itself (read.test.ts, networks "masked"). */
import { describe, expect, it } from 'vitest'
import { checkMask, maskAfter } from '../../../../src/engine/formats/keras/masks'
import { Lift, type Lifted } from '../../../../src/engine/formats/lift/builder'

const x: Lifted = { value: 'x', rank: 3, first: false, dtype: 'float', mask: 'mask' }
const layer = (kind: string, config = {}) => ({ kind, name: 'a layer', config, calls: [] })
const lift = () => new Lift('net', 'keras')

describe('masks of Keras', () => {
  it.each(['Softmax', 'TimeDistributed', 'ConvLSTM2D'])('%s is refused by name', (kind) => {
    expect(() => checkMask(lift(), layer(kind), [x], {})).toThrow(
      expect.objectContaining({
        code: 'MODEL_UNSUPPORTED_FEATURE',
        message: expect.stringContaining(`"a layer" (${kind}) leaves out the steps`),
      }),
    )
    expect(() => checkMask(lift(), layer(kind), [{ ...x, mask: undefined }], {})).not.toThrow()
  })

  it('is refused where sequences are joined one behind the other, or the call names several', () => {
    expect(() => checkMask(lift(), layer('Concatenate', { axis: 1 }), [x, x], {})).toThrow('leaves out the steps')
    expect(() => checkMask(lift(), layer('Concatenate', { axis: -1 }), [x, x], {})).not.toThrow()
    expect(() => checkMask(lift(), layer('Attention'), [], { mask: [null, {}] })).toThrow('leaves out the steps')
  })

  it.each([
    ['Dropout', {}, 'mask'],
    ['Dense', {}, 'mask'],
    ['LSTM', { return_sequences: true }, 'mask'],
    ['LSTM', {}, undefined],
    ['Bidirectional', { layer: { config: { return_sequences: true } } }, 'mask'],
    ['Flatten', {}, undefined],
    ['Conv1D', {}, undefined],
    ['MultiHeadAttention', {}, 'mask'],
  ])('%s %j hands on %s', (kind, config, wanted) => {
    expect(maskAfter(lift(), layer(kind, config), [x], [x], 'name', false)).toBe(wanted)
  })

  it('is that of the queries behind an attention', () => {
    const unmasked = { ...x, mask: undefined }
    const left = (inputs: Lifted[]) => maskAfter(lift(), layer('Attention'), inputs, [x], 'name', false)
    expect([left([unmasked, x]), left([x, unmasked])]).toEqual([undefined, 'mask'])
  })

  it('is joined as the version joins it: Keras 3 lets it fall where one value has none', () => {
    const unmasked = { ...x, mask: undefined }
    const left = (inputs: Lifted[], older: boolean) => maskAfter(lift(), layer('Add'), inputs, [x], 'name', older)
    expect([left([x, unmasked], false), left([x, unmasked], true)]).toEqual([undefined, 'mask'])
    expect(left([x, x], false)).toBe('mask')
  })
})

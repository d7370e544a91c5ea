/** Files whose bytes belong to the reader: weights are moved within them instead of being copied. */
import { describe, expect, it } from 'vitest'
import { readModel } from '../../../../src/engine/formats'
import { writeOnnx } from '../../../../src/engine/formats/onnx'
import { randomNetwork } from '../../support/random-network'

describe('a file that may be changed', () => {
  it('reads as the same network, and large weights lie in the file itself', async () => {
    for (let seed = 0; seed < 6; seed++) {
      const file = writeOnnx(randomNetwork(seed))
      const own = new Uint8Array(file)
      const { graph } = await readModel({ name: 'x.onnx', bytes: file })
      const { graph: moved } = await readModel({ name: 'x.onnx', bytes: own, movable: true })
      expect([...moved.constants.keys()]).toEqual([...graph.constants.keys()])
      for (const [name, constant] of graph.constants) {
        const other = moved.constants.get(name)
        expect(other?.dims).toEqual(constant.dims)
        expect(other?.data).toEqual(constant.data)
        if (constant.data.length > 64 && constant.dtype === 'float32') expect(other?.data.buffer).toBe(own.buffer)
      }
    }
  })

  it('leaves a file alone that is not the reader’s', async () => {
    const file = writeOnnx(randomNetwork(3))
    const before = new Uint8Array(file)
    await readModel({ name: 'x.onnx', bytes: file })
    expect(file).toEqual(before)
  })
})

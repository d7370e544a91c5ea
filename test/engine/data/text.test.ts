/** Texts: tokenizers against Hugging Face's own library (fixtures/text/make.py), padding, masks, named inputs. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type FileAccess, fitToNetwork, openData } from '../../../src/engine/data'
import type { ValueInfo } from '../../../src/engine/graph/graph'

const fixture = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures/text', name))
const expected = JSON.parse(fixture('expected.json').toString()) as { texts: string[]; ids: Record<string, number[][]> }

const folder = (files: Record<string, string | Uint8Array>): FileAccess => ({
  list: async () => Object.keys(files),
  read: async (name) => {
    const file = files[name] as string | Uint8Array
    return typeof file === 'string' ? new TextEncoder().encode(file) : file
  },
})
const lines = (...records: object[]) => records.map((record) => JSON.stringify(record)).join('\n')
const input = (name: string, length: number | string, dtype: ValueInfo['dtype'] = 'int64'): ValueInfo => ({
  name,
  dtype,
  shape: ['batch', length],
})
const classifier: ValueInfo = { name: 'logits', dtype: 'float32', shape: ['batch', 2] }
const numbers = (field: { data: ArrayLike<number> } | undefined): number[] => Array.from(field?.data ?? [])
const all = (count: number) => Int32Array.from({ length: count }, (_, i) => i)

describe('texts', () => {
  it.each(['wordpiece', 'bpe'])('are cut by a %s tokenizer.json as Hugging Face cuts them', async (kind) => {
    const data = lines(...expected.texts.map((text, i) => ({ text, label: i % 2 })))
    const source = await openData(folder({ 'train.jsonl': data, 'tokenizer.json': fixture(`${kind}.json`) }))
    const fitted = fitToNetwork(source, { inputs: [input('ids', 64)], outputs: [classifier] })
    const { inputs, labels } = fitted.train.read(all(expected.texts.length))
    const ids = inputs.get('')?.data as Int32Array
    expect(ids).toBeInstanceOf(Int32Array)
    expected.ids[kind]?.forEach((wanted, i) => {
      expect([...ids.subarray(i * 64, i * 64 + wanted.length)]).toEqual(wanted)
      expect(new Set(ids.subarray(i * 64 + wanted.length, (i + 1) * 64))).toEqual(new Set([0]))
    })
    expect([...(labels as Int32Array)]).toEqual([0, 1, 0, 1, 0])
  })

  const reviews = {
    'train.jsonl': lines({ text: 'Good, good film', label: 'pos' }, { text: 'bad', label: 'neg' }),
    'test.jsonl': lines({ text: 'a good unseen film', label: 'pos' }),
  }

  it('get a vocabulary from the train split where none lies beside them', async () => {
    const source = await openData(folder(reviews))
    expect(source.classes).toEqual(['neg', 'pos'])
    expect(source.sampleShape).toEqual([4])
    const { inputs, labels } = fitToNetwork(source, {
      inputs: [input('x', 'length')],
      outputs: [classifier],
    }).train.read(all(2))
    // good: 2, then by the alphabet: "," bad film.
    expect(numbers(inputs.get(''))).toEqual([2, 3, 2, 5, 4, 0, 0, 0])
    expect([...(labels as Int32Array)]).toEqual([1, 0])
    expect(numbers(source.test?.read(all(1)).inputs.get(''))).toEqual([1, 2, 1, 5])
  })

  it('use a vocabulary.json, and fill masks, segments and places by the names of inputs', async () => {
    const vocabulary = JSON.stringify({ '<unk>': 9, good: 4, film: 7, '<pad>': 3 })
    const source = await openData(folder({ ...reviews, 'vocabulary.json': vocabulary }))
    const names = ['input_ids', 'attention_mask', 'token_type_ids', 'position_ids']
    const inputs = names.map((name) => input(name, 5, name === 'attention_mask' ? 'float32' : 'int64'))
    const read = fitToNetwork(source, { inputs, outputs: [classifier] }).train.read(Int32Array.of(0, 1)).inputs
    expect([...read.keys()]).toEqual(names)
    expect(numbers(read.get('input_ids'))).toEqual([4, 9, 4, 7, 3, 9, 3, 3, 3, 3])
    expect(read.get('attention_mask')?.data).toEqual(Float32Array.of(1, 1, 1, 1, 0, 1, 0, 0, 0, 0))
    expect(numbers(read.get('token_type_ids'))).toEqual(Array(10).fill(0))
    expect(numbers(read.get('position_ids'))).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 3, 4])
  })

  it('are cut to the network and never longer', async () => {
    const { inputs } = fitToNetwork(await openData(folder(reviews)), {
      inputs: [input('x', 2)],
      outputs: [classifier],
    }).train.read(all(2))
    expect(inputs.get('')).toEqual({ dims: [2, 2], data: Int32Array.of(2, 3, 4, 0) })
  })

  it('become the tokens that follow for a language model', async () => {
    const data = { 'train.jsonl': lines({ text: 'a b c' }, { text: 'a' }) }
    const model: ValueInfo = { name: 'logits', dtype: 'float32', shape: ['batch', 'length', 50] }
    const { labels } = fitToNetwork(await openData(folder(data)), {
      inputs: [input('x', 'length')],
      outputs: [model],
    }).train
    expect([...(labels as Int32Array)]).toEqual([3, 4, -1, -1, -1, -1])
  })

  it('are read from CSV with quoted cells', async () => {
    const text = 'label,text\n1,"good, ""very"" good"\n0,"bad\nfilm"\n'
    const source = await openData(folder({ 'train.csv': text }))
    expect([source.kind, source.train.count, [...(source.train.labels as Int32Array)]]).toEqual(['csv', 2, [1, 0]])
    const { inputs } = fitToNetwork(source, { inputs: [input('x', 6)], outputs: [classifier] }).train.read(all(2))
    expect(numbers(inputs.get('')).filter((id) => id !== 0)).toHaveLength(6 + 2)
  })

  it.each([
    [
      'a line that is no JSON',
      { 'a.jsonl': '{"text": "x"}\n{oops' },
      'DATA_INVALID',
      'Line 2 of "a.jsonl" is not valid JSON',
    ],
    ['a line without a text', { 'a.jsonl': '{"label": 1}' }, 'DATA_INVALID', 'must be an object with a "text"'],
    ['an empty file', { 'a.jsonl': '\n\n' }, 'DATA_INVALID', 'holds no lines'],
    [
      'labels of some',
      { 'a.jsonl': lines({ text: 'a', label: 1 }, { text: 'b' }) },
      'DATA_INVALID',
      'Sample 1 of "a.jsonl" has no label',
    ],
    [
      'a broken tokenizer',
      { 'a.jsonl': lines({ text: 'a' }), 'tokenizer.json': '{"model": {"type": "Nothing"}}' },
      'DATA_INVALID',
      'is no tokenizer that can be used',
    ],
    [
      'a tokenizer that breaks when it is used',
      {
        'a.jsonl': lines({ text: 'a' }),
        'tokenizer.json': JSON.stringify({
          model: { type: 'WordPiece', unk_token: '[UNK]', vocab: { '[UNK]': 0, a: 1 } },
          ...{ decoder: null, normalizer: null, pre_tokenizer: null, added_tokens: [] },
          post_processor: { type: 'TemplateProcessing' },
        }),
      },
      'DATA_INVALID',
      'is no tokenizer that can be used',
    ],
    [
      'a vocabulary of texts',
      { 'a.jsonl': lines({ text: 'a' }), 'vocabulary.json': '{"a": "b"}' },
      'DATA_INVALID',
      'must hold a list of words',
    ],
    ['a row with too many cells', { 'a.csv': 'text,label\na,b,c\n' }, 'DATA_INVALID', 'Row 1 of "a.csv" has 3 columns'],
  ])('with %s are refused', async (_what, files, code, sentence) => {
    await expect(openData(folder(files))).rejects.toMatchObject({ code, message: expect.stringContaining(sentence) })
  })

  it('do not fit a network that reads pictures', async () => {
    const picture: ValueInfo = { name: 'x', dtype: 'float32', shape: ['batch', 3, 8, 8] }
    const source = await openData(folder(reviews))
    expect(() => fitToNetwork(source, { inputs: [picture], outputs: [classifier] })).toThrow('The data holds texts')
  })
})

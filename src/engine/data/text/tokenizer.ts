/** From texts to token ids: a tokenizer.json as Hugging Face writes it, a vocabulary, or one made from the train split. */
import { EspalierError } from '../../../contract/errors'
import { invalidData, type TrackedFiles } from '../files'

export interface TextTokenizer {
  encode(text: string): Int32Array
  /** What an id stands for in a text. */
  word(id: number): string
  /** Fills sequences up to a common length. */
  readonly pad: number
  /** How many ids there are. */
  readonly size: number
}

const padNames = ['[PAD]', '<pad>', '<PAD>', '<|pad|>', '<|endoftext|>']
const unknownNames = ['[UNK]', '<unk>', '<UNK>', '[OOV]']
/** More words than this are rarer than what a network can learn. */
const mostWords = 20_000

/** Words in lower case, and single marks. */
export const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}']+|[^\s\p{L}\p{N}']/gu) ?? []

function fromVocabulary(ids: ReadonlyMap<string, number>): TextTokenizer {
  const find = (names: readonly string[]) => names.map((name) => ids.get(name)).find((id) => id !== undefined)
  const unknown = find(unknownNames)
  let words: Map<number, string> | undefined
  return {
    word(id) {
      words ??= new Map([...ids].map(([word, own]) => [own, word]))
      return words.get(id) ?? String(id)
    },
    pad: find(padNames) ?? 0,
    size: [...ids.values()].reduce((largest, id) => Math.max(largest, id + 1), 0),
    encode(text) {
      const known = wordsOf(text).map((word) => ids.get(word) ?? unknown)
      return Int32Array.from(known.filter((id) => id !== undefined))
    },
  }
}

function parse(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw new EspalierError('DATA_INVALID', `"${name}" is not valid JSON. Correct or remove it.`, error)
  }
}

/** A list of words in the order of their ids, or a map from word to id. */
function readVocabulary(json: unknown, name: string): TextTokenizer {
  const entries: [string, unknown][] = Array.isArray(json)
    ? json.map((word, id) => [String(word), id])
    : Object.entries(typeof json === 'object' && json !== null ? json : {})
  const good = entries.every(([, id]) => Number.isSafeInteger(id) && (id as number) >= 0 && (id as number) < 2 ** 31)
  if (entries.length === 0 || !good) {
    return invalidData(
      `"${name}" must hold a list of words, or an object that gives every word its whole number. Correct or remove it.`,
    )
  }
  return fromVocabulary(new Map(entries as [string, number][]))
}

async function readTokenizer(json: unknown, name: string): Promise<TextTokenizer> {
  // Only texts need it.
  const { Tokenizer } = await import('@huggingface/tokenizers')
  /** What the library meets in a damaged file only when it is used is told as what it meets while reading it. */
  const guarded = <T>(use: () => T): T => {
    try {
      return use()
    } catch (error) {
      throw new EspalierError(
        'DATA_INVALID',
        `"${name}" is no tokenizer that can be used (WordPiece, BPE or Unigram as Hugging Face saves them). Save it again with tokenizer.save, or put a vocabulary.json there.`,
        error,
      )
    }
  }
  return guarded(() => {
    const tokenizer = new Tokenizer(json as object, {})
    const known = padNames.map((each) => tokenizer.token_to_id(each)).find((id) => id !== undefined && id !== null)
    const { model, added_tokens: added = [] } = json as {
      model: { vocab: object | unknown[] }
      added_tokens?: { id: number }[]
    }
    const words = Array.isArray(model.vocab) ? model.vocab.length : Object.keys(model.vocab).length
    return {
      word: (id) => guarded(() => tokenizer.decode([id], { skip_special_tokens: false }) || String(id)),
      pad: known ?? 0,
      size: added.reduce((largest, { id }) => Math.max(largest, id + 1), words),
      encode: (text) => guarded(() => Int32Array.from(tokenizer.encode(text).ids)),
    }
  })
}

/** Padding is 0, unknown words 1, then words from the most frequent on, equals by the alphabet. */
export function makeVocabulary(texts: Iterable<string>): TextTokenizer {
  const counts = new Map<string, number>()
  for (const text of texts) for (const word of wordsOf(text)) counts.set(word, (counts.get(word) ?? 0) + 1)
  const order = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, mostWords)
  return fromVocabulary(
    new Map([['<pad>', 0], ['<unk>', 1], ...order.map(([word], i): [string, number] => [word, i + 2])]),
  )
}

const beside = (names: readonly string[], wanted: string) =>
  names.find((name) => name === wanted || name.endsWith(`/${wanted}`))

/**
 * The tokenizer that lies beside the data; without one, a vocabulary of the train split's words.
 * @throws DATA_INVALID
 */
export async function openTokenizer(
  files: TrackedFiles,
  names: readonly string[],
  train: () => Iterable<string>,
): Promise<TextTokenizer> {
  const tokenizer = beside(names, 'tokenizer.json')
  if (tokenizer) return readTokenizer(parse(await files.read(tokenizer), tokenizer), tokenizer)
  const vocabulary = beside(names, 'vocabulary.json')
  if (vocabulary) return readVocabulary(parse(await files.read(vocabulary), vocabulary), vocabulary)
  return makeVocabulary(train())
}

// Prepares the sentiment sets of VADER (Hutto and Gilbert, ICWSM 2014; MIT) as JSONL with splits and a vocabulary:
// node scripts/language/sentiment.mjs --out DIR [--sdist FILE]
// Classes come from the sign of the mean human rating. The archive is inside the PyPI sdist vaderSentiment 3.3.2.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { generator } from '../lib/random.mjs'

const release = 'vaderSentiment-3.3.2'
const sets = { movies: ['movieReviewSnippets', 2000, 1000], tweets: ['tweets', 800, 400] }
/** Rarer words are unknown: a network cannot learn what it sees once. */
const leastCount = 2

const { values } = parseArgs({ options: { out: { type: 'string' }, sdist: { type: 'string' } } })
if (!values.out) throw new Error('Say where the data goes: --out DIR.')

function shuffled(list, random) {
  const order = [...list]
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[order[i], order[j]] = [order[j], order[i]]
  }
  return order
}

const entities = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" }
const plain = (text) => text.replace(/&(amp|lt|gt|quot|#39);/g, (found) => entities[found]).trim()

/** Lines of id, mean rating and text. */
function readRatings(text) {
  return text.split(/\r?\n/).flatMap((line) => {
    const [, rating, ...rest] = line.split('\t')
    const mean = Number(rating)
    const words = plain(rest.join(' '))
    return words === '' || !Number.isFinite(mean) || mean === 0 ? [] : [{ text: words, label: mean > 0 ? 1 : 0 }]
  })
}

// As the engine splits words where it makes a vocabulary itself.
const wordsOf = (text) => text.toLowerCase().match(/[\p{L}\p{N}']+|[^\s\p{L}\p{N}']/gu) ?? []

function vocabularyOf(samples) {
  const counts = new Map()
  for (const { text } of samples) for (const word of wordsOf(text)) counts.set(word, (counts.get(word) ?? 0) + 1)
  const known = [...counts].filter(([, count]) => count >= leastCount)
  known.sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
  return ['<pad>', '<unk>', ...known.map(([word]) => word)]
}

const work = mkdtempSync(join(tmpdir(), 'sentiment-'))
try {
  let sdist = values.sdist
  if (!sdist) {
    const wanted = ['--no-deps', '--no-binary=:all:', '--dest', work, 'vaderSentiment==3.3.2']
    execFileSync('python3', ['-m', 'pip', 'download', '-q', ...wanted], { stdio: ['ignore', 'inherit', 'inherit'] })
    sdist = join(work, `${release}.tar.gz`)
  }
  const inner = `${release}/additional_resources/hutto_ICWSM_2014.tar.gz`
  execFileSync('tar', ['-xzf', sdist, '-C', work, inner])
  execFileSync('tar', ['-xzf', join(work, inner), '-C', work])
  for (const [name, [file, tests, validations]] of Object.entries(sets)) {
    // Python's writer used the encoding of its time.
    const bytes = readFileSync(join(work, 'hutto_ICWSM_2014', `${file}_GroundTruth.txt`))
    const samples = shuffled(readRatings(new TextDecoder('windows-1252').decode(bytes)), generator(2014))
    const splits = {
      test: samples.slice(0, tests),
      valid: samples.slice(tests, tests + validations),
      train: samples.slice(tests + validations),
    }
    const folder = join(values.out, name)
    mkdirSync(folder, { recursive: true })
    for (const [split, rows] of Object.entries(splits)) {
      const lines = rows.map(({ text, label }) => JSON.stringify({ text, label }))
      writeFileSync(join(folder, `${split}.jsonl`), `${lines.join('\n')}\n`)
    }
    const vocabulary = vocabularyOf(splits.train)
    writeFileSync(join(folder, 'vocabulary.json'), JSON.stringify(vocabulary))
    writeFileSync(join(folder, 'dataset.json'), JSON.stringify({ classes: ['negative', 'positive'] }))
    const positive = samples.filter(({ label }) => label === 1).length
    console.log(`${name}: ${samples.length} texts, ${positive} positive, ${vocabulary.length} words, in ${folder}`)
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}

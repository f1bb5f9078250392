// Finds where a text quotes a passage. Compared are words, not characters: case, kinds of white space,
// quotation marks, dashes and compatibility forms (NFKC, Unicode Annex 15) do not matter. Offsets are
// UTF-16 units of both texts as they were given.
import type { Span } from './store.ts'

interface Word {
  /** Normalised. */
  text: string
  start: number
  end: number
  /** How much it says: a character of a script without spaces counts twice. */
  weight: number
}

// Scripts that do not part words by spaces: each character is a word of its own.
const word =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]|[\p{L}\p{N}\p{M}]+/gu

const dense =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]$/u

// A few common words in a row are no quote. A whole passage is one, however short.
const wordsMin = 4
const startsMax = 8
const weightMin = 16

function wordsOf(text: string): Word[] {
  const words: Word[] = []
  for (const found of text.matchAll(word)) {
    const [raw] = found
    const plain = raw.normalize('NFKC').toLowerCase()
    words.push({
      text: plain,
      start: found.index,
      end: found.index + raw.length,
      weight: dense.test(raw) ? 2 : plain.length,
    })
  }
  return words
}

/** Quotes in the order of the text, each as long as it goes; none overlap in the text. */
export function findQuotes(text: string, passage: string): Span[] {
  const said = wordsOf(text)
  const sold = wordsOf(passage)
  const needed = Math.min(wordsMin, sold.length)
  if (needed === 0) return []
  const starts = startsOf(sold, needed)
  const spans: Span[] = []
  for (let at = 0; at + needed <= said.length; ) {
    const run = longestRun({ said, sold }, at, starts.get(gram(said, at, needed)) ?? [])
    const span = run && spanOf({ said, sold }, at, run)
    if (span) spans.push(span)
    at += span && run ? run.length : 1
  }
  return spans
}

function gram(words: readonly Word[], at: number, length: number): string {
  return words
    .slice(at, at + length)
    .map((one) => one.text)
    .join(' ')
}

/** Where in the passage each run of `length` words starts. */
function startsOf(words: readonly Word[], length: number): Map<string, number[]> {
  const starts = new Map<string, number[]>()
  for (let at = 0; at + length <= words.length; at++) {
    const key = gram(words, at, length)
    const list = starts.get(key)
    // A passage that repeats itself is followed from a few places: a text must not cost seconds.
    if (list && list.length >= startsMax) continue
    if (list) list.push(at)
    else starts.set(key, [at])
  }
  return starts
}

interface Texts {
  said: readonly Word[]
  sold: readonly Word[]
}

interface Run {
  from: number
  length: number
}

function longestRun({ said, sold }: Texts, at: number, starts: readonly number[]): Run | null {
  let longest: Run | null = null
  for (const from of starts) {
    // What cannot become longer than the longest is not compared.
    if (longest && sold.length - from <= longest.length) break
    let length = 0
    while (
      at + length < said.length &&
      from + length < sold.length &&
      said[at + length]?.text === sold[from + length]?.text
    ) {
      length++
    }
    if (!longest || length > longest.length) longest = { from, length }
  }
  return longest
}

function spanOf({ said, sold }: Texts, at: number, { from, length }: Run): Span | null {
  const weight = said.slice(at, at + length).reduce((sum, one) => sum + one.weight, 0)
  if (weight < weightMin && length < sold.length) return null
  const [first, last] = [said[at], said[at + length - 1]]
  const [firstSold, lastSold] = [sold[from], sold[from + length - 1]]
  if (!first || !last || !firstSold || !lastSold) return null
  return {
    start: first.start,
    end: last.end,
    passageStart: firstSold.start,
    passageEnd: lastSold.end,
  }
}

/** Characters of the passage that the quotes show, in code points; what is quoted twice counts once. */
export function quotedLength(spans: readonly Span[], passage: string): number {
  let length = 0
  let shownUntil = 0
  for (const { passageStart, passageEnd } of [...spans].sort(
    (a, b) => a.passageStart - b.passageStart,
  )) {
    const from = Math.max(passageStart, shownUntil)
    if (passageEnd > from) length += [...passage.slice(from, passageEnd)].length
    shownUntil = Math.max(shownUntil, passageEnd)
  }
  return length
}

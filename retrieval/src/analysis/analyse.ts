// Text as tokens in two spaces: `surface`, the word with accents folded, and `stem`, `<lang>:` and the
// stem of that. Accents go first, so that `résumé` and `resume` agree; for umlauts it makes no difference.
// Index and question go through here alone, and an index of another ANALYSIS_VERSION must be rebuilt. A
// language without a stemmer of its own has the folded word as stem, in the space `:`.
import { fold } from './fold.ts'
import { functionWords } from './function-words.ts'
import { stemGerman } from './german.ts'
import { stemEnglish } from './porter.ts'
import { type RawToken, splitTokens } from './tokens.ts'

export const ANALYSIS_VERSION = 1

/** `position` counts tokens from 0; for `kind`, `start` and `end` see `RawToken`. */
export interface Token {
  position: number
  start: number
  end: number
  kind: RawToken['kind']
  surface: string
  stem: string
  isFunction: boolean
}

interface Word {
  surface: string
  stem: string
  isFunction: boolean
}

interface Analyser {
  stem: (word: string) => string
  functionWords: ReadonlySet<string>
  /** Words seen, because most of a text is made of few. */
  seen: Map<string, Word>
}

const wordsSeenMax = 100_000
const none: ReadonlySet<string> = new Set()
const analysers = new Map<string, Analyser>([
  ['en', { stem: stemEnglish, functionWords: functionWords.en ?? none, seen: new Map() }],
  ['de', { stem: stemGerman, functionWords: functionWords.de ?? none, seen: new Map() }],
  ['', { stem: (word) => word, functionWords: none, seen: new Map() }],
])

/** The space of stems of a language tag: `en-GB` → `en`, without a stemmer ''. */
export function stemSpaceOf(language: string): string {
  const first = /^[a-z]+/.exec(language.toLowerCase())?.[0] ?? ''
  return analysers.has(first) ? first : ''
}

export function analyse(text: string, language: string): Token[] {
  const space = stemSpaceOf(language)
  return splitTokens(text).map(({ word, start, end, kind }, position) => {
    const { surface, stem, isFunction } = wordIn(word, space)
    return { position, start, end, kind, surface, stem, isFunction }
  })
}

/** A word of `splitTokens` in a space of `stemSpaceOf`. */
export function wordIn(word: string, space: string): Word {
  const analyser = analysers.get(space)!
  const known = analyser.seen.get(word)
  if (known) return known
  // A slice of a text keeps the whole text alive; these live long, so they are copied.
  const own = copy(word)
  const surface = fold(own)
  const stem = copy(`${space}:${analyser.stem(surface)}`)
  const made = { surface, stem, isFunction: analyser.functionWords.has(surface) }
  if (analyser.seen.size >= wordsSeenMax) analyser.seen.clear()
  analyser.seen.set(own, made)
  return made
}

function copy(text: string): string {
  return ` ${text}`.slice(1)
}

// How the words of a question are cut: as those of a text, less what only an index needs.
import { wordIn } from '../analysis/analyse.ts'
import { classOf, codePointAt, GRAM, unitsOf } from '../analysis/classes.ts'
import { type RawToken, splitTokens } from '../analysis/tokens.ts'

export type QueryToken = RawToken & { position: number; surface: string }

/** The tail of a run is there for prefixes; a question that has the run's grams does not need it. */
export function queryTokens(text: string): QueryToken[] {
  return splitTokens(text)
    .map((token, position) => ({ ...token, position, surface: wordIn(token.word, '').surface }))
    .filter(({ kind }) => kind !== 'tail')
}

export function hasGram(text: string): boolean {
  for (let index = 0; index < text.length; ) {
    const codePoint = codePointAt(text, index)
    if (classOf(codePoint) === GRAM) return true
    index += unitsOf(codePoint)
  }
  return false
}

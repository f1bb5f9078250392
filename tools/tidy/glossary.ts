// The glossary is data: its table in docs/glossary.md is the list that rule 3 checks.
import type { Tree } from './source.ts'

/** Banned word → the word to use. Words in code font in the third column; the others are advice. */
export function glossarySynonyms({ texts }: Tree): Map<string, string> {
  const synonyms = new Map<string, string>()
  for (const line of (texts.get('docs/glossary.md') ?? '').split('\n')) {
    const [, word, , not] = line.split('|').map((cell) => cell.trim())
    if (!word || !not) continue
    for (const [, banned] of not.matchAll(/`([a-z]+)`/g)) {
      if (banned) synonyms.set(banned, word)
    }
  }
  return synonyms
}

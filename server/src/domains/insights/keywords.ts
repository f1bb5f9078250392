// What buyers ask, as a provider may know it: only what at least three of them asked. Pure. Text of
// callers is cut before it is read, so that time and memory have a limit.
import { functionWords } from './function-words.ts'

/** How often one buyer asked one question. */
export interface Asked {
  tenantId: string
  text: string
  count: number
}

export interface Common {
  text: string
  /** Searches. */
  count: number
  buyerCount: number
}

/** Nothing that fewer buyer tenants share leaves a report (decisions 9: k-anonymous). */
export const buyersMin = 3

const textUnitsMax = 500
const wordsMax = 32

/**
 * What `partsOf` finds in the questions of at least `buyersMin` tenants, most searches first, at most
 * `limit`. A part counts once in each search.
 */
export function commonAmong(
  asked: readonly Asked[],
  partsOf: (text: string) => readonly string[],
  limit: number,
): Common[] {
  const found = new Map<string, { count: number; buyers: Set<string> }>()
  for (const { tenantId, text, count } of asked) {
    for (const part of new Set(partsOf(text))) {
      const entry = found.get(part) ?? { count: 0, buyers: new Set() }
      entry.count += count
      found.set(part, { ...entry, buyers: entry.buyers.add(tenantId) })
    }
  }
  return [...found]
    .filter(([text, { buyers }]) => text !== '' && buyers.size >= buyersMin)
    .map(([text, { count, buyers }]) => ({ text, count, buyerCount: buyers.size }))
    .sort((a, b) => b.count - a.count || b.buyerCount - a.buyerCount || (a.text < b.text ? -1 : 1))
    .slice(0, limit)
}

/** One question in the form in which several people write it: lower case, single blanks. */
export function plainOf(text: string): string {
  return text.normalize('NFC').toLowerCase().replace(/\s+/g, ' ').trim()
}

// Written in capitals these are the language's, not the buyer's; so is what stands before a colon.
const operators = /\b(?:AND|OR|NOT|O?NEAR)\b/g
const fields = /(?<![\p{L}\p{M}\p{N}_])[a-z]+(?:\.[\w-]+)?:/gu
// Also for languages that write no blanks between words (Unicode annex 29).
const segmenter = new Intl.Segmenter('en', { granularity: 'word' })
const oneLetter = /^[\p{Script=Latin}\p{N}]$/u

/** The words of a question in lower case, without operators, field names and function words. */
export function keywordsOf(text: string): string[] {
  const bare = text.slice(0, textUnitsMax).replace(operators, ' ').replace(fields, ' ')
  const words = new Set<string>()
  for (const { segment, isWordLike } of segmenter.segment(plainOf(bare))) {
    if (words.size >= wordsMax) break
    if (isWordLike && !functionWords.has(segment) && !oneLetter.test(segment)) words.add(segment)
  }
  return [...words]
}

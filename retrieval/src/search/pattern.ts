// Whether a surface form fits a wildcard pattern or is near enough to a word. Both are bounded by the
// product of the two lengths: a hostile pattern such as `*a*a*a*b` costs no more than a plain one.
import { codePointAt, unitsOf } from '../analysis/classes.ts'
import { fold } from '../analysis/fold.ts'
import type { PatternPart } from '../tree.ts'

export interface Matcher {
  /** Every form that fits starts with it. */
  prefix: string
  fits: (form: string) => boolean
}

export function patternMatcher(parts: readonly PatternPart[]): Matcher {
  const folded = parts.map((part) =>
    part.kind === 'text' ? { kind: part.kind, text: foldedText(part.text) } : part,
  )
  const [first] = folded
  const prefix = first?.kind === 'text' ? first.text : ''
  const isPrefix = folded.length === 2 && prefix !== '' && folded[1]?.kind === 'any'
  return {
    prefix,
    fits: isPrefix ? (form) => form.startsWith(prefix) : (form) => glob(folded, form),
  }
}

/** The word and `distance` edits: insert, delete, replace, swap two neighbours. The first character agrees. */
export function fuzzyMatcher(surface: string, distance: number): Matcher {
  const letters = [...surface]
  return {
    prefix: letters[0] ?? '',
    fits: (form) =>
      Math.abs(form.length - surface.length) <= 2 * distance &&
      editDistance(letters, [...form], distance) <= distance,
  }
}

/** As the surface space has it. */
function foldedText(text: string): string {
  return fold(text.normalize('NFKC').toLowerCase())
}

// Greedy, and on a mismatch only the last `any` takes one character more: earlier ones never need to.
function glob(parts: readonly PatternPart[], form: string): boolean {
  let part = 0
  let at = 0
  let retryPart = -1
  let retryAt = 0
  while (part < parts.length || at < form.length) {
    const next = parts[part]
    if (next?.kind === 'any') {
      retryPart = part++
      retryAt = at
      continue
    }
    const taken = next === undefined ? 0 : unitsTaken(next, form, at)
    if (taken > 0) {
      part++
      at += taken
      continue
    }
    if (retryPart < 0 || retryAt >= form.length) return false
    retryAt += unitsOf(codePointAt(form, retryAt))
    part = retryPart + 1
    at = retryAt
  }
  return true
}

function unitsTaken(part: PatternPart, form: string, at: number): number {
  if (part.kind === 'text') return form.startsWith(part.text, at) ? part.text.length : 0
  return at < form.length ? unitsOf(codePointAt(form, at)) : 0
}

// Optimal string alignment (Levenshtein 1966, with swaps of neighbours); stops when a whole row is over.
function editDistance(from: string[], to: string[], distanceMax: number): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = last[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)
      let best = Math.min(replaced, last[j]! + 1, row[j - 1]! + 1)
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      if (isSwap) best = Math.min(best, beforeLast[j - 2]! + 1)
      row.push(best)
    }
    // A swap reaches back two rows, so one row over the limit proves nothing yet.
    if (Math.min(...row) > distanceMax && Math.min(...last) > distanceMax) return distanceMax + 1
    beforeLast = last
    last = row
  }
  return last[to.length]!
}

// The terms of one name space in one dataset, with their postings. Sorted only when a range is asked
// for: new terms wait in a tail, which is then merged in, so that a prefix costs two binary searches.
import { Posting } from './posting.ts'

export class Dictionary {
  private readonly postings = new Map<string, Posting>()
  private sorted: string[] = []
  private fresh: string[] = []

  get size(): number {
    return this.postings.size
  }

  get(term: string): Posting | undefined {
    return this.postings.get(term)
  }

  getOrAdd(term: string): Posting {
    const known = this.postings.get(term)
    if (known) return known
    const made = new Posting()
    this.postings.set(term, made)
    this.fresh.push(term)
    return made
  }

  all(): Iterable<[string, Posting]> {
    return this.postings
  }

  /** The terms that start with `prefix`, in order of their UTF-16 units. */
  *withPrefix(prefix: string): Generator<string> {
    const terms = this.sortedTerms()
    for (let at = lowerBound(terms, prefix); at < terms.length; at++) {
      const term = terms[at]!
      if (!term.startsWith(prefix)) return
      yield term
    }
  }

  private sortedTerms(): string[] {
    if (this.fresh.length > 0) {
      this.sorted = merge(this.sorted, this.fresh.sort(byUnits))
      this.fresh = []
    }
    return this.sorted
  }
}

function byUnits(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

function merge(left: string[], right: string[]): string[] {
  const merged: string[] = []
  let at = 0
  for (const term of right) {
    while (at < left.length && left[at]! < term) merged.push(left[at++]!)
    merged.push(term)
  }
  while (at < left.length) merged.push(left[at++]!)
  return merged
}

function lowerBound(terms: string[], wanted: string): number {
  let low = 0
  let high = terms.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (terms[middle]! < wanted) low = middle + 1
    else high = middle
  }
  return low
}

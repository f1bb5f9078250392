// Where a scored part of a question occurs in one dataset: which live chunks, how often, and at which
// positions. Hot loops over sorted arrays; `npm run eval` pays for them, and the plain twin is the
// exhaustive scorer of the suite.
import { idfOf } from '../search/bm25.ts'
import type { Deadline } from './deadline.ts'
import type { Posting } from './posting.ts'
import type { Shard } from './shard.ts'

/** Postings that count as one term. `isEmpty`: there was nothing to look for. */
export interface Terms {
  kind: 'terms'
  postings: Map<Shard, Posting[]>
  terms: string[]
  isEmpty: boolean
}

export type Source =
  | Terms
  /** `width` in positions. Unordered: all elements in the chunk, in a dictionary without positions. */
  | { kind: 'phrase'; elements: Element[]; width: number; isUnordered: boolean }
  | { kind: 'near'; left: Source; right: Source; distance: number; isOrdered: boolean }
  | { kind: 'any'; children: Source[] }

interface Element {
  offset: number
  terms: Terms
}

/** Sorted by start; both ends inclusive. */
interface Spans {
  starts: number[]
  ends: number[]
}

export interface Occurrences {
  docs: Uint32Array
  tfs: Uint32Array
}

/** Of a phrase or NEAR the sum over its words; of anything else, that of the chunks with any of its terms. */
export function idfOfSource(
  source: Source,
  reach: { shards: Shard[]; chunks: number; deadline: Deadline },
): number {
  if (source.kind === 'phrase') {
    return source.elements.reduce((sum, { terms }) => sum + idfOfSource(terms, reach), 0)
  }
  if (source.kind === 'near')
    return idfOfSource(source.left, reach) + idfOfSource(source.right, reach)
  let chunksWith = 0
  for (const shard of reach.shards) {
    const list = source.kind === 'terms' ? (source.postings.get(shard) ?? []) : undefined
    if (list && list.length <= 1) {
      reach.deadline.spend(shard.deadCount === 0 ? 1 : (list[0]?.count ?? 0))
      chunksWith += shard.liveIn(list[0])
    } else chunksWith += docsIn(source, shard, reach.deadline).length
  }
  return idfOf(chunksWith, reach.chunks)
}

/** The live chunks of the dataset in which it occurs, ascending. */
function docsIn(source: Source, shard: Shard, deadline: Deadline): Uint32Array {
  if (source.kind === 'terms') return termOccurrences(source, shard, deadline).docs
  if (source.kind === 'any') {
    return union(source.children.map((child) => docsIn(child, shard, deadline)))
  }
  return occurrencesIn(source, shard, deadline).docs
}

/** How often it occurs in each live chunk; with `isTitle`, in the title. */
export function occurrencesIn(
  source: Source,
  shard: Shard,
  deadline: Deadline,
  isTitle = false,
): Occurrences {
  if (source.kind === 'terms' && !isTitle) return termOccurrences(source, shard, deadline)
  const docs = candidates(source, shard, deadline)
  const isUnordered = source.kind === 'phrase' && source.isUnordered
  const found: number[] = []
  const tfs: number[] = []
  for (const doc of docs) {
    const tf = isUnordered ? 1 : countIn(source, shard, { doc, isTitle, deadline })
    if (tf === 0) continue
    found.push(doc)
    tfs.push(tf)
  }
  return { docs: Uint32Array.from(found), tfs: Uint32Array.from(tfs) }
}

/** Positions of a term in a chunk, ascending. */
export function positionsOf(terms: Terms, shard: Shard, doc: number): ArrayLike<number> {
  const found: number[] = []
  const list = terms.postings.get(shard) ?? []
  for (const posting of list) {
    const index = posting.indexOf(doc)
    if (index < 0) continue
    if (list.length === 1) return posting.positionsAt(index)
    for (const position of posting.positionsAt(index)) found.push(position)
  }
  return found.sort((one, other) => one - other)
}

/** Every term that it stands for in the reach; repeats are possible. */
export function* termsOf(source: Source): Generator<string> {
  if (source.kind === 'terms') yield* source.terms
  else if (source.kind === 'phrase') for (const { terms } of source.elements) yield* terms.terms
  else if (source.kind === 'any') for (const child of source.children) yield* termsOf(child)
  else {
    yield* termsOf(source.left)
    yield* termsOf(source.right)
  }
}

function termOccurrences(terms: Terms, shard: Shard, deadline: Deadline): Occurrences {
  const list = terms.postings.get(shard) ?? []
  const [first] = list
  if (!first) return { docs: new Uint32Array(0), tfs: new Uint32Array(0) }
  return list.length === 1 ? ofOne(first, shard, deadline) : ofMany(list, shard, deadline)
}

function ofOne(posting: Posting, shard: Shard, deadline: Deadline): Occurrences {
  deadline.spend(posting.count)
  const docs = new Uint32Array(posting.count)
  const tfs = new Uint32Array(posting.count)
  const hasDead = shard.deadCount > 0
  let count = 0
  for (let index = 0; index < posting.count; index++) {
    const doc = posting.doc(index)
    if (hasDead && !shard.isLive(doc)) continue
    docs[count] = doc
    tfs[count++] = posting.tf(index)
  }
  return { docs: docs.subarray(0, count), tfs: tfs.subarray(0, count) }
}

function ofMany(list: Posting[], shard: Shard, deadline: Deadline): Occurrences {
  const sums = new Uint32Array(shard.rows.length)
  const isIn = new Uint8Array(shard.rows.length)
  deadline.spend(sums.length)
  for (const posting of list) {
    deadline.spend(posting.count)
    for (let index = 0; index < posting.count; index++) {
      const doc = posting.doc(index)
      isIn[doc] = 1
      sums[doc] = sums[doc]! + posting.tf(index)
    }
  }
  const docs: number[] = []
  for (let doc = 0; doc < isIn.length; doc++) if (isIn[doc] && shard.isLive(doc)) docs.push(doc)
  return { docs: Uint32Array.from(docs), tfs: Uint32Array.from(docs, (doc) => sums[doc]!) }
}

function candidates(source: Source, shard: Shard, deadline: Deadline): Uint32Array {
  if (source.kind === 'near') {
    return intersect([docsIn(source.left, shard, deadline), docsIn(source.right, shard, deadline)])
  }
  if (source.kind !== 'phrase') return docsIn(source, shard, deadline)
  return intersect(source.elements.map(({ terms }) => docsIn(terms, shard, deadline)))
}

interface At {
  doc: number
  isTitle: boolean
  deadline: Deadline
}

function countIn(source: Source, shard: Shard, at: At): number {
  if (source.kind === 'near') {
    return countNear(spansIn(source.left, shard, at), spansIn(source.right, shard, at), source)
  }
  return spansIn(source, shard, at).starts.length
}

function spansIn(source: Source, shard: Shard, at: At): Spans {
  const starts: number[] = []
  const ends: number[] = []
  const limit = at.isTitle ? shard.rows[at.doc]!.titleLength : Number.POSITIVE_INFINITY
  if (source.kind === 'terms') {
    const positions = positionsOf(source, shard, at.doc)
    at.deadline.spend(positions.length)
    for (let index = 0; index < positions.length; index++) {
      const position = positions[index]!
      if (position < limit) starts.push(position)
    }
    return { starts, ends: starts }
  }
  if (source.kind === 'phrase') {
    for (const start of phraseStarts(source.elements, shard, at)) {
      if (start >= limit) break
      starts.push(start)
      ends.push(start + source.width - 1)
    }
    return { starts, ends }
  }
  const children = source.kind === 'any' ? source.children : []
  return joined(children.map((child) => spansIn(child, shard, at)))
}

function phraseStarts(elements: Element[], shard: Shard, { doc, deadline }: At): number[] {
  let starts: number[] | undefined
  for (const { offset, terms } of elements) {
    const positions = positionsOf(terms, shard, doc)
    deadline.spend(positions.length)
    const here = new Set<number>()
    for (let index = 0; index < positions.length; index++) here.add(positions[index]! - offset)
    starts = starts ? starts.filter((start) => here.has(start)) : [...here]
    if (starts.length === 0) return starts
  }
  return starts ?? []
}

// The same span may come from two operands of an OR group: it is one place.
function joined(lists: Spans[]): Spans {
  const byPlace = new Map<string, [number, number]>()
  for (const { starts, ends } of lists) {
    for (const [index, start] of starts.entries()) {
      byPlace.set(`${start} ${ends[index]}`, [start, ends[index]!])
    }
  }
  const spans = [...byPlace.values()].sort((one, other) => one[0] - other[0] || one[1] - other[1])
  return { starts: spans.map(([start]) => start), ends: spans.map(([, end]) => end) }
}

/** Spans of the operand that has fewer with a partner: the same for `a NEAR b` and `b NEAR a`. */
function countNear(
  left: Spans,
  right: Spans,
  { distance, isOrdered }: { distance: number; isOrdered: boolean },
): number {
  const follows = { isAfter: true, isBefore: !isOrdered, distance }
  const precedes = { isAfter: !isOrdered, isBefore: true, distance }
  return Math.min(countPartnered(left, right, follows), countPartnered(right, left, precedes))
}

function countPartnered(
  own: Spans,
  others: Spans,
  { isAfter, isBefore, distance }: { isAfter: boolean; isBefore: boolean; distance: number },
): number {
  const ends = isBefore ? [...others.ends].sort((one, other) => one - other) : []
  let count = 0
  for (const [index, start] of own.starts.entries()) {
    const end = own.ends[index]!
    const next = isAfter ? others.starts[firstAbove(others.starts, end)] : undefined
    const last = isBefore ? ends[firstAbove(ends, start - 1) - 1] : undefined
    const isNearNext = next !== undefined && next - end - 1 <= distance
    const isNearLast = last !== undefined && start - last - 1 <= distance
    if (isNearNext || isNearLast) count++
  }
  return count
}

function firstAbove(sorted: number[], value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]! > value) high = middle
    else low = middle + 1
  }
  return low
}

function intersect(lists: Uint32Array[]): Uint32Array {
  const [rarest = new Uint32Array(0), ...others] = lists.sort((a, b) => a.length - b.length)
  return others.reduce((kept, other) => {
    let at = 0
    return kept.filter((doc) => {
      while (at < other.length && other[at]! < doc) at++
      return other[at] === doc
    })
  }, rarest)
}

function union(lists: Uint32Array[]): Uint32Array {
  const all = new Set<number>()
  for (const list of lists) for (const doc of list) all.add(doc)
  return Uint32Array.from(all).sort()
}

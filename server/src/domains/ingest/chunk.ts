// Cuts canonical pages into passages, the unit that is searched, cited and paid. A passage is an exact
// slice of one page and carries the locator that leads back to it. Pure: the same pages, the same cut.
import { Failure } from '../../base/errors.ts'
import type { ExtractedPage, TextBox } from './extractor.ts'

/** As on the wire. `start` and `end` are UTF-16 units over the page's canonical text. */
export type ChunkLocator =
  | { kind: 'page'; page: number; start: number; end: number }
  | { kind: 'section'; path: string[]; start: number; end: number }
  | {
      kind: 'box'
      page: number
      x: number
      y: number
      width: number
      height: number
      start: number
      end: number
    }
  | { kind: 'record'; row: number; columns: string[] }

export interface ChunkDraft {
  /** From 0, in the order of the document. */
  ord: number
  /** `page.text.slice(start, end)` of the page with this number, exactly. */
  text: string
  pageNumber: number
  start: number
  end: number
  locator: ChunkLocator
}

const chunksPerObjectMax = 100_000

const wordsAim = 150
const wordsMax = 220
/** A rest of fewer words joins the passage before it, which may then grow to `wordsWithRestMax`. */
const restWordsMax = 40
const wordsWithRestMax = 260
/** Text without word borders, such as base64: one "word" could else be the whole file. */
const unitsMax = 2_000

/** Where text is cut, best first. Each pattern matches what stands between two pieces. */
const borders = [/\n\s*\n/g, /(?<=[.!?…]["'”’»)\]]?)\s+|(?<=[。！？])/gu, /\n/g, /\s+/g] as const

/** A piece of text that is never cut again. `border` is the rank of what stands before it. */
interface Piece {
  start: number
  end: number
  words: number
  border: number
}

/** Throws `payload_too_large` where an object gives more than `chunksPerObjectMax` passages. */
export function chunkPages(pages: readonly ExtractedPage[]): ChunkDraft[] {
  const drafts: ChunkDraft[] = []
  for (const page of pages) {
    const starts = columnStarts(page)
    for (const span of cutPage(page)) {
      const { start, end } = span
      if (drafts.length === chunksPerObjectMax) {
        throw new Failure(
          'payload_too_large',
          `A file may give at most ${chunksPerObjectMax} passages.`,
          { details: { chunksPerObjectMax } },
        )
      }
      drafts.push({
        ord: drafts.length,
        text: page.text.slice(start, end),
        pageNumber: page.number,
        start,
        end,
        locator: locate(page, starts, span),
      })
    }
  }
  return drafts
}

function cutPage({ kind, text }: ExtractedPage): { start: number; end: number }[] {
  const whole = trim(text, { start: 0, end: text.length })
  if (whole.end === whole.start) return []
  const isSmall = isPiece(text, whole)
  // A record is one answer; cutting it into even parts would only tear its columns apart.
  if (isSmall && kind === 'record') return [whole]
  return mergeRest(pack(cutSpan(text, whole, 0, 0)))
}

interface Span {
  start: number
  end: number
}

/** Cuts at the best borders there are; where a part is still too long, at the next best. */
function* cutSpan(text: string, span: Span, rank: number, before: number): Generator<Piece> {
  const border = borders[rank]
  if (rank > 1 && isPiece(text, span)) {
    yield pieceOf(text, span, before)
  } else if (border === undefined) {
    yield* cutHard(text, span, before)
  } else {
    let rankBefore = before
    for (const part of partsOf(text, span, border)) {
      yield* cutSpan(text, part, rank + 1, rankBefore)
      rankBefore = rank
    }
  }
}

function* partsOf(text: string, { start, end }: Span, border: RegExp): Generator<Span> {
  const slice = text.slice(start, end)
  let from = 0
  for (const match of slice.matchAll(border)) {
    const part = trim(text, { start: start + from, end: start + match.index })
    if (part.end > part.start) yield part
    from = match.index + match[0].length
  }
  const last = trim(text, { start: start + from, end })
  if (last.end > last.start) yield last
}

/** A run without any border, cut by length, never inside a surrogate pair. */
function* cutHard(text: string, { start, end }: Span, before: number): Generator<Piece> {
  let from = start
  let border = before
  while (from < end) {
    const to = endOfRun(text, { start: from, end })
    yield pieceOf(text, { start: from, end: to }, border)
    from = to
    border = borders.length
  }
}

/** Scripts without blanks count a word for each character, so their limit is words, not units. */
function endOfRun(text: string, { start, end }: Span): number {
  let to = Math.min(end, start + unitsMax)
  if (countWords(text.slice(start, to)) > wordsMax) to = Math.min(end, start + wordsMax)
  const code = text.charCodeAt(to)
  const isInsidePair = to < end && code >= 0xdc00 && code <= 0xdfff
  return isInsidePair ? to - 1 : to
}

const pieceOf = (text: string, { start, end }: Span, border: number): Piece => ({
  start,
  end,
  words: countWords(text.slice(start, end)),
  border,
})

function isPiece(text: string, { start, end }: Span): boolean {
  return end - start <= unitsMax && countWords(text.slice(start, end)) <= wordsMax
}

const word =
  /\p{sc=Han}|\p{sc=Hiragana}|\p{sc=Katakana}|\p{sc=Thai}|[^\s\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]+/gu

function countWords(text: string): number {
  return text.match(word)?.length ?? 0
}

/** Joins pieces up to the aim, and on to the next paragraph where it still fits. */
function pack(pieces: Iterable<Piece>): Piece[] {
  const packed: Piece[] = []
  for (const piece of pieces) {
    const last = packed.at(-1)
    const isFull = last !== undefined && last.words >= wordsAim && piece.border === 0
    if (last && !isFull && fits(last, piece, wordsMax)) join(last, piece)
    else packed.push({ ...piece })
  }
  return packed
}

/** The last passage of a page may be a few words; alone they would answer nothing. */
function mergeRest(packed: Piece[]): Piece[] {
  const rest = packed.at(-1)
  const before = packed.at(-2)
  if (rest && before && rest.words < restWordsMax && fits(before, rest, wordsWithRestMax)) {
    join(before, rest)
    packed.pop()
  }
  return packed
}

function fits(first: Piece, second: Piece, most: number): boolean {
  return first.words + second.words <= most && second.end - first.start <= unitsMax
}

function join(first: Piece, second: Piece): void {
  first.end = second.end
  first.words += second.words
}

function trim(text: string, { start, end }: Span): Span {
  let from = start
  let to = end
  while (from < to && text.charAt(from).trim() === '') from += 1
  while (to > from && text.charAt(to - 1).trim() === '') to -= 1
  return { start: from, end: to }
}

function locate(page: ExtractedPage, starts: readonly number[], span: Span): ChunkLocator {
  const { start, end } = span
  switch (page.kind) {
    case 'page':
      return { kind: 'page', page: page.number, start, end }
    case 'section':
      return { kind: 'section', path: page.path, start, end }
    case 'box':
      return { kind: 'box', page: page.number, ...unionOf(page.boxes, start, end), start, end }
    case 'record':
      return { kind: 'record', row: page.number, columns: columnsIn(page, starts, span) }
  }
}

/** The smallest box around the words of a passage; the whole page where no word has one. */
function unionOf(boxes: readonly TextBox[], start: number, end: number) {
  let [left, top, right, bottom] = [1, 1, 0, 0]
  for (let at = firstEndingAfter(boxes, start); at < boxes.length; at += 1) {
    const box = boxes[at]
    if (!box || box.start >= end) break
    left = Math.min(left, box.x)
    top = Math.min(top, box.y)
    right = Math.max(right, Math.min(1, box.x + box.width))
    bottom = Math.max(bottom, Math.min(1, box.y + box.height))
  }
  if (right < left || bottom < top) return { x: 0, y: 0, width: 1, height: 1 }
  return { x: left, y: top, width: right - left, height: bottom - top }
}

function firstEndingAfter(boxes: readonly TextBox[], start: number): number {
  let [low, high] = [0, boxes.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((boxes[middle]?.end ?? 0) > start) high = middle
    else low = middle + 1
  }
  return low
}

/** The columns of which a part stands in the passage. Every value begins with a line `column: `. */
function columnsIn({ text, columns }: ExtractedPage, starts: readonly number[], span: Span) {
  if (span.start === 0 && span.end === text.length) return columns
  return columns.filter((_, index) => {
    const from = starts[index] ?? text.length
    const to = starts[index + 1] ?? text.length
    return from < span.end && to > span.start
  })
}

/** In one pass over the lines, since a record may be one of thousands of columns and megabytes. */
function columnStarts({ kind, text, columns }: ExtractedPage): number[] {
  const starts: number[] = []
  let at = 0
  while (kind === 'record' && at < text.length && starts.length < columns.length) {
    if (text.startsWith(`${columns[starts.length]}: `, at)) starts.push(at)
    const lineEnd = text.indexOf('\n', at)
    at = lineEnd === -1 ? text.length : lineEnd + 1
  }
  return starts
}

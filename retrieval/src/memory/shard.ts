// One dataset: its chunks as rows, numbered in the order they came, and a dictionary for each name space.
// A deleted chunk stays as a dead row and its text is gone from every count at once; when dead rows are
// many, the dataset is rewritten without them. Lengths are exact: tokens that are no function words.
import { analyse, stemSpaceOf } from '../analysis/analyse.ts'
import type { Chunk } from '../engine.ts'
import { Dictionary } from './dictionary.ts'
import type { Posting } from './posting.ts'

/** Positions between the last token of the title and the first of the body; above any NEAR distance. */
const zoneGap = 100

/** A chunk without its text. */
export interface Row {
  chunkNo: bigint
  objectNo: number
  language: string
  stemSpace: string
  modality: number
  mime: string
  createdAtMs: number
  dateMs: number | null
  passageHash: bigint
  keywords: readonly (readonly [string, string])[]
  length: number
  /** Positions below it are the title's. */
  titleLength: number
  isLive: boolean
}

const dayMs = 86_400_000

export class Shard {
  readonly datasetNo: number
  readonly rows: Row[] = []
  readonly stems = new Dictionary()
  readonly surfaces = new Dictionary()
  readonly filenames = new Dictionary()
  readonly liveBySpace = new Map<string, number>()
  liveCount = 0
  liveLength = 0

  constructor(datasetNo: number) {
    this.datasetNo = datasetNo
  }

  get deadCount(): number {
    return this.rows.length - this.liveCount
  }

  /** Returns the number of the new row. */
  add(chunk: Chunk): number {
    const doc = this.rows.length
    const titleLength = this.addZone(doc, chunk.title, chunk.language, 0)
    const bodyFrom = titleLength.positions + zoneGap
    const bodyLength = this.addZone(doc, chunk.text, chunk.language, bodyFrom)
    this.addFilenames(doc, chunk)
    const length = titleLength.counted + bodyLength.counted
    this.rows.push(rowOf(chunk, length, titleLength.positions))
    this.count(doc, 1)
    return doc
  }

  remove(doc: number): void {
    const row = this.rows[doc]
    if (!row?.isLive) return
    this.count(doc, -1)
    row.isLive = false
    row.keywords = []
  }

  isLive(doc: number): boolean {
    return this.rows[doc]!.isLive
  }

  /** Chunks of the reach's statistics that hold the term. */
  liveIn(posting: Posting | undefined): number {
    if (!posting) return 0
    if (this.deadCount === 0) return posting.count
    let found = 0
    for (let index = 0; index < posting.count; index++) if (this.isLive(posting.doc(index))) found++
    return found
  }

  hasLive(posting: Posting): boolean {
    if (this.deadCount === 0) return posting.count > 0
    for (let index = 0; index < posting.count; index++) {
      if (this.isLive(posting.doc(index))) return true
    }
    return false
  }

  /** The same live chunks in the same order, with nothing left of the dead ones. */
  rewritten(): Shard {
    const made = new Shard(this.datasetNo)
    const places = new Int32Array(this.rows.length).fill(-1)
    for (const [doc, row] of this.rows.entries()) {
      if (!row.isLive) continue
      places[doc] = made.rows.push(row) - 1
      made.count(made.rows.length - 1, 1)
    }
    copyLive(this.stems, made.stems, places)
    copyLive(this.surfaces, made.surfaces, places)
    copyLive(this.filenames, made.filenames, places)
    return made
  }

  private count(doc: number, by: 1 | -1): void {
    const { length, stemSpace } = this.rows[doc]!
    this.liveCount += by
    this.liveLength += by * length
    const left = (this.liveBySpace.get(stemSpace) ?? 0) + by
    if (left === 0) this.liveBySpace.delete(stemSpace)
    else this.liveBySpace.set(stemSpace, left)
  }

  private addZone(doc: number, text: string, language: string, from: number) {
    const tokens = analyse(text, language)
    let counted = 0
    for (const { surface, stem, position, isFunction } of tokens) {
      this.stems.getOrAdd(stem).add(doc, from + position)
      this.surfaces.getOrAdd(surface).add(doc, from + position)
      if (!isFunction) counted++
    }
    return { positions: tokens.length, counted }
  }

  private addFilenames(doc: number, { keywords }: Chunk): void {
    for (const [field, value] of keywords) {
      if (field !== 'filename') continue
      for (const { surface } of analyse(value, '')) this.filenames.getOrAdd(surface).addDoc(doc)
    }
  }
}

function rowOf(chunk: Chunk, length: number, titleLength: number): Row {
  return {
    chunkNo: chunk.chunkNo,
    objectNo: chunk.objectNo,
    language: chunk.language,
    stemSpace: stemSpaceOf(chunk.language),
    modality: chunk.modality,
    mime: chunk.mime,
    createdAtMs: chunk.createdAtSeconds * 1_000,
    dateMs: chunk.dateDays === undefined ? null : chunk.dateDays * dayMs,
    passageHash: chunk.passageHash,
    keywords: chunk.keywords,
    length,
    titleLength,
    isLive: true,
  }
}

function copyLive(from: Dictionary, to: Dictionary, places: Int32Array): void {
  for (const [term, posting] of from.all()) {
    for (let index = 0; index < posting.count; index++) {
      const doc = places[posting.doc(index)]!
      if (doc < 0) continue
      const copied = to.getOrAdd(term)
      copied.addDoc(doc)
      for (const position of posting.positionsAt(index)) copied.add(doc, position)
    }
  }
}

// The engine that keeps everything in memory: exactly right and forgetful. One search runs to its end
// without a pause, so it sees one state of the index, and its own deadline ends it, not a timer.
import { ANALYSIS_VERSION } from '../analysis/analyse.ts'
import type {
  Change,
  Chunk,
  IndexStats,
  Problem,
  RetrievalIndex,
  SearchRequest,
  SearchResult,
} from '../engine.ts'
import { checkRequest } from '../search/check.ts'
import { checkBatch } from './batch.ts'
import { runSearch } from './run-search.ts'
import { Shard } from './shard.ts'
import { verifyShard } from './verify.ts'

interface Place {
  shard: Shard
  doc: number
}

const deadShareMax = 0.25
const deadKeptMax = 64

export function openMemoryIndex(): RetrievalIndex {
  return new MemoryIndex()
}

class MemoryIndex implements RetrievalIndex {
  private readonly shards = new Map<number, Shard>()
  private readonly places = new Map<bigint, Place>()
  private sequence = 0n
  private isOpen = true

  async apply(batch: Change[], sequence: bigint): Promise<void> {
    this.requireOpen()
    checkBatch(batch)
    if (sequence < this.sequence) {
      throw new RangeError(`sequence ${sequence} is below the last one, ${this.sequence}`)
    }
    const touched = new Set<number>()
    for (const change of batch) {
      if (change.kind === 'put') this.put(change.chunk, touched)
      else this.drop(change, touched)
    }
    for (const datasetNo of touched) this.clear(datasetNo, deadShareMax, deadKeptMax)
    this.sequence = sequence
  }

  async search(request: SearchRequest, signal: AbortSignal): Promise<SearchResult> {
    signal.throwIfAborted()
    this.requireOpen()
    checkRequest(request)
    // Other callers get a turn first, and one that left meanwhile costs nothing.
    await new Promise((resolve) => setImmediate(resolve))
    signal.throwIfAborted()
    this.requireOpen()
    const numbers = [...new Set(request.reach)].sort((one, other) => one - other)
    const shards = numbers.flatMap((datasetNo) => this.shards.get(datasetNo) ?? [])
    return runSearch(request, shards, this.sequence)
  }

  stats(): IndexStats {
    const shards = [...this.shards.values()]
    const sum = (countOf: (shard: Shard) => number) =>
      shards.reduce((total, shard) => total + countOf(shard), 0)
    return {
      sequence: this.sequence,
      datasets: shards.length,
      chunks: this.places.size,
      deadChunks: sum((shard) => shard.deadCount),
      terms: sum((shard) => shard.stems.size + shard.surfaces.size),
      analysisVersion: ANALYSIS_VERSION,
    }
  }

  async verify(): Promise<Problem[]> {
    this.requireOpen()
    return [...this.shards.values()].flatMap((shard) =>
      verifyShard(shard, (chunkNo, doc) => {
        const place = this.places.get(chunkNo)
        return place?.shard === shard && place.doc === doc
      }),
    )
  }

  async flush(): Promise<void> {
    this.requireOpen()
    for (const datasetNo of [...this.shards.keys()]) this.clear(datasetNo, 0, 0)
  }

  async close(): Promise<void> {
    this.isOpen = false
    this.shards.clear()
    this.places.clear()
  }

  private requireOpen(): void {
    if (!this.isOpen) throw new Error('the index is closed')
  }

  private put(chunk: Chunk, touched: Set<number>): void {
    this.remove(chunk.chunkNo, touched)
    let shard = this.shards.get(chunk.datasetNo)
    if (!shard) {
      shard = new Shard(chunk.datasetNo)
      this.shards.set(chunk.datasetNo, shard)
    }
    this.places.set(chunk.chunkNo, { shard, doc: shard.add(chunk) })
  }

  private drop(change: Extract<Change, { kind: 'drop' }>, touched: Set<number>): void {
    const { datasetNo, objectNos, chunkNos } = change
    const isWhole = objectNos === undefined && chunkNos === undefined
    const objects = new Set(objectNos)
    for (const shard of this.shards.values()) {
      if (datasetNo !== undefined && shard.datasetNo !== datasetNo) continue
      if (!isWhole && objects.size === 0) continue
      for (const row of shard.rows) {
        const isMeant = row.isLive && (isWhole || objects.has(row.objectNo))
        if (isMeant) this.remove(row.chunkNo, touched)
      }
    }
    for (const chunkNo of chunkNos ?? []) {
      const place = this.places.get(chunkNo)
      const isMeant = datasetNo === undefined || place?.shard.datasetNo === datasetNo
      if (isMeant) this.remove(chunkNo, touched)
    }
  }

  private remove(chunkNo: bigint, touched: Set<number>): void {
    const place = this.places.get(chunkNo)
    if (!place) return
    place.shard.remove(place.doc)
    this.places.delete(chunkNo)
    touched.add(place.shard.datasetNo)
  }

  // Rewrites the dataset where too much of it is dead, or forgets it where all of it is.
  private clear(datasetNo: number, shareMax: number, keptMax: number): void {
    const shard = this.shards.get(datasetNo)
    if (!shard || shard.deadCount === 0) return
    if (shard.liveCount === 0) {
      this.shards.delete(datasetNo)
      return
    }
    if (shard.deadCount <= keptMax || shard.deadCount <= shareMax * shard.rows.length) return
    const made = shard.rewritten()
    this.shards.set(datasetNo, made)
    for (const [doc, row] of made.rows.entries()) this.places.set(row.chunkNo, { shard: made, doc })
  }
}

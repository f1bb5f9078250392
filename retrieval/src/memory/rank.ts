// The best of all matches, with no more of them in memory than a few times those wanted.
import type { Row, Shard } from './shard.ts'

export interface Candidate {
  shard: Shard
  doc: number
  row: Row
  score: number
}

export type Order = (one: Candidate, other: Candidate) => number

export const bestFirst: Order = (one, other) =>
  other.score - one.score || byChunkNo(one.row, other.row)

export const newestFirst: Order = (one, other) =>
  other.row.createdAtMs - one.row.createdAtMs || byChunkNo(one.row, other.row)

function byChunkNo(one: Row, other: Row): number {
  return one.chunkNo < other.chunkNo ? -1 : one.chunkNo > other.chunkNo ? 1 : 0
}

const spareFactor = 4

export class Best {
  private readonly count: number
  private readonly order: Order
  private found: Candidate[] = []
  private worst: Candidate | undefined

  constructor(count: number, order: Order) {
    this.count = count
    this.order = order
  }

  offer(candidate: Candidate): void {
    if (this.worst && this.order(candidate, this.worst) > 0) return
    this.found.push(candidate)
    if (this.found.length >= spareFactor * this.count + spareFactor) this.trim()
  }

  ranked(): Candidate[] {
    this.trim()
    return this.found
  }

  private trim(): void {
    this.found.sort(this.order)
    this.found.length = Math.min(this.found.length, this.count)
    if (this.found.length === this.count) this.worst = this.found.at(-1)
  }
}

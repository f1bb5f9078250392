// The port to whatever finds passages. A question cannot be asked without a `Reach`, and scores and
// counts depend on data within it only. The engine is never the truth: it is fed from the outbox in
// order, answers chunk numbers, and what is sold is read from the database.
import type { Reach } from '../access/access.ts'
import type { Node } from './question-tree.ts'

export interface EngineChunk {
  chunkNo: bigint
  datasetNo: number
  objectNo: number
  ord: number
  /** ISO 639-1, or '' where it is not known. */
  language: string
  title: string
  text: string
  filename: string
  modality: string
  mime: string
  createdAt: Date
  /** Equality fields: object, meta.<key>, and the date of a record where it has one. */
  keywords: readonly (readonly [field: string, value: string])[]
  passageSha256: string
}

export type EngineChange = { kind: 'put'; chunk: EngineChunk } | { kind: 'drop'; objectNo: number }

/** Null: no such filter. Lists are any-of; metadata is equality on every key. */
export interface EngineFilters {
  modalities: readonly string[] | null
  mimes: readonly string[] | null
  languages: readonly string[] | null
  objectNos: readonly number[] | null
  /** Half-open, over the time that the object was created. */
  createdFrom: Date | null
  createdTo: Date | null
  metadata: readonly (readonly [key: string, value: string])[]
}

export interface EngineRequest {
  reach: Reach
  tree: Node
  /** Are plain words required, or optional? */
  plain: 'and' | 'or'
  filters: EngineFilters
  limit: number
  timeLimitMs: number
  explain: boolean
}

export interface Found {
  chunkNo: bigint
  datasetNo: number
  score: number
  /** Equal for passages of equal text. */
  passageHash: string
}

export interface EngineResult {
  /** Best first; ties by chunk number. */
  found: Found[]
  explain: Record<string, unknown> | null
}

export interface Snippet {
  text: string
  /** [start, end) pairs in UTF-16 units over the snippet. */
  highlights: [number, number][]
}

export interface Engine {
  /** Can any dataset of the reach be searched by vectors? */
  hasVectors(reach: Reach): boolean
  /** Resolves when the changes are searchable. Sequences never go backwards. */
  apply(changes: readonly EngineChange[], sequence: bigint): Promise<void>
  /** Throws `search_timeout` over the limit, never a partial answer; `expansion_limit` over its cap. */
  search(request: EngineRequest, signal: AbortSignal): Promise<EngineResult>
  /** The best window of a passage for a question. Pure. */
  snippet(passage: { text: string; language: string }, tree: Node): Snippet
  check(): Promise<void>
  close(): Promise<void>
}

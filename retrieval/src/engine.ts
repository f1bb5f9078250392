// What a search engine takes and gives. Any engine of this package, in memory or durable, stands behind
// this interface and passes `index.suite.ts`. The reach is always explicit: an empty reach is an empty
// answer, and every statistic is that of the reach, so a score never depends on foreign text.
import type { Node } from './tree.ts'

/** One passage. Times are seconds and days since 1970; `keywords` may repeat a field. */
export interface Chunk {
  chunkNo: bigint
  datasetNo: number
  objectNo: number
  ord: number
  /** As `en` or `en-US`; only the first part counts. Unknown or empty: words are only folded. */
  language: string
  title: string
  text: string
  modality: number
  mime: string
  createdAtSeconds: number
  dateDays?: number
  /** Field `filename` is split into words for `filename:`; all others (`meta.<key>`) are compared whole. */
  keywords: [field: string, value: string][]
  passageHash: bigint
  vector?: { model: string; values: Float32Array }
}

/**
 * `put` replaces a chunk of the same number. `drop` takes a whole dataset where only `datasetNo` is
 * given; else the chunks of `objectNos` and `chunkNos`, inside `datasetNo` if that is given too.
 */
export type Change =
  | { kind: 'put'; chunk: Chunk }
  | { kind: 'drop'; datasetNo?: number; objectNos?: number[]; chunkNos?: bigint[] }

/** A chunk must pass every filter; any one value of a filter is enough. An empty list lets nothing pass. */
export type Filter =
  | { field: 'modality'; anyOf: number[] }
  | { field: 'mime'; anyOf: string[] }
  | { field: 'language'; anyOf: string[] }
  | { field: 'object'; anyOf: number[] }
  | { field: 'meta'; key: string; anyOf: string[] }
  /** Half-open, milliseconds since 1970; null is open. */
  | { field: 'created'; fromMs: number | null; toMs: number | null }

export interface SearchRequest {
  reach: Uint32Array
  tree: Node
  /** The question's vector for each model. */
  vectors: Map<string, Float32Array>
  filters: Filter[]
  mode: 'lexical' | 'dense' | 'hybrid'
  /** Whether the words of a `plain` node are all required, function words excepted, or each optional. */
  plain: 'and' | 'or'
  /** Hits wanted; `countsPerDataset` counts all matches whatever the limit. */
  limit: number
  timeLimitMs: number
  explain: boolean
}

export interface Hit {
  chunkNo: bigint
  datasetNo: number
  objectNo: number
  score: number
  /** From 1; null where the hit is not in that list. */
  rankLexical: number | null
  rankDense: number | null
  passageHash: bigint
}

/** `generation` is the sequence of the last applied batch. `explain` speaks of the reach only. */
export interface SearchResult {
  hits: Hit[]
  /** Chunks that match, by dataset, ascending; datasets without a match are left out. */
  countsPerDataset: Map<number, number>
  generation: bigint
  timings: { planMs: number; matchMs: number; rankMs: number }
  explain: Explain | null
}

export interface Explain {
  chunks: number
  averageLength: number
  order: 'score' | 'newest'
  /** Scored parts of the question in its order; `terms` were found in the reach, sorted. */
  parts: { start: number; end: number; idf: number; terms: string[] }[]
}

export interface IndexStats {
  sequence: bigint
  datasets: number
  chunks: number
  /** Deleted, and not yet cleared out of memory. */
  deadChunks: number
  /** Dictionary entries, counted in each dataset. */
  terms: number
  analysisVersion: number
}

/** Something that `verify` found broken: the index must be rebuilt. */
export interface Problem {
  datasetNo: number
  message: string
}

export interface RetrievalIndex {
  /**
   * Takes the whole batch or, where a change is malformed, none of it. A batch may be applied twice.
   * @throws RangeError if `sequence` is below the last one, or a change is malformed
   */
  apply(batch: Change[], sequence: bigint): Promise<void>
  /**
   * Best score first, ties by chunkNo; a question without scored parts gives the newest first. The
   * answer is whole or an error, never partial.
   * @throws QuestionError for the asker, SearchTimeout over `timeLimitMs`, the signal's reason if aborted
   */
  search(request: SearchRequest, signal: AbortSignal): Promise<SearchResult>
  stats(): IndexStats
  verify(): Promise<Problem[]>
  /** Makes everything durable, where the engine is, and clears deleted chunks out of memory. */
  flush(): Promise<void>
  close(): Promise<void>
}

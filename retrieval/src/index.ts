// The door of the package. It knows nothing of tenants, prices or money: the caller works out the reach,
// parses the question, and re-reads every hit before it is shown.

export type { Token } from './analysis/analyse.ts'
export { ANALYSIS_VERSION, analyse } from './analysis/analyse.ts'
export type {
  Change,
  Chunk,
  Explain,
  Filter,
  Hit,
  IndexStats,
  Problem,
  RetrievalIndex,
  SearchRequest,
  SearchResult,
} from './engine.ts'
export type { QuestionCode } from './error.ts'
export { QuestionError, SearchTimeout } from './error.ts'
export { openMemoryIndex } from './memory/memory-index.ts'
export { idfOf, scoreBm25 } from './search/bm25.ts'
export { type Fused, fuse } from './search/fuse.ts'
export { type Snippet, type SnippetRequest, snippet } from './search/snippet.ts'
export type {
  FuzzyNode,
  NearOperand,
  Node,
  PatternNode,
  PatternPart,
  PhraseNode,
  WordNode,
} from './tree.ts'

// From an approved object to chunks in search: the order of the stages, their attempts, and canonical
// text. Each stage is one task and one transaction; a death on any line is made good by the next run.
// The port to the parsers is extractor.ts; the command `retry` is objects' own, and `advance` follows it.
export { advance } from './advance.ts'
export type { ExtractDeps as IngestDeps } from './extract.ts'
export { forget, takeOut } from './forget.ts'
export type { Preview } from './preview.ts'
export { drawPages, preview } from './preview.ts'
export { reindexDataset } from './reindex.ts'
export type { StuckObject } from './store.ts'
export { findStuck } from './stuck.ts'

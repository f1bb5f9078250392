import type { RetrievalIndex } from '../engine.ts'
export function openMemoryIndex(): RetrievalIndex { throw new Error('') }

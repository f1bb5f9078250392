import type { Node } from '../tree.ts'
export interface SnippetRequest { text: string; tree: Node; language: string; wordsMax: number; idf?: (term: string) => number }
export interface Snippet { text: string; start: number; highlights: [start: number, end: number][] }
export function snippet(request: SnippetRequest): Snippet { throw new Error(request.text) }

import type { Node } from '../tree.ts'
export interface SnippetRequest {
  text: string
  tree: Node
  language: string
  wordsMax: number
  idf?: (term: string) => number
}
export interface Snippet {
  text: string
  start: number
  highlights: [start: number, end: number][]
}
// TEMPORARY stand-in by the main engineer; helper: overwrite freely.
export function snippet(request: SnippetRequest): Snippet {
  return { text: request.text.slice(0, 200), start: 0, highlights: [] }
}

// The question as a tree: what the parser makes, the catalog screens and the engines evaluate. The
// shapes are those of the retrieval package (a test proves it), written again because a domain knows
// no engine. `start` and `end` are UTF-16 offsets into the text as sent; they are never scored.

export interface Span {
  start: number
  end: number
}

export type Node =
  // A run of words without an operator between them. With `plain: 'and'` all are required (function
  // words excepted), with `plain: 'or'` each is optional and at least one must occur. It is the top
  // of the tree or a child of the top-level `and`, and only in a question without any operator.
  | ({ kind: 'plain'; children: WordNode[] } & Span)
  // All children must match; `not` children must not. At least one child is positive.
  | ({ kind: 'and'; children: Node[] } & Span)
  | ({ kind: 'or'; children: Node[] } & Span)
  | ({ kind: 'not'; child: Node } & Span)
  | WordNode
  | PhraseNode
  | PatternNode
  | FuzzyNode
  | NearNode
  // `title:` restricts its child to the title zone; `filename:` to the words of the file name.
  | ({ kind: 'text_field'; field: 'title' | 'filename'; child: Node } & Span)
  // Equality on a keyword: mime, modality, lang, object, or meta.<key>.
  | KeywordNode
  // Half-open in milliseconds since 1970: from <= value < to; null is open.
  | RangeNode

/** One word as written, escapes taken away. It may split into several tokens: then it is a phrase. */
export type WordNode = { kind: 'word'; text: string } & Span
/** Adjacent surface words. */
export type PhraseNode = { kind: 'phrase'; text: string } & Span
/** One token by its surface form. Never two pieces of text, nor two `any`, in a row. */
export type PatternNode = { kind: 'pattern'; parts: PatternPart[] } & Span
export type PatternPart = { kind: 'text'; text: string } | { kind: 'any' } | { kind: 'one' }
export type FuzzyNode = { kind: 'fuzzy'; text: string; distance: 1 | 2 } & Span
/** Both operands in one zone with at most `distance` words between them, not overlapping. */
export type NearNode = {
  kind: 'near'
  left: NearOperand
  right: NearOperand
  distance: number
  ordered: boolean
} & Span
export type NearOperand =
  | WordNode
  | PhraseNode
  | PatternNode
  | ({ kind: 'or'; children: NearOperand[] } & Span)
export type KeywordNode = { kind: 'keyword'; field: string; value: string } & Span
export type RangeNode = {
  kind: 'range'
  field: 'created' | 'date'
  from: number | null
  to: number | null
} & Span

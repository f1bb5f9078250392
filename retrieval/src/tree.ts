// The question as a tree. The caller parses text into it; the engine only evaluates it. `start` and
// `end` are UTF-16 offsets into the text as sent, carried along for error messages and never scored.

interface Span {
  start: number
  end: number
}

export type Node =
  // A run of words without an operator between them. With `plain: 'and'` all are required (function
  // words excepted), with `plain: 'or'` each is optional and at least one must occur. `children` are
  // words only; it stands at the top level or as a child of the top-level `and`.
  | ({ kind: 'plain'; children: WordNode[] } & Span)
  // All children must match; `not` children must not. At least one child is positive.
  | ({ kind: 'and'; children: Node[] } & Span)
  | ({ kind: 'or'; children: Node[] } & Span)
  | ({ kind: 'not'; child: Node } & Span)
  | WordNode
  | PhraseNode
  | PatternNode
  | FuzzyNode
  // Both operands in one zone with at most `distance` words between them, not overlapping.
  | ({
      kind: 'near'
      left: NearOperand
      right: NearOperand
      distance: number
      ordered: boolean
    } & Span)
  // `title:` restricts its child to the title zone; `filename:` to the words of the file name.
  | ({ kind: 'text_field'; field: 'title' | 'filename'; child: Node } & Span)
  // Equality on a keyword: mime, modality, lang, object, or meta.<key>. Never scored.
  | ({ kind: 'keyword'; field: string; value: string } & Span)
  // Half-open in milliseconds since 1970: from <= value < to; null is open. Never scored.
  | ({ kind: 'range'; field: 'created' | 'date'; from: number | null; to: number | null } & Span)

/** One word as written, searched in the stem space. A word that splits into several tokens is a phrase. */
export type WordNode = { kind: 'word'; text: string } & Span
/** Adjacent surface words. */
export type PhraseNode = { kind: 'phrase'; text: string } & Span
/** Surface forms: pieces of literal text, `any` (run of characters) and `one` (one character). */
export type PatternNode = { kind: 'pattern'; parts: PatternPart[] } & Span
export type PatternPart = { kind: 'text'; text: string } | { kind: 'any' } | { kind: 'one' }
export type FuzzyNode = { kind: 'fuzzy'; text: string; distance: 1 | 2 } & Span
export type NearOperand =
  | WordNode
  | PhraseNode
  | PatternNode
  | ({ kind: 'or'; children: NearOperand[] } & Span)

// What is wrong with a question. Reading never stops at a mistake: each is noted, and the first by
// position is the one that the caller hears of, whichever was found first.
import { Failure } from '../../base/errors.ts'
import type { Span } from './question-tree.ts'

export interface Mistake {
  code: QuestionCode
  /** One sentence, safe to show. */
  text: string
  /** What to write instead. */
  hint: string
}

export type QuestionCode =
  | 'query_empty'
  | 'query_too_long'
  | 'unbalanced_quote'
  | 'unbalanced_parenthesis'
  | 'missing_operand'
  | 'only_negative'
  | 'unknown_field'
  | 'bad_value'
  | 'bad_date'
  | 'bad_distance'
  | 'near_operand'
  | 'near_chained'
  | 'slop_unsupported'
  | 'wildcard_too_short'
  | 'too_deep'
  | 'too_many_clauses'

export interface Problems {
  /** Notes a mistake. Of two at the same place the one noted first stays. */
  note(at: Span, mistake: Mistake): void
  throwFirst(): void
}

export function openProblems(): Problems {
  let first: { start: number; failure: Failure } | null = null
  return {
    note(at, mistake) {
      if (first === null || at.start < first.start) {
        first = { start: at.start, failure: failureOf(at, mistake) }
      }
    },
    throwFirst() {
      if (first !== null) throw first.failure
    },
  }
}

/** `details` holds UTF-16 offsets into the question as sent: start <= end <= its length. */
export function failureOf({ start, end }: Span, { code, text, hint }: Mistake): Failure {
  return new Failure(code, text, { details: { start, end, hint } })
}

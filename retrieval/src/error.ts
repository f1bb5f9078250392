// Errors that a search may end in. `start` and `end` are the offsets that the tree carried along.

export type QuestionCode =
  | 'expansion_limit'
  | 'too_many_clauses'
  | 'too_deep'
  | 'only_negative'
  | 'near_operand'
  | 'wildcard_too_short'
  | 'bad_value'
  | 'no_vectors'

interface Place {
  start: number
  end: number
}

/** The question cannot be answered as asked; `hint` tells the asker what to change. */
export class QuestionError extends Error {
  override readonly name = 'QuestionError'
  readonly code: QuestionCode
  readonly start: number
  readonly end: number
  readonly hint: string

  constructor(code: QuestionCode, { start, end }: Place, hint: string) {
    super(`${code}: ${hint}`)
    this.code = code
    this.start = start
    this.end = end
    this.hint = hint
  }
}

/** The time limit of the request passed. Nothing partial is given. */
export class SearchTimeout extends Error {
  override readonly name = 'SearchTimeout'
  readonly code = 'search_timeout'

  constructor(timeLimitMs: number) {
    super(`search took longer than ${timeLimitMs} ms`)
  }
}

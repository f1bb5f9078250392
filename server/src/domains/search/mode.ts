// How a question is answered: the choice of the mode for `auto`, and whether its plain words are all
// required. A pure function of the question and of what the reach offers; the first rule that fits
// decides, and its name is part of the answer (`explain`).
import { assert, Failure } from '../../base/errors.ts'
import type { Question } from './question.ts'

export type AskedMode = 'auto' | 'lexical' | 'dense' | 'hybrid'

export type ModeRule =
  // Asked for by name: never replaced.
  | 'asked'
  // No vectors in reach, their provider does not answer, or the model has not passed the gate.
  | 'no_vectors'
  // More than a fifth of the letters are in scripts that the model does not know.
  | 'other_script'
  // AND, OR, NOT, `-`, NEAR, a wildcard or a fuzzy word: the caller wants exactly this.
  | 'operators'
  // Only fields or ranges: newest first, then by chunk.
  | 'only_fields'
  // One quoted phrase, or one code or number.
  | 'exact'
  // Anything else: words, questions, words with phrases or fields.
  | 'words'

export interface ModeFacts {
  /** Vectors in reach, and their provider answers. */
  hasVectors: boolean
  /** Of the model's profile: it has passed the gate. */
  autoHybrid: boolean
  /** Unicode scripts that the model knows, by their long names: `Latin`. */
  scripts: readonly string[]
}

export interface ModeChoice {
  mode: 'lexical' | 'dense' | 'hybrid'
  rule: ModeRule
  /** Must all plain words of the tree occur (function words excepted), or one of them? */
  plain: 'and' | 'or'
}

const otherScriptShareMax = 0.2

/**
 * Chooses the mode. `question` is null where `dense` is asked for: it embeds the text as it stands
 * and reads no syntax. Throws `no_vectors` where `dense` or `hybrid` is asked for without vectors.
 */
export function chooseMode(
  question: Question | null,
  facts: ModeFacts,
  asked: AskedMode = 'auto',
): ModeChoice {
  if ((asked === 'dense' || asked === 'hybrid') && !facts.hasVectors) throw noVectors(asked)
  if (asked === 'dense') return { mode: 'dense', rule: 'asked', plain: 'or' }
  assert(question !== null, 'only a dense search may come without a parsed question')
  if (asked !== 'auto') return { mode: asked, rule: 'asked', plain: plainFor(question, asked) }
  return chooseForAuto(question, facts)
}

function chooseForAuto(question: Question, facts: ModeFacts): ModeChoice {
  if (!facts.hasVectors || !facts.autoHybrid) {
    return { mode: 'lexical', rule: 'no_vectors', plain: plainFor(question, 'hybrid') }
  }
  if (otherScriptShare(question.wordsText, facts.scripts) > otherScriptShareMax) {
    return { mode: 'lexical', rule: 'other_script', plain: plainFor(question, 'hybrid') }
  }
  if (question.hasOperators) return { mode: 'lexical', rule: 'operators', plain: 'and' }
  if (question.onlyFields) return { mode: 'lexical', rule: 'only_fields', plain: 'and' }
  if (question.isOnePhrase || question.isOneCode) {
    return { mode: 'lexical', rule: 'exact', plain: 'and' }
  }
  return { mode: 'hybrid', rule: 'words', plain: 'or' }
}

// Whoever asks for `lexical` by name gets the published syntax, `a b` = `a AND b`. Otherwise a
// question in plain words is one of relevance, until an operator makes everything required.
function plainFor(question: Question, mode: 'lexical' | 'hybrid'): 'and' | 'or' {
  return mode === 'lexical' || question.hasOperators ? 'and' : 'or'
}

function otherScriptShare(text: string, scripts: readonly string[]): number {
  const known = scripts.map((script) => new RegExp(`\\p{Script_Extensions=${script}}`, 'u'))
  const letters = text.match(/\p{L}/gu) ?? []
  const others = letters.filter((letter) => !known.some((script) => script.test(letter)))
  return letters.length === 0 ? 0 : others.length / letters.length
}

function noVectors(asked: AskedMode): Failure {
  return new Failure('no_vectors', `Nothing in reach has vectors, which ${asked} search needs.`, {
    details: { hint: 'Use auto or lexical.' },
  })
}

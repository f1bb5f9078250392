// The values of mime, modality, lang, object and meta.<key>: equality, so a value is taken as it is
// written. A wildcard or comparison in it is refused, because it would quietly match nothing.
import type { Mistake } from './question-problem.ts'
import { type Char, isSyntax, textOf, withoutQuestionMark } from './question-word.ts'

const modalities = ['document', 'image', 'audio', 'video', 'records', 'mixed']
const mimeForm = /^[a-z0-9][\w.+-]*\/[a-z0-9][\w.+-]*$/
const languageForm = /^[a-z]{2,3}(-[a-z0-9]{2,8})*$/

type Written = { kind: 'word'; chars: readonly Char[] } | { kind: 'phrase'; text: string }

/** The value to compare with, or undefined if the field cannot have it. */
export function readKeyword(field: string, written: Written): string | undefined {
  const value = written.kind === 'phrase' ? written.text : readBare(written.chars)
  const folded = value?.toLowerCase() ?? ''
  switch (field) {
    case 'modality':
      return modalities.includes(folded) ? folded : undefined
    case 'mime':
      return mimeForm.test(folded) ? folded : undefined
    case 'lang':
      return languageForm.test(folded) ? folded : undefined
    case 'object':
      return value === '' ? undefined : value
    default:
      return value?.normalize('NFC')
  }
}

function readBare(written: readonly Char[]): string | undefined {
  const chars = withoutQuestionMark(written)
  const isPattern = chars.some((char) => isSyntax(char, '*') || isSyntax(char, '?'))
  const isCompared = isSyntax(chars[0], '<') || isSyntax(chars[0], '>')
  return isPattern || isCompared || chars.length === 0 ? undefined : textOf(chars)
}

export function keywordMistake(field: string): Mistake {
  return {
    code: 'bad_value',
    text: `The field ${field} cannot have this value.`,
    hint: hintOf(field),
  }
}

function hintOf(field: string): string {
  switch (field) {
    case 'modality':
      return `Write one of ${modalities.join(', ')}.`
    case 'mime':
      return 'Write a whole media type, such as mime:application/pdf; wildcards do not work here.'
    case 'lang':
      return 'Write a language tag, such as lang:de or lang:pt-br.'
    default:
      return 'The value must be equal, without wildcards and ranges; put it in quotation marks to take every character literally.'
  }
}

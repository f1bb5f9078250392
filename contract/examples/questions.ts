// A question for each way in which one can be wrong, and what the server says of it: where, and what to
// write instead. `null` where it depends on what there is to be found.
import type { questionCodes } from '../errors.ts'
import type { ErrorExample } from './example.ts'

type QuestionCode = (typeof questionCodes)[number]

interface Mistake extends ErrorExample {
  query: string | null
}

export const questionExamples: Record<QuestionCode, Mistake> = {
  query_empty: {
    query: '...',
    message: 'The question has no letter and no digit.',
    details: { start: 0, end: 3, hint: 'Write at least one word.' },
  },
  query_too_long: {
    query: 'vat '.repeat(505),
    message: 'A question may have at most 2000 characters.',
    details: {
      start: 2_000,
      end: 2_020,
      hint: 'Shorten the question, or use filters instead of long lists.',
    },
  },
  unbalanced_quote: {
    query: 'VAT "disputed amount',
    message: 'This quotation mark is never closed.',
    details: {
      start: 4,
      end: 5,
      hint: 'Add the closing quotation mark, or write \\" for the character itself.',
    },
  },
  unbalanced_parenthesis: {
    query: '(VAT OR dispute',
    message: 'This parenthesis is never closed.',
    details: {
      start: 0,
      end: 1,
      hint: 'Add the missing ), or write \\( for the character itself.',
    },
  },
  missing_operand: {
    query: 'invoice AND',
    message: 'This operator lacks a word, phrase or group beside it.',
    details: {
      start: 8,
      end: 11,
      hint: 'Add what is missing. Operators are AND, OR, NOT, NEAR and ONEAR; in lower case, or as \\AND, they are words.',
    },
  },
  only_negative: {
    query: '-draft',
    message: 'Here everything is excluded and nothing is asked for.',
    details: {
      start: 0,
      end: 6,
      hint: 'Add what should occur, such as report -draft; \\- is the character itself.',
    },
  },
  unknown_field: {
    query: 'vendor:acme',
    message: 'There is no field vendor.',
    details: {
      start: 0,
      end: 6,
      hint: 'Fields are title, filename, mime, modality, lang, object, created, date and meta.<key>; write \\: for the character itself.',
    },
  },
  bad_value: {
    query: 'lang:english VAT',
    message: 'The field lang cannot have this value.',
    details: { start: 5, end: 12, hint: 'Write a language tag, such as lang:de or lang:pt-br.' },
  },
  bad_date: {
    query: 'created:2025-13-40',
    message: 'This is no date and no range of dates.',
    details: {
      start: 8,
      end: 18,
      hint: 'Write 2024, 2024-03, 2024-03-05, >=2024, <2024-03-05T10:00:00Z or [2024-01-01 TO 2024-06], from the earlier to the later.',
    },
  },
  bad_distance: {
    query: 'VAT NEAR/200 dispute',
    message: 'The distance of NEAR must be a whole number from 0 to 99, written at once.',
    details: {
      start: 4,
      end: 12,
      hint: 'Write NEAR/5 or ONEAR/5 without a blank; NEAR alone means NEAR/10.',
    },
  },
  near_operand: {
    query: 'VAT NEAR (audit AND dispute)',
    message: 'NEAR cannot take this as an operand.',
    details: {
      start: 9,
      end: 28,
      hint: 'On each side stands a word, a phrase, a prefix such as contract*, or (a OR b); for a field write title:(a NEAR b).',
    },
  },
  near_chained: {
    query: 'VAT NEAR dispute NEAR audit',
    message: 'NEAR joins two operands and cannot be chained.',
    details: { start: 17, end: 21, hint: 'Write (a NEAR/5 b) AND (b NEAR/5 c).' },
  },
  slop_unsupported: {
    query: '"VAT dispute"~3',
    message: 'A distance after a phrase is not supported.',
    details: {
      start: 13,
      end: 15,
      hint: 'Use NEAR: a NEAR/3 b finds both words with at most 3 words between them.',
    },
  },
  wildcard_too_short: {
    query: 'i*',
    message: 'There are too few characters beside the wildcard.',
    details: {
      start: 0,
      end: 2,
      hint: 'Write at least 2 letters or digits in the same word (- and . separate words), and 3 in a row after a wildcard at the start; \\* and \\? are the characters themselves.',
    },
  },
  too_deep: {
    query: `${'('.repeat(21)}VAT${')'.repeat(21)}`,
    message: 'Parentheses may be nested at most 20 deep.',
    details: { start: 20, end: 21, hint: 'Remove parentheses that are not needed.' },
  },
  too_many_clauses: {
    query: Array(17).fill('inv*').join(' '),
    message: 'A question may have at most 16 wildcards and fuzzy words.',
    details: {
      start: 80,
      end: 84,
      hint: 'Ask several questions, or write the words out.',
    },
  },
  expansion_limit: {
    query: null,
    message:
      'The question cannot be answered: It stands for more than 1024 words here; write more letters.',
    details: {
      start: 0,
      end: 4,
      hint: 'It stands for more than 1024 words here; write more letters.',
    },
  },
}

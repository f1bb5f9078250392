// A list as CSV (RFC 4180): the columns are the fields of its items.
import type { Operation } from '@ipto/contract/operation.ts'
import { stringify } from 'csv-stringify/sync'
import { z } from 'zod'
import { assert } from '../base/errors.ts'

export interface ExportFormat {
  mediaType: string
  /** Before the first item, also where there is none. */
  head: string
  linesOf(items: readonly unknown[]): string
}

export function csvOf(op: Operation): ExportFormat {
  const columns = columnsOf(op)
  return {
    mediaType: 'text/csv; charset=utf-8',
    head: linesOf([Object.fromEntries(columns.map((name) => [name, name]))], columns),
    linesOf: (items) => linesOf(items, columns),
  }
}

function columnsOf(op: Operation): string[] {
  assert(op.output instanceof z.ZodObject, 'an item of a list that answers CSV has fields')
  return Object.keys(op.output.shape)
}

function linesOf(items: readonly unknown[], columns: string[]): string {
  return stringify([...items], {
    columns,
    record_delimiter: 'windows',
    // Also one alone: a reader takes either for the end of a line.
    quoted_match: /[\r\n]/,
    cast: {
      string: safeText,
      boolean: String,
      object: (value) => safeText(JSON.stringify(value)),
    },
  })
}

// A spreadsheet takes a cell that begins so for a formula.
function safeText(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
}

// A list as CSV (RFC 4180): the columns are the fields of its items, and all pages follow each other in
// one stream.
import { Readable } from 'node:stream'
import type { Operation } from '@ipto/contract/operation.ts'
import { stringify } from 'csv-stringify/sync'
import { z } from 'zod'
import { assert } from '../base/errors.ts'
import type { Page, Position } from '../base/page.ts'

/** How many rows are read at once, whatever `limit` says: all pages follow anyway. */
export const csvRowsAtOnce = 100

export function wantsCsv(accept: string | undefined): boolean {
  return /^text\/csv\b/i.test(accept?.trim() ?? '')
}

interface Flow {
  after: Position | null
  /** Before each page: a credential that is revoked meanwhile ends the stream. */
  requireLive: () => Promise<void>
}

/** The first page is read before anything is sent, so that a mistake is still an error answer. */
export async function csvOf(
  op: Operation,
  pageAfter: (after: Position | null) => Promise<Page<unknown>>,
  { after, requireLive }: Flow,
): Promise<Readable> {
  const columns = columnsOf(op)
  const first = await pageAfter(after)
  await requireLive()
  return Readable.from(
    (async function* () {
      yield linesOf([Object.fromEntries(columns.map((name) => [name, name]))], columns)
      let page = first
      for (;;) {
        if (page.items.length > 0) yield linesOf(page.items, columns)
        if (!page.next) return
        page = await pageAfter(page.next)
        await requireLive()
      }
    })(),
  )
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

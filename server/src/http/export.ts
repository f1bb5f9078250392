// A whole list in one stream, by the Accept header: all its pages follow each other, as CSV or as NDJSON
// (an object a line), whichever its operation declares.
import { Readable } from 'node:stream'
import type { Operation } from '@ipto/contract/operation.ts'
import type { Page, Position } from '../base/page.ts'
import { csvOf, type ExportFormat } from './csv.ts'

/** How many rows are read at once, whatever `limit` says: all pages follow anyway. */
export const exportRowsAtOnce = 100

const ndjson: ExportFormat = {
  mediaType: 'application/x-ndjson; charset=utf-8',
  head: '',
  linesOf: (items) => items.map((item) => `${JSON.stringify(item)}\n`).join(''),
}

/** Undefined where a page of JSON is asked for, or the operation has no such form. */
export function exportOf(op: Operation, accept: string | undefined): ExportFormat | undefined {
  const asked = accept?.trim() ?? ''
  if (op.media === 'csv' && /^text\/csv\b/i.test(asked)) return csvOf(op)
  return op.media === 'ndjson' && /^application\/x-ndjson\b/i.test(asked) ? ndjson : undefined
}

interface Flow {
  after: Position | null
  /** Before each page: a credential that is revoked meanwhile ends the stream. */
  requireLive: () => Promise<void>
}

/** The first page is read before anything is sent, so that a mistake is still an error answer. */
export async function streamOf(
  { head, linesOf }: ExportFormat,
  pageAfter: (after: Position | null) => Promise<Page<unknown>>,
  { after, requireLive }: Flow,
): Promise<Readable> {
  const first = await pageAfter(after)
  await requireLive()
  return Readable.from(
    (async function* () {
      if (head !== '') yield head
      let page = first
      for (;;) {
        if (page.items.length > 0) yield linesOf(page.items)
        if (!page.next) return
        page = await pageAfter(page.next)
        await requireLive()
      }
    })(),
  )
}

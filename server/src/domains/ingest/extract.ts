// The first stage: bytes become pages of canonical text. The file is read outside any transaction, in a
// process of its own; the pages and the step to the next stage are one transaction.
import type { Db, Tx } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'
import { emit } from '../../jobs/queue.ts'
import type { Blobs } from '../objects/blobs.ts'
import * as objects from '../objects/objects.ts'
import { advanced } from './events.ts'
import type {
  ExtractedPage,
  ExtractFailureCode,
  Extractor,
  ExtractRequest,
  ExtractResult,
} from './extractor.ts'
import { fail, type Hold, type Lease, pause, stillHolds } from './lease.ts'
import type { ObjectName } from './store.ts'
import * as store from './store.ts'

export interface ExtractDeps {
  db: Db
  blobs: Blobs
  extractor: Extractor
}

export type Extracted = Extract<ExtractResult, { kind: 'extracted' }>

// These may be the machine's fault: they are tried again. All others are the file's and stay.
const passingCodes: ReadonlySet<ExtractFailureCode> = new Set([
  'time_limit',
  'memory_limit',
  'extractor_crashed',
])
const passingAttemptsMax = 3

// Of one statement.
const rowsMax = 200
const unitsMax = 2_000_000

export async function extract(deps: ExtractDeps, lease: Lease, hold: Hold): Promise<void> {
  const result = await readFile(deps, lease, hold.signal)
  await deps.db.tx(async (tx) => {
    if (!(await stillHolds(tx, lease))) return
    if (result.kind === 'extracted') {
      await keepPages(tx, lease, result)
      await emit(tx, advanced, { objectId: lease.objectId, tenantId: lease.tenantId })
    } else if (passingCodes.has(result.code) && lease.attempts < passingAttemptsMax) {
      await pause(tx, lease, hold.now())
    } else {
      await fail(tx, lease, { ...result, stage: 'extract', now: hold.now() })
    }
  })
}

/** Reads the bytes of an object. Text of blanks only counts as none. */
export async function readFile(
  deps: ExtractDeps,
  { objectId }: Pick<ObjectName, 'objectId'>,
  signal: AbortSignal,
): Promise<ExtractResult> {
  const result = await withFile(deps, objectId, (file) => deps.extractor.extract(file, signal))
  if (result.kind === 'failed' || result.pages.some((page) => /\S/.test(page.text))) return result
  return { kind: 'failed', code: 'no_text', message: 'There is no text in the file.' }
}

/** Throws `not_found` where there are no bytes (any more). */
export async function withFile<T>(
  { db, blobs }: ExtractDeps,
  objectId: Id<'obj'>,
  use: (file: ExtractRequest) => Promise<T>,
): Promise<T> {
  const { object, path, release } = await objects.openBytes({ db, blobs }, objectId)
  try {
    return await use({ path, contentType: object.contentType, filename: object.filename })
  } finally {
    await release()
  }
}

/** Replaces what was kept of the object; the run then waits for its next stage. */
export async function keepPages(tx: Tx, name: ObjectName, result: Extracted): Promise<void> {
  const { objectId, tenantId } = name
  await store.deletePages(tx, name)
  for (const batch of batchesOf(result.pages)) await store.insertPages(tx, name, batch)
  const { contentType, title, language, pages } = result
  const pageCount = pageCountOf(pages)
  await store.markExtracted(tx, { objectId, tenantId, contentType, title, language, pageCount })
}

/** Runs of pages that one statement takes: 200 at most, and about two million units of text. */
function* batchesOf(pages: readonly ExtractedPage[]) {
  let firstOrd = 0
  let units = 0
  for (const [ord, page] of pages.entries()) {
    if (ord > firstOrd && (ord - firstOrd === rowsMax || units + page.text.length > unitsMax)) {
      yield { firstOrd, pages: pages.slice(firstOrd, ord) }
      firstOrd = ord
      units = 0
    }
    units += page.text.length
  }
  if (firstOrd < pages.length) yield { firstOrd, pages: pages.slice(firstOrd) }
}

/** Null where the file has no pages: records, or a text that flows. Pages without text are not there. */
function pageCountOf(pages: readonly ExtractedPage[]): number | null {
  const isPaged = pages.every((page) => page.kind === 'page' || page.kind === 'box')
  return isPaged ? (pages.at(-1)?.number ?? 0) : null
}

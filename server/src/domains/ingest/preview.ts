// What a person sees before the decision. The file is read once: its pages are kept, and an approval goes
// on from there. A refusal deletes them.
import type { Db } from '../../base/db.ts'
import { notFound } from '../../base/errors.ts'
import type { Id } from '../../base/ids.ts'
import * as objects from '../objects/objects.ts'
import { type ExtractDeps, type Extracted, keepPages, readFile, withFile } from './extract.ts'
import type { ExtractFailureCode, PageImage } from './extractor.ts'
import type { ObjectName } from './store.ts'
import * as store from './store.ts'

const previewUnitsMax = 5_000
const previewPagesMax = 100

export interface Preview {
  /** By content; '' where the file could not be read. */
  contentType: string
  /** Canonical text of the first pages, at most 5,000 UTF-16 units, pages set apart by a blank line. */
  text: string
  /** The pages that `text` holds or begins, at most 100. */
  pages: { page: number }[]
  /** Why the file could not be read. */
  failure: { code: ExtractFailureCode; message: string } | null
}

/** Text of an object in review. Throws `not_found` where there are no bytes (any more). */
export async function preview(
  deps: ExtractDeps,
  { objectId }: { objectId: Id<'obj'> },
  signal: AbortSignal = new AbortController().signal,
): Promise<Preview> {
  const object = await objects.findObject(deps.db, objectId)
  if (!object) throw notFound()
  const name = { objectId, tenantId: object.tenantId }
  const kept = await findKept(deps.db, name)
  if (kept) return kept
  const result = await readFile(deps, name, signal)
  if (result.kind === 'failed') {
    return {
      contentType: '',
      text: '',
      pages: [],
      failure: { code: result.code, message: result.message },
    }
  }
  await keepOnce(deps.db, name, result)
  return previewOf(result.contentType, result.pages)
}

/** The first pages as they look, where the file has any that can be drawn. Throws as `preview`. */
export async function drawPages(
  deps: ExtractDeps,
  name: ObjectName,
  signal: AbortSignal,
): Promise<PageImage[]> {
  const run = await store.findRun(deps.db, name)
  // What was read as text has no page images: no child is started only to say so.
  if (run?.contentType && !/^image\/|^application\/pdf$/.test(run.contentType)) return []
  return withFile(deps, name.objectId, (file) => deps.extractor.draw(file, signal))
}

async function findKept(db: Db, name: ObjectName): Promise<Preview | undefined> {
  const run = await store.findRun(db, name)
  if (!run?.contentType) return undefined
  const unitsMax = previewUnitsMax
  const heads = await store.listPageHeads(db, name, { pagesMax: previewPagesMax, unitsMax })
  return heads.length > 0 ? previewOf(run.contentType, heads) : undefined
}

function previewOf(
  contentType: string,
  pages: Iterable<{ number: number; text: string }>,
): Preview {
  const shown: { page: number }[] = []
  let text = ''
  for (const page of pages) {
    if (text.length >= previewUnitsMax || shown.length === previewPagesMax) break
    text += text === '' ? page.text : `\n\n${page.text}`
    shown.push({ page: page.number })
  }
  return { contentType, text: cut(text), pages: shown, failure: null }
}

function cut(text: string): string {
  const head = text.slice(0, previewUnitsMax)
  // The cut may go through a surrogate pair.
  return head.isWellFormed() ? head : head.slice(0, -1)
}

/** Only where nobody began to ingest it, and only while the object is there to be decided on. */
async function keepOnce(db: Db, name: ObjectName, result: Extracted): Promise<void> {
  await db.tx(async (tx) => {
    const states = await store.lockStates(tx, name)
    if (!states || states.removedAt || states.purgedAt) return
    if (states.reviewState !== 'staged' && states.reviewState !== 'under_review') return
    await store.insertRun(tx, name)
    const run = await store.lockRun(tx, name)
    if (run?.stage === 'extract' && run.holder === null) await keepPages(tx, name, result)
  })
}

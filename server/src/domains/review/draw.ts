// Images of the pages that a person decides on. Their keys follow from the object and the page, and its
// inspection stands before the first of them: so what a dead worker left behind goes with the rest.
import { Readable } from 'node:stream'
import { addMs } from '../../base/clock.ts'
import type { Id } from '../../base/ids.ts'
import type { TaskRun } from '../../jobs/queue.ts'
import { imageBytesMax, imagePagesMax, type PageImage } from '../ingest/extractor.ts'
import * as ingest from '../ingest/ingest.ts'
import type { Blobs } from '../objects/blobs.ts'
import type { Inspection, ObjectName, PreviewPage } from './store.ts'
import * as store from './store.ts'

/** Long enough to look at a page, and too short to be of use to whoever finds the address later. */
const addressLifeMs = 10 * 60_000

const keyOf = (objectId: Id<'obj'>, page: number) => `previews/${objectId}/${page}`

/** Draws what was inspected and waits for a person. Harmless twice. */
export async function drawPages(
  deps: ingest.IngestDeps,
  name: ObjectName,
  { signal }: Pick<TaskRun, 'signal'>,
): Promise<void> {
  const { db, blobs } = deps
  const inspection = await store.findAwaited(db, name)
  if (!inspection || isDrawn(inspection)) return
  const images = await ingest.drawPages(deps, name, signal).catch(async (error: unknown) => {
    // Decided or deleted while it was drawn, and its bytes went with that: nobody will look.
    if (await store.findAwaited(db, name)) throw error
    return undefined
  })
  if (!images) return
  for (const { page, jpeg } of images) {
    const body = Readable.from([jpeg])
    await blobs.put(keyOf(name.objectId, page), body, { bytesMax: imageBytesMax })
  }
  const previewPages = withImages(inspection.previewPages, images)
  const isKept = await db.tx((tx) => store.markDrawn(tx, { ...name, previewPages }))
  // Purged meanwhile: who removes images may have been here before these came.
  if (!isKept) await removeImages(deps, name.objectId)
}

/** Also of pages that are not known to have one: a worker may have died before it said so. */
export async function removeImages(
  { blobs }: { blobs: Blobs },
  objectId: Id<'obj'>,
): Promise<void> {
  for (let page = 1; page <= imagePagesMax; page += 1) await blobs.remove(keyOf(objectId, page))
}

/** Where a page is seen; null where it was not drawn. */
export async function imageUrlOf(
  { blobs }: { blobs: Blobs },
  { objectId, page, isDrawn }: PreviewPage & { objectId: Id<'obj'> },
  now: Date,
): Promise<string | null> {
  if (!isDrawn) return null
  const { url } = await blobs.presignGet({
    key: keyOf(objectId, page),
    filename: `page-${page}.jpg`,
    contentType: 'image/jpeg',
    expiresAt: addMs(now, addressLifeMs),
  })
  return url
}

function isDrawn({ previewPages }: Inspection): boolean {
  return previewPages.some((page) => page.isDrawn !== undefined)
}

/** Pages without text have no place in the preview but for their image. */
function withImages(pages: readonly PreviewPage[], images: readonly PageImage[]): PreviewPage[] {
  const numbers = new Set([...pages, ...images].map(({ page }) => page))
  const drawn = new Set(images.map(({ page }) => page))
  return [...numbers]
    .sort((one, other) => one - other)
    .map((page) => ({ page, isDrawn: drawn.has(page) }))
}

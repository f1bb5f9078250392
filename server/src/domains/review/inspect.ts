// The task that looks into an object before a person does. It never decides against an object; where an
// operator trusts the tenant, the object is approved by that rule once its inspection stands, and a share
// of these waits in the queue all the same.
import { randomInt } from 'node:crypto'
import { systemActor } from '../../base/call.ts'
import { addMs, msPerDay } from '../../base/clock.ts'
import type { Db, Tx } from '../../base/db.ts'
import { Failure } from '../../base/errors.ts'
import type { TaskRun } from '../../jobs/queue.ts'
import * as identity from '../identity/identity.ts'
import * as ingest from '../ingest/ingest.ts'
import type { Blobs } from '../objects/blobs.ts'
import * as objects from '../objects/objects.ts'
import { drawPages, removeImages } from './draw.ts'
import { findingsOf, riskOf } from './findings.ts'
import type { ObjectName } from './store.ts'
import * as store from './store.ts'

export interface ReviewSettings {
  /** Of the objects that are approved by rule: who could foresee which ones would time uploads by it. */
  reviewSamplePercent: number
}

export type InspectDeps = ingest.IngestDeps & { settings: ReviewSettings }

// Enough for the head of any document; markers further back are not looked for.
const headBytesMax = 8 * 1024 ** 2

/**
 * Writes the inspection of an object that is in review, once, and then draws its first pages where a
 * person decides. Harmless twice.
 */
export async function inspect(deps: InspectDeps, name: ObjectName, run: TaskRun): Promise<void> {
  const object = await objects.findObject(deps.db, name.objectId)
  // A worker that died at this task may have left images that came after the purge.
  if (object?.purgedAt) return removeImages(deps, name.objectId)
  await writeInspection(deps, object, run)
  // Apart, and afterwards: what cannot be drawn keeps nobody from the text and the findings.
  await drawPages(deps, name, run)
}

async function writeInspection(
  deps: InspectDeps,
  object: objects.StoredObject | undefined,
  { now, signal }: TaskRun,
): Promise<void> {
  const { db, settings } = deps
  if (!object?.sha256 || !isInReview(object)) return
  const { id: objectId, tenantId } = object
  if (await store.findInspection(db, tenantId, objectId)) return
  const seen = await look(deps, { ...object, sha256: object.sha256 }, signal).catch(
    async (error: unknown) => {
      // Decided or deleted while it was read, and its bytes went with that: nothing to look into.
      const then = await objects.findObject(db, objectId)
      if (then && isInReview(then)) throw error
      return undefined
    },
  )
  if (!seen) return
  await db.tx(async (tx) => {
    await store.insertInspection(tx, { objectId, tenantId, ...seen, inspectedAt: now })
    const isByRule = await approveByRule(tx, { objectId, tenantId }, now)
    if (isByRule && randomInt(100) < settings.reviewSamplePercent) {
      await store.markSample(tx, { objectId, tenantId }, 'waiting')
    }
  })
}

async function look(
  deps: InspectDeps,
  { id, tenantId, sha256, contentType }: objects.StoredObject & { sha256: string },
  signal: AbortSignal,
) {
  const { db } = deps
  const preview = await ingest.preview(deps, { objectId: id }, signal)
  const findings = findingsOf({
    declaredType: contentType,
    preview,
    text: (await store.listPageTexts(db, tenantId, id)).join('\n\n') || preview.text,
    head: await objects.readHead(deps, id, headBytesMax),
    duplicateCount: await store.countSameBytes(db, tenantId, { id, sha256 }),
  })
  const risk = riskOf(findings)
  return { risk, findings, previewText: preview.text, previewPages: preview.pages }
}

function isInReview({ removedAt, reviewState }: objects.StoredObject): boolean {
  return removedAt === null && (reviewState === 'staged' || reviewState === 'under_review')
}

/** Answers whether it did. */
async function approveByRule(tx: Tx, name: ObjectName, now: Date): Promise<boolean> {
  const tenant = await identity.findTenant(tx, name.tenantId)
  if (!tenant?.approvedAutomatically) return false
  const object = await objects.findObject(tx, name.objectId)
  if (!object || !isInReview(object)) return false
  if (object.reviewExpiresAt !== null && now >= object.reviewExpiresAt) return false
  const by = { actor: systemActor(name.tenantId, 'review.approve-by-rule'), now }
  const decision = { decision: 'approved', reason: null, isAutomatic: true } as const
  await objects.decide(tx, by, { ...name, ...decision })
  return true
}

// How long the task of an upload is waited for before the watchdog looks itself.
const inspectionWaitMs = 60_000
const inspectionsPerRun = 20

/** Watchdog: finds objects whose task was lost or gave up, by their rows. */
export async function inspectForgotten(deps: InspectDeps, run: TaskRun): Promise<void> {
  const before = addMs(run.now, -inspectionWaitMs)
  const errors: unknown[] = []
  for (const name of await store.listUninspected(deps.db, before, inspectionsPerRun)) {
    if (run.signal.aborted) return
    // One object that cannot be inspected must not keep the others from it.
    await inspect(deps, name, run).catch((error: unknown) => errors.push(error))
  }
  if (errors.length > 0) throw new AggregateError(errors, 'objects could not be inspected')
}

const overduePerRun = 500

/** Ends the reviews whose time is over. */
export async function expireOverdue({ db }: { db: Db }, { now, signal }: TaskRun): Promise<void> {
  for (const name of await store.listOverdue(db, now, overduePerRun)) {
    if (signal.aborted) return
    const by = { actor: systemActor(name.tenantId, 'review.expire-overdue'), now }
    const decision = { decision: 'expired', reason: null, isAutomatic: false } as const
    await db
      .tx((tx) => objects.decide(tx, by, { ...name, ...decision }))
      .catch((error: unknown) => {
        // Decided or deleted since the list was read: nothing is left to do.
        if (!(error instanceof Failure)) throw error
      })
  }
}

/** Text and images of a purged object go from its inspection too. */
export async function forgetText(
  { db, blobs }: { db: Db; blobs: Blobs },
  name: ObjectName,
): Promise<void> {
  if (!(await store.findInspection(db, name.tenantId, name.objectId))) return
  // First the bytes, then the mark: until it is set the watchdog comes back.
  await removeImages({ blobs }, name.objectId)
  await db.tx(async (tx) => {
    const inspection = await store.lockInspection(tx, name.tenantId, name.objectId)
    if (!inspection) return
    const findings = inspection.findings.map((finding) => ({ ...finding, sample: null }))
    await store.clearInspection(tx, { ...name, findings })
  })
}

// How far back the watchdog looks: longer than any outage of the queue is left alone.
const forgetWindowMs = 14 * msPerDay

/** Watchdog of `forgetText`. */
export async function forgetPurged(
  deps: { db: Db; blobs: Blobs },
  { now, signal }: TaskRun,
): Promise<void> {
  const since = addMs(now, -forgetWindowMs)
  for (const name of await store.listUnforgotten(deps.db, since, overduePerRun)) {
    if (signal.aborted) return
    await forgetText(deps, name)
  }
}

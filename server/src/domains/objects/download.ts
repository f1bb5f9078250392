// The original file. Charged before the address is given out, once in 24 hours for a tenant and object.
import type { Actor, Call } from '../../base/call.ts'
import { addMs, msPerDay } from '../../base/clock.ts'
import type { Db, Tx } from '../../base/db.ts'
import { assert, notFound } from '../../base/errors.ts'
import { asId, type Id, idFor } from '../../base/ids.ts'
import * as access from '../access/access.ts'
import * as billing from '../billing/billing.ts'
import * as catalog from '../catalog/catalog.ts'
import type { Blobs, SignedAddress } from './blobs.ts'
import type { ObjectSettings } from './settings.ts'
import type { StoredObject } from './store.ts'
import * as store from './store.ts'

export interface Downloaded {
  id: Id<'dl'>
  chargedMicros: bigint
  /** What is left of the caller's tightest budget; null where nothing limits. */
  remainingMicros: bigint | null
  address: SignedAddress
}

/**
 * Own objects until they are purged; others where the dataset may be used and the object is active.
 * Throws `not_found`, `forbidden` as `access.requireUse`, `budget_exceeded`, `unauthorized`.
 */
export async function download(
  { db, blobs, settings }: { db: Db; blobs: Blobs; settings: ObjectSettings },
  call: Call,
  objectId: string,
): Promise<Downloaded> {
  const { actor, now } = call
  const object = await requireDownloadable(db, call, asId('obj', objectId))
  const offers = await catalog.offersFor(db, actor, [object.datasetId], now)
  const offer = offers.get(object.datasetId)
  if (!offer) throw notFound()
  const usage = usageOf(offer, object, now)
  const sold = await db.tx((tx) => sell(tx, call, object.id, usage))
  const key = await store.findBlobKey(db, object.tenantId, object.id)
  if (!key) throw notFound()
  const address = await blobs.presignGet({
    key,
    filename: object.filename,
    contentType: object.contentType,
    expiresAt: addMs(now, settings.downloadLifeMs),
  })
  return { ...sold, address }
}

async function requireDownloadable(
  db: Db,
  { actor, now }: Call,
  objectId: Id<'obj'>,
): Promise<StoredObject> {
  const object = await store.findObjectOfAny(db, objectId)
  // Asked also for an unknown object, so that both take the same work.
  await access.requireUse(db, actor, object?.datasetId ?? asId('dset', 'dset_'), now)
  if (!object || !mayDownload(actor, object)) throw notFound()
  return object
}

function mayDownload(actor: Actor, object: StoredObject): boolean {
  if (object.uploadState !== 'uploaded' || object.purgedAt) return false
  if (object.tenantId === actor.tenantId) return true
  return !object.removedAt && object.reviewState === 'approved' && object.indexState === 'indexed'
}

function usageOf(offer: catalog.Offer, object: StoredObject, now: Date): billing.UsageDraft {
  return {
    eventType: 'download',
    datasetId: object.datasetId,
    datasetName: offer.datasetName,
    objectId: object.id,
    chunkNo: null,
    searchActivityId: null,
    quantity: 1n,
    price: catalog.unitPriceOf(offer, {
      eventType: 'download',
      indexedAt: object.indexedAt ?? now,
      now,
    }),
    providerTenantId: object.tenantId,
    isBillable: !offer.isOwned,
  }
}

type Sold = Omit<Downloaded, 'address'>

async function sell(
  tx: Tx,
  { actor, chargeKey, now }: Call,
  objectId: Id<'obj'>,
  usage: billing.UsageDraft,
): Promise<Sold> {
  const { tenantId } = actor
  await store.lockDownloads(tx, tenantId, objectId)
  const same = await store.findDownloadByChargeKey(tx, tenantId, chargeKey)
  const recent =
    same ?? (await store.findDownloadSince(tx, tenantId, objectId, addMs(now, -msPerDay)))
  // A free one passes through the same charge, of nothing: whether the caller still lives is asked there.
  const request = { actor, chargeKey, now, usage: recent ? [] : [usage], maxMicros: null }
  const charge = await billing.charge(tx, request)
  const { remainingMicros } = charge
  if (recent) return { id: recent.id, chargedMicros: same?.amountMicros ?? 0n, remainingMicros }

  const [event] = charge.events
  assert(event, 'one usage makes one usage event')
  const id = idFor('dl', chargeKey)
  const amountMicros = charge.amountMicros
  await store.insertDownload(tx, {
    id,
    tenantId,
    objectId,
    chargeKey,
    usageEventId: event.id,
    amountMicros,
    downloadedAt: now,
  })
  return { id, chargedMicros: amountMicros, remainingMicros }
}

// API keys: machine credentials that only narrow what their creator may do.
import { type Role, type Scope, scopesOfRole } from '@ipto/contract/scopes.ts'
import type { Actor, Call } from '../../base/call.ts'
import type { Db, Sql, Tx } from '../../base/db.ts'
import { Failure, notFound } from '../../base/errors.ts'
import { asId, type Id, idFor } from '../../base/ids.ts'
import { afterId, type Page, pageOf } from '../../base/page.ts'
import * as audit from '../audit/audit.ts'
import * as resources from '../resources/resources.ts'
import { hashOf, isSameHash, randomText, Secret, secretLength } from './secrets.ts'
import type { ApiKey, KeyRow } from './store.ts'
import * as store from './store.ts'

const prefixLength = 10

export interface KeyInput {
  name: string
  scopes: Scope[]
  /** Null: every dataset that the tenant may use. */
  datasetIds: Id<'dset'>[] | null
  /** What its use is attributed to, for as long as the key lives. */
  resourceId?: string | null
  budgetMicros: bigint | null
  expiresAt: Date | null
}

export interface IssuedKey {
  key: ApiKey
  secret: Secret
}

/** The datasets of an allow-list were checked before, in `access`. */
export async function issueKey(
  { db }: { db: Db },
  { actor, chargeKey, now, requestId }: Call,
  input: KeyInput,
): Promise<IssuedKey> {
  const parent = await parentOf(db, actor)
  requireNarrower(actor, parent, input)
  const wished = input.resourceId ?? null
  const prefix = randomText(prefixLength)
  const secretText = randomText(secretLength)
  const key: ApiKey = {
    id: idFor('key', chargeKey),
    tenantId: actor.tenantId,
    ...input,
    // A key that is attributed hands its resource on, whether that is still there or not: otherwise it
    // could leave the resource's budget by making another key.
    resourceId: actor.resourceId ?? (wished === null ? null : asId('res', wished)),
    prefix,
    // A key made by a key hangs on the same user.
    createdBy: parent?.createdBy ?? actor.id,
    createdAt: now,
    revokedAt: null,
    lastUsedAt: null,
  }
  await db.tx(async (tx) => {
    if (wished !== null) await resources.requireUsable(tx, actor.tenantId, wished)
    await store.insertKey(tx, { ...key, secretHash: hashOf(secretText) })
    await audit.record(
      tx,
      { actor, requestId, now },
      {
        action: 'api_key.create',
        targetId: key.id,
        changes: { name: key.name, scopes: key.scopes, prefix, resourceId: key.resourceId },
      },
    )
  })
  return { key, secret: new Secret(`ipto_${prefix}_${secretText}`) }
}

/** The key that acts, where a key makes or changes a key. */
async function parentOf(sql: Sql, { keyId, tenantId }: Actor): Promise<ApiKey | undefined> {
  return keyId ? store.findKey(sql, tenantId, keyId) : undefined
}

type Wish = {
  [F in 'scopes' | 'resourceId' | 'expiresAt']?: KeyInput[F] | undefined
}

// Scopes and end; a list of datasets is compared in `access`. What is undefined is not asked for.
function requireNarrower(actor: Actor, parent: ApiKey | undefined, wish: Wish): void {
  // What its children spent would not count against it: it could double its budget at will.
  if (parent && parent.budgetMicros !== null) {
    throw new Failure('forbidden', 'A key with a budget cannot make or change keys.')
  }
  const held = actor.scopes
  const wider: string[] = held.includes('admin:*')
    ? []
    : (wish.scopes ?? []).filter((scope) => !held.includes(scope))
  if (isOver(wish.expiresAt, parent?.expiresAt)) wider.push('expires_at')
  const wished = wish.resourceId ?? null
  if (wished !== null && actor.resourceId !== null && wished !== actor.resourceId) {
    wider.push('resource_id')
  }
  if (wider.length > 0) {
    throw new Failure('forbidden', `A key cannot hold more than its creator: ${wider.join(', ')}.`)
  }
}

/** Null is without end. */
function isOver(asked: Date | null | undefined, held: Date | null | undefined): boolean {
  if (asked === undefined || held === null || held === undefined) return false
  return asked === null || asked > held
}

export async function getKey({ db }: { db: Db }, { actor }: Call, id: string): Promise<ApiKey> {
  const key = await store.findKey(db, actor.tenantId, asId('key', id))
  if (!key) throw notFound()
  return key
}

export async function listKeys(
  { db }: { db: Db },
  { actor, after }: Call,
  { limit }: { limit: number },
): Promise<Page<ApiKey>> {
  const rows = await store.listKeys(db, actor.tenantId, { afterId: afterId(after), limit })
  return pageOf(rows, limit, (key) => [key.id])
}

/** The resource stays: what a key has spent is counted under one. */
type ChangeableField = Exclude<keyof KeyInput, 'resourceId'>
export type KeyChange = { id: string } & { [F in ChangeableField]: KeyInput[F] | undefined }

export async function changeKey(
  { db }: { db: Db },
  { actor, now, requestId }: Call,
  change: KeyChange,
): Promise<ApiKey> {
  return db.tx(async (tx) => {
    const before = await store.lockKeyForChange(tx, actor.tenantId, asId('key', change.id))
    if (!before) throw notFound()
    if (before.revokedAt) throw new Failure('conflict', 'A revoked key cannot be changed.')
    requireNarrower(actor, await parentOf(tx, actor), change)
    await requireHeldByCreator(tx, before, change.scopes ?? [])
    const after: ApiKey = {
      ...before,
      name: change.name ?? before.name,
      scopes: change.scopes ?? before.scopes,
      datasetIds: change.datasetIds === undefined ? before.datasetIds : change.datasetIds,
      budgetMicros: change.budgetMicros === undefined ? before.budgetMicros : change.budgetMicros,
      expiresAt: change.expiresAt === undefined ? before.expiresAt : change.expiresAt,
    }
    await store.updateKey(tx, after)
    await audit.record(
      tx,
      { actor, requestId, now },
      { action: 'api_key.update', targetId: before.id, changes: audit.changesOf(before, after) },
    )
    return after
  })
}

// Whoever changes it: a key never holds more than who made it, so it must not say that it does.
async function requireHeldByCreator(
  tx: Tx,
  { tenantId, createdBy }: ApiKey,
  wished: readonly Scope[],
): Promise<void> {
  if (wished.length === 0) return
  const held = scopesOf(await store.listRolesOf(tx, tenantId, createdBy))
  const wider = wished.filter((scope) => !held.has(scope))
  if (wider.length > 0) {
    throw new Failure('forbidden', `A key cannot hold more than its creator: ${wider.join(', ')}.`)
  }
}

/** At once, and for good. Twice is the same as once. */
export async function revokeKey({ db }: { db: Db }, call: Call, id: string): Promise<ApiKey> {
  const { actor, now, requestId } = call
  return db.tx(async (tx) => {
    const key = await store.lockKeyForChange(tx, actor.tenantId, asId('key', id))
    if (!key) throw notFound()
    if (key.revokedAt) return key
    const revoked = { ...key, revokedAt: now }
    await store.updateKey(tx, revoked)
    await audit.record(tx, { actor, requestId, now }, { action: 'api_key.revoke', targetId: id })
    return revoked
  })
}

/** The live key that has this secret. An unknown prefix takes the same work as a wrong secret. */
export async function findProvenKey(
  db: Db,
  { prefix, secret }: { prefix: string; secret: string },
  moment: store.Moment,
): Promise<KeyRow | undefined> {
  const secretHash = hashOf(secret)
  const key = await store.findKeyByPrefix(db, { prefix, secretHash }, moment)
  const fits = isSameHash(secretHash, key?.secretHash ?? hashOf('none'))
  return fits ? key : undefined
}

/** A key only narrows: what its creator has lost meanwhile, the key has lost too. */
export function heldScopes(key: Pick<KeyRow, 'scopes' | 'creatorRoles'>): Scope[] {
  const held = scopesOf(key.creatorRoles ?? [])
  return key.scopes.filter((scope) => held.has(scope))
}

export function scopesOf(roles: readonly Role[]): Set<Scope> {
  return new Set(roles.flatMap((role) => scopesOfRole[role]))
}

/** For the buyer's dashboard: all keys, and those that are not revoked. */
export async function countKeys(
  db: Db,
  tenantId: Id<'tnt'>,
): Promise<{ all: number; active: number }> {
  return store.countKeys(db, tenantId)
}

// Access tokens of OAuth 2.0: an API key is the client. A token only narrows its key, lives a day at
// most, and dies with its key.
import type { Scope } from '@ipto/contract/scopes.ts'
import type { OpenCall } from '../../base/call.ts'
import { addMs, dateOf, msPerDay } from '../../base/clock.ts'
import type { Db } from '../../base/db.ts'
import { Failure } from '../../base/errors.ts'
import * as audit from '../audit/audit.ts'
import { originsOf, recordFailure, requireFewFailures } from './failures.ts'
import { findProvenKey, heldScopes } from './keys.ts'
import { hashOf, randomText, Secret, secretLength } from './secrets.ts'
import type { KeyRow } from './store.ts'
import * as store from './store.ts'

const lifeMs = msPerDay

export interface TokenRequest {
  grantType: string
  clientId: string | null
  clientSecret: string | null
  /** Null: all that the key holds. `scope` is undefined where the spelling means none. */
  scopes: { spelling: string; scope: Scope | undefined }[] | null
}

export interface IssuedToken {
  token: Secret
  lifeSeconds: number
  /** As they were asked for. */
  spellings: readonly string[]
}

export async function issueAccessToken(
  { db }: { db: Db },
  call: OpenCall,
  request: TokenRequest,
): Promise<IssuedToken> {
  if (request.grantType !== 'client_credentials') {
    throw new Failure('unsupported_grant_type', 'The grant_type must be client_credentials.')
  }
  const { now, requestId } = call
  const key = await requireClient(db, call, request)
  const asked = requireHeld(key, request.scopes)
  const token = new Secret(`oat_${randomText(secretLength)}`)
  const { tenantId } = key
  const scopes = [...new Set(asked.map(({ scope }) => scope))]
  const expiresAt = endOf(key, now)
  await db.tx(async (tx) => {
    // A key that is revoked at this moment gives no token: nobody is left to have it.
    if (!(await store.lockKeyPowers(tx, tenantId, key.id, now))) throw noClient()
    const tokenHash = hashOf(token.reveal())
    await store.insertAccessToken(tx, {
      tokenHash,
      tenantId,
      keyId: key.id,
      scopes,
      now,
      expiresAt,
    })
    await audit.record(
      tx,
      { actor: { kind: 'api_key', id: key.id, tenantId }, requestId, now },
      { action: 'access_token.create', targetId: key.id, changes: { scopes } },
    )
  })
  return {
    token,
    lifeSeconds: Math.floor((expiresAt.getTime() - now.getTime()) / 1_000),
    spellings: [...new Set(asked.map(({ spelling }) => spelling))],
  }
}

// The same answer and the same work for an unknown client, a wrong secret and a revoked key.
async function requireClient(
  db: Db,
  { address, now }: OpenCall,
  { clientId, clientSecret }: TokenRequest,
): Promise<KeyRow> {
  if (clientId === null || clientSecret === null) throw noClient()
  const origins = originsOf([`client ${clientId}`, `client address ${address}`])
  await requireFewFailures(db, origins, now)
  const prefix = /^ipto_([A-Za-z0-9]+)$/.exec(clientId)?.[1] ?? ''
  // Some paste the whole key where its secret is asked for.
  const isWhole = clientSecret.startsWith(`${clientId}_`)
  const secret = isWhole ? clientSecret.slice(clientId.length + 1) : clientSecret
  const key = await findProvenKey(db, { prefix, secret }, { now, windowStart: null })
  if (key) return key
  await recordFailure(db, origins, now)
  throw noClient()
}

function noClient(): Failure {
  return new Failure('unauthorized', 'The client is unknown, or its secret is not valid now.')
}

// More than the key holds is refused, never narrowed without a word.
function requireHeld(key: KeyRow, asked: TokenRequest['scopes']) {
  const held = heldScopes(key)
  const wished = asked ?? held.map((scope) => ({ spelling: scope, scope }))
  const granted = wished.flatMap(({ spelling, scope }) =>
    scope && isHeld(held, scope) ? [{ spelling, scope }] : [],
  )
  if (granted.length === 0 || granted.length < wished.length) {
    throw new Failure('invalid_scope', 'A scope is unknown, or the key does not hold it.')
  }
  return granted
}

export function isHeld(held: readonly Scope[], scope: Scope): boolean {
  return held.includes(scope) || held.includes('admin:*')
}

function endOf({ expiresAt }: KeyRow, now: Date): Date {
  const dayLater = addMs(now, lifeMs)
  return expiresAt ? dateOf(Math.min(expiresAt.getTime(), dayLater.getTime())) : dayLater
}

/** The key of a token that lives, and what of its grant the key holds now. */
export async function findTokenKey(
  db: Db,
  token: string,
  moment: store.Moment,
): Promise<{ key: KeyRow; scopes: Scope[] } | undefined> {
  const key = await store.findKeyByToken(db, hashOf(token), moment)
  if (!key) return undefined
  const held = heldScopes(key)
  return { key, scopes: key.grantedScopes.filter((scope) => isHeld(held, scope)) }
}

export async function forgetAccessTokens(db: Db, now: Date): Promise<void> {
  await store.deleteAccessTokensBefore(db, now)
}

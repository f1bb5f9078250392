import type { scopes } from '@ipto/contract/scopes.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Actor } from '../../base/call.ts'
import { msPerDay } from '../../base/clock.ts'
import { newId } from '../../base/ids.ts'
import type { TokenRequest } from './access-tokens.ts'
import { openWorld, operatorActor, type World } from './identity.fixture.ts'
import {
  adminChangeTenant,
  authenticate,
  changeKey,
  forgetAccessTokens,
  getKey,
  issueAccessToken,
  requireLive,
  revokeKey,
} from './identity.ts'
import type { IssuedKey, KeyInput } from './keys.ts'

let world: World
let owner: Actor

beforeAll(async () => {
  world = await openWorld()
})
beforeEach(async () => {
  owner = (await world.addUser()).actor
})
afterAll(() => world.db.close())

const unauthorized = { code: 'unauthorized' }

function clientOf({ key, secret }: IssuedKey) {
  const clientId = `ipto_${key.prefix}`
  return { clientId, clientSecret: secret.reveal().slice(clientId.length + 1) }
}

const ask = (request: Partial<TokenRequest>, address: string = newId('req')) =>
  issueAccessToken(world.deps, world.openCall(address), {
    grantType: 'client_credentials',
    clientId: null,
    clientSecret: null,
    scopes: null,
    ...request,
  })

const asked = (...names: (typeof scopes)[number][]) =>
  names.map((scope) => ({ spelling: scope, scope }))

const actorOf = (token: string) =>
  authenticate(world.db, { kind: 'access_token', token }, world.now())

async function addToken(change: Partial<KeyInput> = {}, request: Partial<TokenRequest> = {}) {
  const issued = await world.addKey(owner, { scopes: ['search:query', 'usage:read'], ...change })
  const made = await ask({ ...clientOf(issued), ...request })
  return { issued, id: issued.key.id, made, token: made.token.reveal() }
}

const keep = {
  name: undefined,
  scopes: undefined,
  datasetIds: undefined,
  budgetMicros: undefined,
  expiresAt: undefined,
}

describe('an access token', () => {
  test('acts as its key, with all that narrows it', async () => {
    const datasetIds = [newId('dset')]
    const { id, made, token } = await addToken({ datasetIds, budgetMicros: 5n })
    expect(token).toMatch(/^oat_[0-9A-Za-z]{43}$/)
    expect(made).toMatchObject({ lifeSeconds: 86_400, spellings: ['search:query', 'usage:read'] })
    expect(await actorOf(token)).toMatchObject({
      kind: 'access_token',
      id,
      keyId: id,
      tenantId: owner.tenantId,
      scopes: ['search:query', 'usage:read'],
      isPlatformAdmin: false,
      datasetIds,
      keyBudgetMicros: 5n,
    })
    const { lastUsedAt } = await getKey(world.deps, world.callOf(owner), id)
    expect(lastUsedAt).toEqual(world.now())
  })

  test('is stored as a hash, and told to the audit without its text', async () => {
    const { id, token } = await addToken()
    const rows = await world.db.rows<{ text: string }>`
      select access_tokens::text as text from access_tokens where api_key_id = ${id}
      union all
      select audit_events::text from audit_events
      where target_id = ${id} and action = 'access_token.create'`
    expect(rows).toHaveLength(2)
    for (const { text } of rows) expect(text).not.toContain(token)
  })

  test('lives a day, or as long as its key', async () => {
    const { token } = await addToken()
    world.passMs(msPerDay - 1)
    await actorOf(token)
    world.passMs(1)
    await expect(actorOf(token)).rejects.toMatchObject(unauthorized)
    const short = await addToken({ expiresAt: new Date(+world.now() + 90_000) })
    expect(short.made.lifeSeconds).toBe(90)
    world.passMs(90_000)
    await expect(actorOf(short.token)).rejects.toMatchObject(unauthorized)
  })

  test('dies with its key at once, also within a charge, and with its tenant', async () => {
    const { id, token } = await addToken()
    const other = await addToken()
    const actor = await actorOf(token)
    await revokeKey(world.deps, world.callOf(owner), id)
    await expect(actorOf(token)).rejects.toMatchObject(unauthorized)
    const late = world.db.tx((tx) => requireLive(tx, actor, world.now()))
    await expect(late).rejects.toMatchObject(unauthorized)
    await actorOf(other.token)
    const by = { actor: operatorActor, now: world.now() }
    const change = { tenantId: owner.tenantId, suspended: true }
    await world.db.tx((tx) => adminChangeTenant(tx, by, change))
    await expect(actorOf(other.token)).rejects.toMatchObject(unauthorized)
  })

  test('follows its key where that is narrowed, and never widens with it', async () => {
    const { id, token } = await addToken({}, { scopes: asked('search:query', 'usage:read') })
    const change = (wish: object) =>
      changeKey(world.deps, world.callOf(owner), { id, ...keep, ...wish })
    await change({ scopes: ['usage:read', 'keys:write'], budgetMicros: 3n })
    expect(await actorOf(token)).toMatchObject({ scopes: ['usage:read'], keyBudgetMicros: 3n })
    await change({ scopes: ['admin:*'] })
    expect((await actorOf(token)).scopes).toEqual(['search:query', 'usage:read'])
    await change({ expiresAt: new Date(+world.now() + 1) })
    world.passMs(1)
    await expect(actorOf(token)).rejects.toMatchObject(unauthorized)
  })

  test('cannot make a key that holds more than itself', async () => {
    const narrow = { scopes: asked('keys:write') }
    const { token } = await addToken({ scopes: ['keys:write', 'usage:read'] }, narrow)
    const actor = await actorOf(token)
    const wider = world.addKey(actor, { scopes: ['usage:read'] })
    await expect(wider).rejects.toMatchObject({ code: 'forbidden' })
    const child = await world.addKey(actor, { scopes: ['keys:write'] })
    expect(child.key.createdBy).toBe(owner.id)
  })

  test('is forgotten once it is over', async () => {
    const { id } = await addToken()
    const count = async () =>
      (await world.db.rows`select 1 from access_tokens where api_key_id = ${id}`).length
    await forgetAccessTokens(world.db, world.now())
    expect(await count()).toBe(1)
    world.passMs(msPerDay)
    await forgetAccessTokens(world.db, world.now())
    expect(await count()).toBe(0)
  })

  test('of a text that nobody was given is nobody', async () => {
    for (const token of ['oat_', 'oat_unknown', '']) {
      await expect(actorOf(token)).rejects.toMatchObject(unauthorized)
    }
  })
})

describe('scopes', () => {
  test('are those of the key where none are named, echoed as they were asked for', async () => {
    const issued = await world.addKey(owner, { scopes: ['datasets:read', 'usage:read'] })
    const wish = { spelling: 'files.read', scope: 'datasets:read' as const }
    const both = { spelling: 'documents.read', scope: 'datasets:read' as const }
    const made = await ask({ ...clientOf(issued), scopes: [wish, both, wish] })
    expect(made.spellings).toEqual(['files.read', 'documents.read'])
    expect((await actorOf(made.token.reveal())).scopes).toEqual(['datasets:read'])
    expect((await ask(clientOf(issued))).spellings).toEqual(['datasets:read', 'usage:read'])
  })

  test('that the key does not hold, or that mean nothing, are refused and not left out', async () => {
    const issued = await world.addKey(owner, { scopes: ['search:query'] })
    const refused = { code: 'invalid_scope' }
    for (const wish of [
      asked('search:query', 'usage:read'),
      asked('admin:*'),
      [{ spelling: 'files.eat', scope: undefined }],
    ]) {
      await expect(ask({ ...clientOf(issued), scopes: wish })).rejects.toMatchObject(refused)
    }
  })

  test('are all held by admin:*, and none by a key whose creator has lost them', async () => {
    const issued = await world.addKey(owner, { scopes: ['admin:*'] })
    const made = await ask({ ...clientOf(issued), scopes: asked('search:query') })
    expect((await actorOf(made.token.reveal())).scopes).toEqual(['search:query'])
    await world.db.run`
      update memberships set roles = array['viewer'] where tenant_id = ${owner.tenantId}`
    expect((await actorOf(made.token.reveal())).scopes).toEqual([])
    await expect(ask(clientOf(issued))).rejects.toMatchObject({ code: 'invalid_scope' })
  })
})

describe('a client', () => {
  test('is told alike that it is unknown, its secret wrong, or its key revoked or over', async () => {
    const issued = await world.addKey(owner)
    const revoked = await world.addKey(owner)
    await revokeKey(world.deps, world.callOf(owner), revoked.key.id)
    const over = await world.addKey(owner, { expiresAt: world.now() })
    const failures = []
    for (const request of [
      { clientId: 'ipto_unknown', clientSecret: 'x' },
      { clientId: issued.key.id, clientSecret: 'x' },
      { ...clientOf(issued), clientSecret: 'x' },
      { clientId: '', clientSecret: '' },
      { clientId: null, clientSecret: null },
      clientOf(revoked),
      clientOf(over),
    ]) {
      failures.push(await ask(request).catch(({ code, message }) => ({ code, message })))
    }
    expect(failures[0]).toMatchObject(unauthorized)
    for (const failure of failures) expect(failure).toEqual(failures[0])
  })

  test('may send its whole key as the secret, but not that of another client', async () => {
    const one = await world.addKey(owner)
    const other = await world.addKey(owner)
    const { clientId } = clientOf(one)
    await ask({ clientId, clientSecret: one.secret.reveal() })
    const mixed = ask({ clientId, clientSecret: other.secret.reveal() })
    await expect(mixed).rejects.toMatchObject(unauthorized)
  })

  test('uses client_credentials, and nothing else', async () => {
    const issued = await world.addKey(owner)
    const refused = { code: 'unsupported_grant_type' }
    for (const grantType of ['password', 'authorization_code', 'CLIENT_CREDENTIALS']) {
      await expect(ask({ ...clientOf(issued), grantType })).rejects.toMatchObject(refused)
    }
  })

  test('is guessed at ten times in a quarter of an hour, from wherever', async () => {
    const client = clientOf(await world.addKey(owner))
    for (let guess = 0; guess < 10; guess++) {
      const wrong = ask({ ...client, clientSecret: `${guess}` })
      await expect(wrong).rejects.toMatchObject(unauthorized)
    }
    const limited = { code: 'rate_limited', retryAfterMs: 15 * 60_000 }
    await expect(ask(client)).rejects.toMatchObject(limited)
    world.passMs(15 * 60_000)
    await ask(client)
  })

  test('is not guessed at more than ten times from one address, and others are served', async () => {
    const client = clientOf(await world.addKey(owner))
    for (let guess = 0; guess < 10; guess++) {
      const wrong = ask({ clientId: `ipto_${guess}`, clientSecret: 'x' }, '198.51.100.9')
      await expect(wrong).rejects.toMatchObject(unauthorized)
    }
    await expect(ask(client, '198.51.100.9')).rejects.toMatchObject({ code: 'rate_limited' })
    await ask(client, '198.51.100.8')
  })

  test('whose key is revoked at the same moment gets a token that is dead, or none', async () => {
    const issued = await world.addKey(owner)
    const asks = Array.from({ length: 6 }, () => ask(clientOf(issued)))
    const revoked = revokeKey(world.deps, world.callOf(owner), issued.key.id)
    const ends = await Promise.allSettled(asks)
    await revoked
    for (const end of ends) {
      if (end.status === 'rejected') expect(end.reason).toMatchObject(unauthorized)
      else await expect(actorOf(end.value.token.reveal())).rejects.toMatchObject(unauthorized)
    }
  })
})

// The market that is fuzzed: good calls to begin with, callers, ids that answers have shown, and repairs,
// so that the last request meets as much as the first.
import type { Operation } from '@ipto/contract/operation.ts'
import type { OperationId } from '@ipto/contract/operations.ts'
import { scopes } from '@ipto/contract/scopes.ts'
import { type Caller, type Case, type Fields, fieldsOf } from './fuzz-cases.ts'
import { IdPick } from './fuzz-values.ts'
import { type OwnerCall, openSeed, ownerCalls, type Seed } from './owner-calls.ts'
import { openWorld, type Party, type World } from './world.ts'

export interface Stage {
  world: World
  seed: Seed
  /** Makes the calls that change who their caller is, or what it may do. */
  double: Party
  key: string
  token: string
  goods: Map<string, { fields: Fields; left: number }>
  /** By prefix, the newest last. */
  seen: Map<string, string[]>
  wrongCount: number
  movedMs: number
}

// What these change would stop everybody who comes after.
const byDouble = new Set([
  ...['auth.logout', 'me.password', 'tenant.update', 'budgets.set'],
  ...['members.invite', 'members.update', 'members.remove'],
])

export async function openStage(): Promise<Stage> {
  const world = await openWorld({
    // An hour before the end of a month, so that sessions outlive its closing.
    startsAt: new Date('2026-03-31T23:00:00Z'),
    // A search may be slow on a busy machine; a time-out would be an answer of 5xx.
    settings: { SEARCH_TIMEOUT_MS: '60000' },
  })
  const seed = await openSeed(world)
  const stage = {
    ...{ world, seed, double: await world.signUp('double'), key: '', token: '' },
    ...{ goods: new Map(), seen: new Map(), wrongCount: 0, movedMs: 0 },
  }
  await renewKey(stage)
  return stage
}

async function renewKey(stage: Stage): Promise<void> {
  const { client } = stage.world.provider
  const made = await client.apiKeys.create({ name: 'fuzz', scopes: [...scopes] })
  const client_id = `ipto_${made.key_prefix}`
  stage.key = made.secret
  const { access_token } = await stage.world.anonymous.oauth.token({
    grant_type: 'client_credentials',
    client_id,
    client_secret: made.key.slice(client_id.length + 1),
  })
  stage.token = access_token
}

const rowOf = (id: string) => ownerCalls[id as OperationId] as unknown as OwnerCall<OperationId>

/** The fields of a good call: some used a while, so that calls also meet what is used up. */
export async function goodCall(stage: Stage, op: Operation): Promise<Fields> {
  const known = stage.goods.get(op.id)
  if (known && known.left > 0) {
    known.left -= 1
    return known.fields
  }
  const { seed, double } = stage
  const world = { ...seed.world, provider: double, buyer: double }
  const fields: Fields = {
    ...(await rowOf(op.id).input(byDouble.has(op.id) ? { ...seed, world } : seed)),
  }
  const { provider } = seed.world
  // A dataset of the seed that was paused or deleted would take much with it.
  if (op.id === 'datasets.update') {
    fields.dataset_id = (await provider.client.datasets.create({ name: 'Fresh' })).dataset_id
  }
  if (op.id === 'budgets.set') {
    fields.resource_id = (await double.client.resources.create({ name: 'Fresh' })).id
  }
  stage.goods.set(op.id, { fields, left: reuse })
  return fields
}

// Some are dear to make, so a longer run makes each a little more seldom.
const reuse = Math.max(14, Math.ceil(Number(process.env.FUZZ_REQUESTS ?? 0) / 1_000))

export function credentialOf(stage: Stage, { op, caller }: Case): Record<string, string> {
  const bearer = (value: string) => ({ authorization: `Bearer ${value}` })
  const party = partyOf(stage, op, caller)
  if (party) return bearer(party.token)
  if (caller === 'key') return { 'x-api-key': stage.key }
  if (caller === 'token') return bearer(stage.token)
  if (caller !== 'wrong') return {}
  stage.wrongCount += 1
  const wrong = wrongCredentials[stage.wrongCount % wrongCredentials.length]
  return { ...(wrong === 'two' ? { ...bearer(stage.token), 'x-api-key': stage.key } : wrong) }
}

const wrongCredentials = [
  'two' as const,
  ...[
    'Bearer',
    'Bearer sess_x',
    `Bearer sess_${'\u00ff'.repeat(50)}`,
    'Bearer ipto_a_b',
    'Bearer oat_x',
    'Basic eDp5',
  ].map((authorization) => ({ authorization })),
  { 'x-api-key': 'ipto_' },
  { 'x-api-key': `ipto_${'x'.repeat(5_000)}` },
]

function partyOf({ world, double }: Stage, op: Operation, caller: Caller): Party | undefined {
  if (caller === 'operator' || caller === 'stranger') return world[caller]
  if (caller !== 'owner') return undefined
  const { by = 'provider' } = rowOf(op.id)
  if (by === 'nobody') return undefined
  return byDouble.has(op.id) ? double : world[by]
}

/** The fields of a case, with every id chosen. */
export function resolved(stage: Stage, one: Case, good: Fields): Fields {
  const chosen = (value: unknown, name: string): unknown => {
    if (value instanceof IdPick) return idFor(stage, value, good[name])
    if (Array.isArray(value)) return value.map((inner) => chosen(inner, name))
    if (typeof value !== 'object' || value === null || value.constructor !== Object) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, chosen(inner, key)]),
    )
  }
  const fields = fieldsOf(one, good)
  for (const name of Object.keys(fields)) {
    if (name !== '__proto__') fields[name] = chosen(fields[name], name)
  }
  return fields
}

function idFor({ seen }: Stage, { whose, place }: IdPick, good: unknown): string {
  const [prefix = 'dset'] = /^[a-z]+(?=_)/.exec(String([good].flat()[0])) ?? []
  if (whose === 'unknown') return `${prefix}_01m8kt4z04b1zmbmtjf7906azd`
  const ids = whose === 'same' ? (seen.get(prefix) ?? []) : [...seen.values()].flat()
  return ids[place % Math.max(1, ids.length)] ?? String(good)
}

// Of each kind so many are kept.
const seenMax = 30
const idPattern = /"([a-z]+)_[0-9a-z]{26}"/g

/** Learns the ids of an answer. Those of the seed stay out: whatever may be deleted is not to be them. */
export function learn({ seen, seed }: Stage, text: string): void {
  const kept = new Set<unknown>(Object.values(seed))
  for (const [quoted, prefix = ''] of text.slice(0, 20_000).matchAll(idPattern)) {
    const id = quoted.slice(1, -1)
    const ids = seen.get(prefix) ?? []
    if (prefix === 'req' || kept.has(id) || ids.includes(id)) continue
    seen.set(prefix, [...ids, id].slice(-seenMax))
  }
}

/** Mends what a request has changed for those who come after. */
export async function mend(
  stage: Stage,
  { op, caller }: Case,
  answer: { status: number; fields: Fields },
) {
  const { world } = stage
  if (answer.status === 429) return letTimePass(stage)
  if (answer.status >= 300) return
  if (op.id === 'auth.logout' || op.id === 'me.password' || op.id.startsWith('members.')) {
    const party = partyOf(stage, op, caller)
    if (party === stage.double) await renewDouble(stage)
    else if (party && op.id === 'auth.logout') await world.logIn(party)
  }
  if (op.id === 'admin_tenants.update' && typeof answer.fields.tenant_id === 'string') {
    const { tenant_id } = answer.fields
    await world.operator.client.adminTenants.update({ tenant_id, plan: 'pro', suspended: false })
  }
}

async function renewDouble(stage: Stage): Promise<void> {
  stage.double = await stage.world.signUp('double')
  for (const id of byDouble) stage.goods.delete(id)
}

// Too many wrong passwords close the door for a quarter of an hour, by the clock that tests move.
const windowMs = 16 * 60_000
const sessionMs = 11 * 3_600_000

async function letTimePass(stage: Stage): Promise<void> {
  const { world } = stage
  world.clock.forward(windowMs)
  stage.movedMs += windowMs
  if (stage.movedMs < sessionMs) return
  stage.movedMs = 0
  for (const party of [world.provider, world.buyer, world.stranger, world.operator]) {
    await world.logIn(party)
  }
  await renewDouble(stage)
  await renewKey(stage)
}

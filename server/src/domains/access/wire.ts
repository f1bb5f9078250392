import { currency, fromMajor, toMajor } from '@ipto/contract/money.ts'
import type { ParsedInput } from '@ipto/contract/operations.ts'
import { dateOf } from '../../base/clock.ts'
import { Failure } from '../../base/errors.ts'
import { asId, type Id } from '../../base/ids.ts'
import type { Wire } from '../../base/route.ts'
import type { ApiKey, IssuedKey, KeyChange, KeyInput } from '../identity/identity.ts'

type Mode = ParsedInput<'api_keys.create'>['dataset_access_mode']

/** Null: all. `allow_list` needs its list, and a list needs `allow_list`. */
function readDatasets(
  mode: Mode | undefined,
  ids: string[] | undefined,
): Id<'dset'>[] | null | undefined {
  if (mode === 'all_available' && ids && ids.length > 0) {
    throw badDatasets('goes with dataset_access_mode allow_list only', 'value')
  }
  if (mode === 'allow_list' && !ids) throw badDatasets('required', 'missing')
  if (mode === 'all_available') return null
  if (mode === undefined && ids === undefined) return undefined
  return (ids ?? []).map((id) => asId('dset', id))
}

function badDatasets(reason: string, nature: 'value' | 'missing'): Failure {
  const code = nature === 'missing' ? 'invalid_fields' : 'invalid_request'
  return new Failure(
    code,
    `The field 'dataset_ids' ${nature === 'missing' ? 'is ' : ''}${reason}.`,
    {
      fields: [{ path: 'dataset_ids', reason, nature }],
    },
  )
}

type WireBudget = ParsedInput<'api_keys.create'>['budget']

const readBudget = (budget: WireBudget) => (budget ? (fromMajor(budget.amount) ?? null) : budget)

const readTime = (time: string | null | undefined) =>
  typeof time === 'string' ? dateOf(time) : time

export function readNewKey(input: ParsedInput<'api_keys.create'>): KeyInput {
  return {
    name: input.name,
    scopes: [...new Set(input.scopes)],
    datasetIds: readDatasets(input.dataset_access_mode, input.dataset_ids) ?? null,
    resourceId: input.resource_id ?? null,
    budgetMicros: readBudget(input.budget) ?? null,
    expiresAt: readTime(input.expires_at) ?? null,
  }
}

export function readKeyChange(input: ParsedInput<'api_keys.update'>): KeyChange {
  return {
    id: input.api_key_id,
    name: input.name,
    scopes: input.scopes && [...new Set(input.scopes)],
    datasetIds: readDatasets(input.dataset_access_mode, input.dataset_ids),
    budgetMicros: readBudget(input.budget),
    expiresAt: readTime(input.expires_at),
  }
}

export function readKeyId(input: { api_key_id: string }): string {
  return input.api_key_id
}

export function presentKey({ key, now }: { key: ApiKey; now: Date }, wire: Wire) {
  return {
    api_key_id: key.id,
    name: key.name,
    key_prefix: key.prefix,
    status: statusOf(key, now),
    scopes: key.scopes,
    dataset_access_mode: key.datasetIds ? ('allow_list' as const) : ('all_available' as const),
    dataset_ids: key.datasetIds ?? [],
    resource_id: key.resourceId,
    budget: key.budgetMicros === null ? null : { amount: toMajor(key.budgetMicros), currency },
    expires_at: wire.timeOrNull(key.expiresAt),
    last_used_at: wire.timeOrNull(key.lastUsedAt),
    created_at: wire.time(key.createdAt),
    revoked_at: wire.timeOrNull(key.revokedAt),
  }
}

function statusOf(key: ApiKey, now: Date): 'active' | 'revoked' | 'expired' {
  if (key.revokedAt) return 'revoked'
  return key.expiresAt && key.expiresAt <= now ? 'expired' : 'active'
}

/** The whole key, once; under both names that published documents give it (decisions 2). */
export function presentIssuedKey({ issued, now }: { issued: IssuedKey; now: Date }, wire: Wire) {
  const text = issued.secret.reveal()
  return { ...presentKey({ key: issued.key, now }, wire), secret: text, key: text }
}

// What brings about the errors that many operations share: the owner's own call, spoilt in one way that
// knows no more of the operation than its contract.
import { randomUUID } from 'node:crypto'
import type { ErrorCode } from '@ipto/contract/errors.ts'
import { idPrefixes } from '@ipto/contract/ids.ts'
import { type Operation, readsQuery } from '@ipto/contract/operation.ts'
import { scopes } from '@ipto/contract/scopes.ts'
import { expect } from 'vitest'
import {
  ask,
  type Case,
  type Credential,
  ownerOf,
  type Spoilt,
  type Stage,
} from './declared-requests.ts'
import { wrongValueOf } from './declared-values.ts'

type CommonCause = (stage: Stage, one: Case) => Spoilt | Promise<Spoilt>

const tooLarge = 'x'.repeat(1_048_577)

export const commonCauses: Partial<Record<ErrorCode, CommonCause>> = {
  unauthorized: (_, { op, input }) =>
    op.auth === 'client'
      ? { input: { ...input, client_secret: 'unknown' } }
      : { credential: { token: 'sess_unknown' } },
  forbidden: async (stage, { op }) => ({ credential: await weakCredential(stage, op) }),
  invalid_fields: (_, { op, input }) => {
    // An unknown parameter of a form is ignored (RFC 6749, 3.2); a missing one is not.
    if (op.bodyMedia === 'form') return { input: {} }
    if (op.bodyField !== null) return { input: { ...input, [op.bodyField]: undefined } }
    return { input: { ...input, surprise: 1 }, names: 'surprise' }
  },
  invalid_request: (_, { op, input }) => {
    const wrong = wrongValueOf(op, input)
    if (!wrong) throw new Error(`no field of ${op.id} can have a wrong value: why is it declared?`)
    return wrong
  },
  unreadable_body: (stage, one) =>
    readsQuery(one.op)
      ? {
          credential: { ...ownerOf(stage, one), apiKey: 'ipto_another_key' },
          names: 'Two different credentials',
        }
      : {
          wire: { raw: '{', headers: { 'content-type': 'application/json' } },
          names: 'The body',
        },
  payload_too_large: () => ({ wire: { raw: tooLarge } }),
  bad_cursor: (_, { input }) => ({ input: { ...input, cursor: 'unknown' }, names: 'cursor' }),
  not_found: (_, { op, input }) => ({ input: withUnknownId(op, input) }),
  idempotency_key_reused: async (stage, one) => {
    const wire = { headers: { 'idempotency-key': randomUUID() } }
    // Refused, and remembered: so nothing is used up.
    const other = wrongValueOf(one.op, one.input)?.input ?? { ...one.input, surprise: 1 }
    expect((await ask(stage, one, { input: other, wire })).status).toBeLessThan(500)
    return { wire }
  },
  idempotency_in_progress: async (stage, one) => {
    const wire = { headers: { 'idempotency-key': one.key } }
    // Who has logged out is nobody when they ask again: there the first call is one that is refused.
    const spoilt = one.op.id === 'auth.logout' ? { input: { surprise: 1 }, wire } : { wire }
    // It has done its work, and is held before it can remember its answer.
    const held = stage.gate.hold(/update idempotency_records set status/)
    const first = ask(stage, one, spoilt)
    if (!('input' in spoilt)) one.served = first
    await Promise.race([held.reached, first])
    return {
      ...spoilt,
      after: async () => {
        held.release()
        await first
      },
    }
  },
  internal_error: ({ faults }) => armed(faults, 'broken'),
  service_unavailable: ({ faults }) => armed(faults, 'lost'),
}

function armed({ arm }: Stage['faults'], fault: 'broken' | 'lost'): Spoilt {
  arm(fault)
  return { after: () => arm(null) }
}

const weakKeys = new Map<string, string>()

/** A key of the provider that holds all but what the operation asks for. */
async function weakCredential({ world }: Stage, op: Operation): Promise<Credential> {
  const isForUsers = op.auth === 'session' || op.auth === 'operator'
  const held = scopes.filter((scope) => isForUsers || (scope !== op.scope && scope !== 'admin:*'))
  const name = held.join(' ')
  const known = weakKeys.get(name)
  if (known) return { apiKey: known }
  const { secret } = await world.provider.client.apiKeys.create({ name: 'weak', scopes: held })
  weakKeys.set(name, secret)
  return { apiKey: secret }
}

/** The last id of the path becomes one of the same kind that nothing has. */
function withUnknownId(op: Operation, input: Record<string, unknown>): Record<string, unknown> {
  const name = [...op.path.matchAll(/\{(\w+)\}/g)].at(-1)?.[1] ?? ''
  const [prefix = ''] = String(input[name]).split('_')
  expect(Object.keys(idPrefixes)).toContain(prefix)
  return { ...input, [name]: `${prefix}_00000000000000000000000000` }
}

// What a caller may not know of is answered like what does not exist: byte by byte, and with the same
// work. The statements of a request are written down, so that neither a second look-up nor an early end
// tells a foreign id from an unknown one, or from one that no id can be.
import type { Operation } from '@ipto/contract/operation.ts'
import { type OperationId, operations } from '@ipto/contract/operations.ts'
import { scopes } from '@ipto/contract/scopes.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OwnerCall, openSeed, ownerCalls, type Seed } from './owner-calls.ts'
import { type Answer, comparable, requestOf, send, unknownLike } from './send.ts'
import { openTrace } from './trace.ts'
import { openWorld, type World } from './world.ts'

type Input = Record<string, unknown>
interface Row {
  id: string
  op: Operation
  call: OwnerCall<OperationId>
}

const rows = Object.entries(operations)
  .map(([id, op]) => ({
    id,
    op: op as unknown as Operation,
    call: ownerCalls[id as OperationId] as unknown as Row['call'],
  }))
  .filter(({ call }) => call.names !== undefined)

let world: World
let seed: Seed
let strangers: { name: string; token: string }[]
let besides: Beside[]
const inputs = new Map<string, Input>()
const trace = openTrace()
beforeAll(async () => {
  world = await openWorld({ startsAt: new Date('2026-03-31T23:00:00Z'), wrapDb: trace.wrap })
  seed = await openSeed(world)
  for (const { id, call } of rows) {
    inputs.set(id, { ...(await call.input(seed)), ...call.hidden?.(seed) })
  }
  besides = await openBesides()
  const key = await world.stranger.client.apiKeys.create({ name: 'all', scopes: [...scopes] })
  strangers = [
    { name: 'a session', token: world.stranger.token },
    { name: 'a key', token: key.secret },
    { name: 'an operator', token: world.operator.token },
  ]
  // From here on nothing runs but what is asked for.
  await world.restart({ works: false })
  for (const { token } of strangers) await send(`${world.url}/v1/me`, { token })
}, 240_000)
afterAll(() => world.close())

interface Seen extends Answer {
  statements: string[]
}

async function ask({ op }: Row, input: Input, token: string): Promise<Seen> {
  const { path, request } = requestOf(op, input)
  trace.clear()
  const answer = await send(world.url + path, { ...request, token })
  return { ...answer, statements: trace.statements() }
}

function malformed(value: unknown): unknown {
  return Array.isArray(value) ? ['x'] : 'x'
}

/** The names of an input, all of them or one, changed. */
function renamed({ call }: Row, input: Input, change: (value: unknown) => unknown, only?: string) {
  const changed = { ...input }
  for (const name of call.names ?? []) {
    if (only === undefined || name === only) changed[name] = change(input[name])
  }
  return changed
}

interface Beside {
  id: OperationId
  /** The caller's own, but for one field. */
  input: Input
  field: string
}

/** What names something of another tenant beside something of the caller's own. */
async function openBesides(): Promise<Beside[]> {
  const { client } = world.stranger
  const { dataset_id } = await client.datasets.create({ name: 'Mine', visibility: 'restricted' })
  const { webhook_id } = await client.webhooks.create({
    url: 'https://hooks.invalid/ipto',
    events: ['object.failed'],
  })
  const { quote_id } = await world.provider.client.search.quote({ query: 'harbour' })
  const { resourceId: resource_id, deliveryId: delivery_id, keyId: api_key_id } = seed
  const { grant_id } = inputs.get('grants.revoke') ?? {}
  const used = inputs.get('disputes.create')?.usage_event_ids
  const key = { name: 'k', scopes: ['search:query'] }
  return [
    { id: 'grants.revoke', input: { dataset_id, grant_id }, field: 'grant_id' },
    { id: 'grants.create', input: { dataset_id, tenant_id: 'tnt_x' }, field: 'tenant_id' },
    { id: 'webhook_deliveries.retry', input: { webhook_id, delivery_id }, field: 'delivery_id' },
    { id: 'api_keys.create', input: { ...key, resource_id }, field: 'resource_id' },
    { id: 'search.query', input: { query: 'harbour', resource_id }, field: 'resource_id' },
    { id: 'search.query', input: { query: 'harbour', quote_id }, field: 'quote_id' },
    { id: 'search.quote', input: { query: 'harbour', resource_id }, field: 'resource_id' },
    { id: 'usage_events.list', input: { api_key_id }, field: 'api_key_id' },
    { id: 'usage_events.list', input: { resource_id }, field: 'resource_id' },
    { id: 'usage_events.list', input: { dataset_id: seed.privateId }, field: 'dataset_id' },
    { id: 'usage_events.list', input: { payout_id: seed.payoutId }, field: 'payout_id' },
    {
      id: 'disputes.create',
      input: { usage_event_ids: used, reason: 'r' },
      field: 'usage_event_ids',
    },
  ]
}

const ofTenants = rows.filter(({ op }) => op.auth !== 'operator')
const ofOperators = rows.filter(({ op }) => op.auth === 'operator')

describe('a foreign id is answered like an unknown one, with the same work', () => {
  test.each(ofTenants)('$id', async (row) => {
    const input = inputs.get(row.id) ?? {}
    for (const { name, token } of strangers) {
      const foreign = await ask(row, input, token)
      // For no key at all, whatever it names.
      if (foreign.status === 403 && row.op.auth === 'session' && name === 'a key') continue
      expect(foreign.statements.length, name).toBeGreaterThan(0)
      // A filter finds nothing; everything else is not there.
      if (row.op.id === 'audit.list') expect(foreign.body.items, name).toEqual([])
      else expect([name, foreign.status]).toEqual([name, 404])
      const unknown = await ask(row, renamed(row, input, unknownLike), token)
      expect(comparable(unknown), name).toEqual(comparable(foreign))
      expect(unknown.statements, name).toEqual(foreign.statements)
      const broken = await ask(row, renamed(row, input, malformed), token)
      expect(comparable(broken), name).toEqual(comparable(foreign))
      expect(broken.statements, name).toEqual(foreign.statements)
    }
  })
})

describe('an operator, too, is told the same of every id that names nothing', () => {
  test.each(ofOperators)('$id', async (row) => {
    const input = inputs.get(row.id) ?? {}
    for (const only of row.call.names ?? []) {
      const unknown = await ask(row, renamed(row, input, unknownLike, only), world.operator.token)
      expect([only, unknown.status]).toEqual([only, 404])
      const broken = await ask(row, renamed(row, input, malformed, only), world.operator.token)
      expect(comparable(broken), only).toEqual(comparable(unknown))
    }
  })
})

test('beside what is the own, too, a foreign id is answered like an unknown one', async () => {
  const { token } = world.stranger
  for (const { id, input, field } of besides) {
    const op = operations[id] as unknown as Operation
    const row: Row = { id, op, call: ownerCalls[id] as unknown as Row['call'] }
    const foreign = await ask(row, input, token)
    const what = `${id} ${field}`
    if (foreign.status === 200) expect(foreign.body.items, what).toEqual([])
    else expect([what, foreign.status]).toEqual([what, 404])
    for (const change of [unknownLike, malformed]) {
      const other = await ask(row, { ...input, [field]: change(input[field]) }, token)
      expect(comparable(other), what).toEqual(comparable(foreign))
      expect(other.statements, what).toEqual(foreign.statements)
    }
  }
})

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openOutbound } from '../../adapters/outbound/open.ts'
import type { Call } from '../../base/call.ts'
import { msPerDay } from '../../base/clock.ts'
import { type Id, newId } from '../../base/ids.ts'
import type { Endpoint } from './store.ts'
import { openWorld, type World } from './webhooks.fixture.ts'
import {
  changeEndpoint,
  createEndpoint,
  getEndpoint,
  listDeliveries,
  listEndpoints,
  redeliver,
  removeEndpoint,
  testEndpoint,
} from './webhooks.ts'

let world: World
let tenantId: Id<'tnt'>
const input = { url: 'https://hooks.example.com/path/token?key=1', events: ['object.indexed'] }
const missing = { code: 'not_found' }

beforeAll(async () => {
  world = await openWorld()
})
beforeEach(() => {
  tenantId = newId('tnt')
})
afterAll(() => world.end())

const make = (call: Call = world.callOf(tenantId)) => createEndpoint(world, call, input)
const same = { url: undefined, events: undefined, status: undefined, isRotation: false }
const change = (id: string, wish: object, call: Call = world.callOf(tenantId)) =>
  changeEndpoint(world, call, { id, ...same, ...wish })
const actions = async () => (await world.audited(tenantId)).map(({ action }) => action)

// Bytes come back as another class than they were sealed in, which is no difference.
function publicOf({ id, url, events, status, createdAt }: Endpoint) {
  return { id, url, events, status, createdAt }
}
const found = async (id: string) => publicOf(await getEndpoint(world, world.callOf(tenantId), id))

/** Every function on an endpoint, as this call would make it. */
const everyUse = (call: Call, id: string) => [
  () => getEndpoint(world, call, id),
  () => change(id, { status: 'disabled' }, call),
  () => change(id, { isRotation: true }, call),
  () => removeEndpoint(world, call, id),
  () => testEndpoint(world, call, id),
  () => listDeliveries(world, call, { endpointId: id, status: null, limit: 1 }),
  () => redeliver(world, call, { endpointId: id, deliveryId: 'del_x' }),
]

describe('an endpoint', () => {
  test('has a secret that is stored encrypted, and leaves a trace without path or secret', async () => {
    const { endpoint, secret } = await make()
    expect(secret).toMatch(/^whsec_/)
    expect(endpoint).toMatchObject({ ...input, status: 'enabled', createdAt: world.now() })
    const row = JSON.stringify(
      await world.db.first`
      select * from webhook_endpoints where id = ${endpoint.id} and tenant_id = ${tenantId}`,
    )
    expect(row).not.toContain(secret)
    const origin = 'https://hooks.example.com'
    const changes = { origin, events: input.events, status: 'enabled' }
    expect(await world.audited(tenantId)).toEqual([{ action: 'webhook.create', changes }])
  })

  test('is made once by a call that comes twice, and shows the same secret', async () => {
    const call = world.callOf(tenantId)
    const made = await make(call)
    await change(made.endpoint.id, { status: 'disabled' })
    const again = await make({ ...call, isRepeat: true })
    expect(again.secret).toBe(made.secret)
    expect(again.endpoint).toMatchObject({ id: made.endpoint.id, status: 'disabled' })
    expect(await actions()).toEqual(['webhook.create', 'webhook.update'])
  })

  test('is one of twenty at most, however many ask at once', async () => {
    const settled = await Promise.allSettled(Array.from({ length: 24 }, () => make()))
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(20)
    const refused = settled.filter((one) => one.status === 'rejected')
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'conflict' })
    const call = world.callOf(tenantId)
    const { items } = await listEndpoints(world, call, { limit: 100 })
    expect(items).toHaveLength(20)
    await removeEndpoint(world, call, items[0]?.id ?? '')
    await make()
    await expect(make()).rejects.toMatchObject({ code: 'conflict' })
    await createEndpoint(world, world.callOf(newId('tnt')), input)
  })

  test('does not exist for another tenant', async () => {
    const { endpoint } = await make()
    const stranger = world.callOf(newId('tnt'))
    for (const use of everyUse(stranger, endpoint.id)) {
      await expect(use()).rejects.toMatchObject(missing)
    }
    expect((await listEndpoints(world, stranger, { limit: 9 })).items).toEqual([])
    expect(await found(endpoint.id)).toEqual(publicOf(endpoint))
  })

  test('is closed to a key that may not know of every dataset', async () => {
    const { endpoint } = await make()
    const call = world.callOf(tenantId)
    const narrow = { ...call, actor: { ...call.actor, datasetIds: [newId('dset')] } }
    const uses = [
      ...everyUse(narrow, endpoint.id),
      ...everyUse(narrow, 'whk_unknown'),
      () => make(narrow),
      () => listEndpoints(world, narrow, { limit: 9 }),
    ]
    for (const use of uses) await expect(use()).rejects.toMatchObject({ code: 'forbidden' })
  })

  test.each(['http://example.com/', 'https://127.0.0.1/', 'https://[::1]/', 'nonsense'])(
    'cannot lie at %s, unless the operator allows it',
    async (url) => {
      const outbound = openOutbound({ kind: 'http', allowPrivate: false })
      const strict = { ...world, outbound }
      const wrong = { code: 'invalid_request', fields: [{ path: 'url', nature: 'value' }] }
      const made = createEndpoint(strict, world.callOf(tenantId), { ...input, url })
      await expect(made).rejects.toMatchObject(wrong)
      const { endpoint } = await make()
      const wish = { id: endpoint.id, ...same, url }
      await expect(changeEndpoint(strict, world.callOf(tenantId), wish)).rejects.toMatchObject(
        wrong,
      )
      expect(await found(endpoint.id)).toEqual(publicOf(endpoint))
    },
  )

  test('leaves no trace of a change that changes nothing', async () => {
    const { endpoint } = await make()
    const unchanged = await change(endpoint.id, {})
    expect(publicOf(unchanged.endpoint)).toEqual(publicOf(endpoint))
    expect(unchanged.secret).toBeNull()
    const { url, events } = input
    await change(endpoint.id, { url, events, status: 'enabled' })
    expect(await found(endpoint.id)).toEqual(publicOf(endpoint))
    expect(await actions()).toEqual(['webhook.create'])
  })

  test('changes field by field, and tells the chain no path', async () => {
    const { endpoint } = await make()
    const url = 'https://hooks.example.com/other'
    const changed = await change(endpoint.id, { url, events: ['*'] })
    expect(publicOf(changed.endpoint)).toEqual({ ...publicOf(endpoint), url, events: ['*'] })
    expect(changed.secret).toBeNull()
    expect(await found(endpoint.id)).toEqual(publicOf(changed.endpoint))
    const [, update] = await world.audited(tenantId)
    const events = { before: input.events, after: ['*'] }
    expect(update?.changes).toEqual({ events, url: 'changed' })
  })

  test('is removed once, with its log', async () => {
    const { endpoint } = await make()
    await testEndpoint(world, world.callOf(tenantId), endpoint.id)
    const removals = Array.from({ length: 4 }, () =>
      removeEndpoint(world, world.callOf(tenantId), endpoint.id),
    )
    const settled = await Promise.allSettled(removals)
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(
      await world.db.rows`
      select id from webhook_deliveries where tenant_id = ${tenantId}`,
    ).toEqual([])
    expect(await actions()).toEqual(['webhook.create', 'webhook.test', 'webhook.delete'])
    await world.work()
  })
})

describe('a new secret', () => {
  test('is another one, is shown once more to the same call, and rotates no further', async () => {
    const { endpoint, secret: first } = await make()
    const call = world.callOf(tenantId)
    const second = await change(endpoint.id, { isRotation: true }, call)
    expect(second.secret).toMatch(/^whsec_/)
    expect(second.secret).not.toBe(first)
    const again = await change(endpoint.id, { isRotation: true }, { ...call, isRepeat: true })
    expect(again.secret).toBe(second.secret)
    const { oldSealedSecret, oldSecretEndsAt } = second.endpoint
    expect(world.secretBox.unseal(endpoint.id, oldSealedSecret ?? new Uint8Array())).toBe(first)
    expect(oldSecretEndsAt).toEqual(new Date(world.now().getTime() + msPerDay))
    const rotations = (await world.audited(tenantId)).slice(1)
    expect(rotations).toEqual([{ action: 'webhook.update', changes: { secret: 'rotated' } }])
  })

  test('asked for by several at once gives each its own, and one of them stays', async () => {
    const { endpoint } = await make()
    const asked = Array.from({ length: 4 }, () => change(endpoint.id, { isRotation: true }))
    const secrets = (await Promise.all(asked)).map(({ secret }) => secret)
    expect(new Set(secrets).size).toBe(4)
    const now = await getEndpoint(world, world.callOf(tenantId), endpoint.id)
    expect(secrets).toContain(world.secretBox.unseal(endpoint.id, now.sealedSecret))
  })
})

test('the list goes newest first, page by page', async () => {
  const made: string[] = []
  for (let at = 0; at < 5; at++) made.unshift((await make()).endpoint.id)
  const seen: string[] = []
  let after: Call['after'] = null
  do {
    const page = await listEndpoints(world, { ...world.callOf(tenantId), after }, { limit: 2 })
    seen.push(...page.items.map(({ id }) => id))
    after = page.next
  } while (after)
  expect(seen).toEqual(made)
})

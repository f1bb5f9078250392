// Webhooks as a tenant sees them: endpoints over HTTP, and what arrives at a real server, for every event
// of the contract.
import { createHmac } from 'node:crypto'
import { webhookEventTypes, webhookMessage } from '@ipto/contract/webhooks.ts'
import { verifyWebhook, type WebhookDelivery } from '@ipto/sdk'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { closeMonth } from './close-month.ts'
import { addFiles, approve, ingested, publish, textFile, uploadFile } from './publish.ts'
import { openReceiver, type Receiver } from './receiver.ts'
import { send } from './send.ts'
import { until } from './wait.ts'
import { openWorld, type Party, type World } from './world.ts'

let world: World
let receiver: Receiver
const opened: Receiver[] = []

beforeAll(async () => {
  world = await openWorld({ settings: { WEBHOOK_ALLOW_PRIVATE: 'true' } })
}, 90_000)
beforeEach(async () => {
  receiver = await newReceiver()
})
afterAll(async () => {
  await world.close()
  for (const one of opened) one.close()
})

async function newReceiver(): Promise<Receiver> {
  const made = await openReceiver()
  opened.push(made)
  return made
}

type Events = Parameters<Party['client']['webhooks']['create']>[0]['events']

const listen = ({ client }: Party, { url }: Receiver = receiver, events: Events = ['*']) =>
  client.webhooks.create({ url, events })

/** The newest delivery, once it is as it should become. */
async function deliveryOf(
  { client }: Party,
  webhook_id: string,
  isDone: (delivery: WebhookDelivery) => boolean,
): Promise<WebhookDelivery> {
  let newest: WebhookDelivery | undefined
  await until(async () => {
    newest = (await client.webhookDeliveries.list({ webhook_id })).items[0]
    return newest !== undefined && isDone(newest)
  })
  if (!newest) throw new Error('there is no delivery')
  return newest
}

const forget = async ({ client }: Party) => {
  for (const { webhook_id } of (await client.webhooks.list()).items) {
    await client.webhooks.delete({ webhook_id })
  }
}

describe('an endpoint', () => {
  test('shows its secret at its making and at a new one, and never else', async () => {
    const { webhooks } = world.provider.client
    const made = await webhooks.create({ url: receiver.url, events: ['object.indexed'] })
    const { secret, ...plain } = made
    expect(made).toEqual({
      webhook_id: expect.stringMatching(/^whk_/),
      url: receiver.url,
      events: ['object.indexed'],
      status: 'enabled',
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
      created_at: '2026-04-05T10:00:00Z',
    })
    const { webhook_id } = made
    expect(await webhooks.get({ webhook_id })).toEqual(plain)
    expect((await webhooks.list()).items).toEqual([plain])
    const changed = await webhooks.update({ webhook_id, status: 'disabled', events: ['*'] })
    expect(changed).toEqual({ ...plain, status: 'disabled', events: ['*'], secret: null })
    const rotated = await webhooks.update({ webhook_id, rotate_secret: true })
    expect(rotated.secret).toMatch(/^whsec_/)
    expect(rotated.secret).not.toBe(secret)
    await webhooks.delete({ webhook_id })
    await expect(webhooks.get({ webhook_id })).rejects.toMatchObject({ status: 404 })
    await expect(webhooks.delete({ webhook_id })).rejects.toMatchObject({ status: 404 })
    const trail = await world.provider.client.audit.list({ target_id: webhook_id })
    expect(JSON.stringify(trail.items)).not.toContain('whsec_')
    expect(JSON.stringify(trail.items)).not.toContain('/hook')
  })

  test('made twice under one key is one, with one secret', async () => {
    const { webhooks } = world.provider.client
    const input = { url: receiver.url, events: ['*' as const] }
    const key = { idempotencyKey: 'webhook-1' }
    const made = await webhooks.create(input, key)
    expect(await webhooks.create(input, key)).toEqual(made)
    expect((await webhooks.list()).items).toHaveLength(1)
    await forget(world.provider)
  })

  test.each([
    ['url', { url: 'nonsense' }],
    ['url', { url: 'ftp://example.com/' }],
    ['url', { url: `https://example.com/${'x'.repeat(2_000)}` }],
    ['url', { url: 'https://name:password@example.com/' }],
    ['url', { url: 7 }],
    ['events', { events: [] }],
    ['events', { events: 'object.indexed' }],
    ['events.0', { events: ['object.unknown'] }],
    ['events', { events: ['object.indexed', 'object.indexed'] }],
    ['events', { events: ['*', 'object.indexed'] }],
    ['secret', { secret: 'mine' }],
  ])('is not made with a wrong %s: %j', async (field, change) => {
    const json = { url: receiver.url, events: ['*'], ...change }
    const answer = await send(`${world.url}/v1/webhooks`, { json, token: world.provider.token })
    expect([400, 422]).toContain(answer.status)
    expect(answer.body.error?.details?.fields?.map((one) => one.field)).toEqual([field])
  })

  test('is one of twenty at most', async () => {
    const tenant = await world.signUp('many')
    for (let count = 0; count < 20; count++) await listen(tenant)
    await expect(listen(tenant)).rejects.toMatchObject({ status: 409, code: 'conflict' })
  })

  test('is out of reach for a key with a list of datasets', async () => {
    const { client } = world.provider
    const { dataset_id } = await client.datasets.create({ name: 'One' })
    const key = await client.apiKeys.create({
      name: 'narrow',
      scopes: ['keys:write'],
      dataset_access_mode: 'allow_list',
      dataset_ids: [dataset_id],
    })
    const { webhooks } = world.client({ apiKey: key.secret })
    const refused = { status: 403, code: 'forbidden' }
    await expect(webhooks.list()).rejects.toMatchObject(refused)
    await expect(webhooks.get({ webhook_id: 'whk_x' })).rejects.toMatchObject(refused)
    const input = { url: receiver.url, events: ['*' as const] }
    await expect(webhooks.create(input)).rejects.toMatchObject(refused)
  })
})

describe('a message', () => {
  test('is genuine for the public library, for the SDK and by the signature of the template', async () => {
    const { webhook_id, secret } = await listen(world.provider)
    const asked = await world.provider.client.webhooks.test({ webhook_id })
    expect(asked).toMatchObject({ webhook_id, event_type: 'webhook.test', status: 'pending' })
    const sent = await deliveryOf(world.provider, webhook_id, (one) => one.status !== 'pending')
    expect(sent).toEqual({
      delivery_id: asked.delivery_id,
      webhook_id,
      event_id: asked.event_id,
      event_type: 'webhook.test',
      status: 'delivered',
      attempts: 1,
      response_status: 204,
      response_body: '',
      error: null,
      created_at: '2026-04-05T10:00:00Z',
      last_attempt_at: '2026-04-05T10:00:00Z',
      next_attempt_at: null,
    })
    const [message] = receiver.seen
    if (!message) throw new Error('nothing came')
    const { body, headers } = message
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'webhook-id': asked.event_id,
      'x-signature': createHmac('sha256', secret).update(body).digest('hex'),
    })
    const now = world.clock.now()
    const event = await verifyWebhook({ body, headers, secret, now: now.getTime() })
    const createdAt = '2026-04-05T10:00:00.000Z'
    expect(event).toEqual({ id: asked.event_id, type: 'webhook.test', createdAt, data: {} })
    vi.useFakeTimers({ now, toFake: ['Date'] })
    try {
      const seen = new Webhook(secret).verify(body, headers as Record<string, string>)
      expect(seen).toEqual(event)
    } finally {
      vi.useRealTimers()
    }
    await forget(world.provider)
  })

  test('that is not taken comes again by itself, and by hand', async () => {
    const { client } = world.provider
    const { webhook_id } = await listen(world.provider)
    receiver.statuses.push(500)
    const { delivery_id } = await client.webhooks.test({ webhook_id })
    const waiting = await deliveryOf(world.provider, webhook_id, ({ attempts }) => attempts === 1)
    const next_attempt_at = '2026-04-05T10:00:30Z'
    expect(waiting).toMatchObject({ status: 'pending', response_status: 500, next_attempt_at })
    world.clock.forward(30_000)
    await world.app.runSchedules(['webhooks.queue-due'])
    const sent = await deliveryOf(world.provider, webhook_id, ({ attempts }) => attempts === 2)
    expect(sent).toMatchObject({ status: 'delivered', response_status: 204 })
    const again = await client.webhookDeliveries.retry({ webhook_id, delivery_id })
    expect(again).toMatchObject({ delivery_id, status: 'pending', attempts: 2 })
    await deliveryOf(world.provider, webhook_id, ({ attempts }) => attempts === 3)
    expect(receiver.seen).toHaveLength(3)
    const failed = await client.webhookDeliveries.list({ webhook_id, status: 'failed' })
    expect(failed.items).toEqual([])
    await forget(world.provider)
  })

  test('outlives the server that should have sent it', async () => {
    const { webhook_id } = await listen(world.provider)
    await world.restart({ works: false })
    await world.provider.client.webhooks.test({ webhook_id })
    expect(receiver.seen).toEqual([])
    await world.restart({ works: true })
    await deliveryOf(world.provider, webhook_id, ({ status }) => status === 'delivered')
    expect(receiver.seen).toHaveLength(1)
    await forget(world.provider)
  })
})

test('every event of the contract arrives where it belongs, with ids and states only', async () => {
  const { provider, buyer, operator } = world
  const atBuyer = await newReceiver()
  const atStranger = await newReceiver()
  const { secret } = await listen(provider)
  const { secret: buyersSecret } = await listen(buyer, atBuyer)
  await listen(world.stranger, atStranger)
  await operator.client.adminTenants.update({ tenant_id: buyer.tenantId, plan: 'pro' })

  const files = [textFile('hidden-name.txt', 'alpha herring and a hidden text')]
  const { datasetId } = await publish(world, { terms: { name: 'Hidden title' }, files })
  const rejected = await uploadFile(provider, datasetId, textFile('no.txt', 'no'))
  const decision = { tenant_id: provider.tenantId, object_id: rejected, reason: 'hidden reason' }
  await operator.client.review.reject(decision)
  const failed = await uploadFile(provider, datasetId, textFile('not-a.pdf', 'no PDF'))
  await approve(world, provider, failed)
  expect((await ingested(provider, failed)).index_state).toBe('failed')
  const expired = await uploadFile(provider, datasetId, textFile('late.txt', 'late'))

  const asked = await provider.client.datasets.create({
    name: 'Hidden request',
    visibility: 'listed',
    access_policy: 'approval',
  })
  const { dataset_id } = asked
  const request = await buyer.client.accessRequests.create({ dataset_id, purpose: 'hidden use' })
  await provider.client.accessRequests.approve({ access_request_id: request.access_request_id })
  const gone = await provider.client.datasets.create({ name: 'Hidden and gone' })
  const [goneObject] = await addFiles(world, provider, {
    datasetId: gone.dataset_id,
    files: [textFile('gone.txt', 'gone')],
  })
  const { job_id } = await provider.client.datasets.delete({ dataset_id: gone.dataset_id })
  const resource = await provider.client.resources.create({ name: 'Hidden resource' })

  await buyer.client.budgets.set({ amount: 0.03, currency: 'USD' })
  await buyer.client.search.query({ query: 'alpha', dataset_ids: [datasetId] })

  const typesAt = (one: Receiver) => one.seen.map(({ body }) => JSON.parse(body).type as string)
  await until(async () => typesAt(receiver).includes('job.completed'))
  world.clock.forward(8 * 86_400_000)
  await world.app.runSchedules()
  for (const party of [provider, buyer, operator]) await world.logIn(party)
  await closeMonth(world)
  await world.app.runSchedules()
  const page = await buyer.client.usageEvents.list({ from: '2026-04-01T00:00:00Z' })
  const usage_event_ids = page.items
    .filter(({ amount }) => amount > 0)
    .map(({ usage_event_id }) => usage_event_id)
  const { dispute_id } = await buyer.client.disputes.create({ usage_event_ids, reason: 'hidden' })

  const all = () => new Set([...typesAt(receiver), ...typesAt(atBuyer)])
  await until(async () => webhookEventTypes.every((type) => all().has(type)), 30_000)
  await until(async () => typesAt(atBuyer).includes('dispute.updated'))
  expect(new Set(typesAt(atBuyer))).toEqual(
    new Set([
      'access_request.created',
      'access_request.decided',
      'budget.threshold',
      'invoice.opened',
      'dispute.updated',
    ]),
  )
  const own = typesAt(receiver)
  for (const type of ['budget.threshold', 'invoice.opened', 'dispute.updated']) {
    expect(own).not.toContain(type)
  }
  // Its own month is closed as well, on a plan without a fee.
  expect(atStranger.seen).toEqual([])

  for (const { body } of [...receiver.seen, ...atBuyer.seen]) {
    const event = JSON.parse(body)
    expect(webhookMessage(event.type).parse(event)).toEqual(event)
  }
  const now = world.clock.now().getTime()
  const eventsAt = async (one: Receiver, by: string) =>
    Promise.all(
      one.seen.map(async ({ body, headers }) => {
        const at = Number(headers['webhook-timestamp']) * 1_000
        expect(at).toBeLessThanOrEqual(now)
        return verifyWebhook({ body, headers, secret: by, now: at })
      }),
    )
  const told = (await eventsAt(receiver, secret)).map(({ type, data }) => ({ type, data }))
  const toBuyer = (await eventsAt(atBuyer, buyersSecret)).map(({ type, data }) => ({ type, data }))
  const ofObject = (object_id: string, dataset = datasetId) => ({ object_id, dataset_id: dataset })
  expect(told).toEqual(
    expect.arrayContaining([
      { type: 'object.rejected', data: ofObject(rejected) },
      { type: 'object.failed', data: ofObject(failed) },
      { type: 'object.expired', data: ofObject(expired) },
      { type: 'object.indexed', data: ofObject(goneObject ?? '', gone.dataset_id) },
      { type: 'dataset.deleted', data: { dataset_id: gone.dataset_id } },
      { type: 'job.completed', data: { job_id, status: 'completed' } },
      {
        type: 'resource.updated',
        data: { id: resource.id, object: 'resource', status: 'active' },
      },
      { type: 'payout.updated', data: { payout_id: expect.stringMatching(/^pay_/) } },
    ]),
  )
  const { access_request_id } = request
  expect(toBuyer).toEqual(
    expect.arrayContaining([
      {
        type: 'access_request.decided',
        data: { access_request_id, dataset_id, status: 'approved' },
      },
      { type: 'dispute.updated', data: { dispute_id, status: 'open' } },
      { type: 'invoice.opened', data: { invoice_id: expect.stringMatching(/^inv_/) } },
      {
        type: 'budget.threshold',
        data: { budget_id: expect.stringMatching(/^bud_/), percent: 100 },
      },
    ]),
  )
  const sent = [...receiver.seen, ...atBuyer.seen].map(({ body }) => body).join('\n')
  expect(sent).not.toMatch(/hidden|herring|amount/i)
}, 120_000)

describe('where private addresses are not allowed', () => {
  let strict: World
  beforeAll(async () => {
    strict = await openWorld()
  }, 90_000)
  afterAll(() => strict.close())

  test.each([
    'http://example.com/',
    'https://127.0.0.1/',
    'https://10.0.0.1/',
    'https://169.254.169.254/latest',
    'https://[::1]/',
    'https://[::ffff:192.168.0.1]/',
    'https://0x7f.1/',
  ])('none is made at %s', async (url) => {
    const made = strict.provider.client.webhooks.create({ url, events: ['*'] })
    await expect(made).rejects.toMatchObject({ status: 422, code: 'invalid_request' })
  })

  test('a name that leads to one is not followed', async () => {
    const url = receiver.url.replace('http://127.0.0.1', 'https://localhost')
    const { webhooks } = strict.provider.client
    const { webhook_id } = await webhooks.create({ url, events: ['*'] })
    await webhooks.test({ webhook_id })
    const refused = await deliveryOf(strict.provider, webhook_id, ({ attempts }) => attempts === 1)
    expect(refused).toMatchObject({ status: 'pending', error: 'address_not_allowed' })
    expect(refused).toMatchObject({ response_status: null, response_body: null })
    expect(receiver.seen).toEqual([])
  })
})

import { webhookEventTypes, webhookMessage } from '@ipto/contract/webhooks.ts'
import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { openReceiver, type Receiver } from '../../adapters/outbound/outbound.fixture.ts'
import { msPerDay } from '../../base/clock.ts'
import { type Id, newId } from '../../base/ids.ts'
import { emit } from '../../jobs/queue.ts'
import * as access from '../access/access.ts'
import * as jobs from '../jobs/jobs.ts'
import * as resources from '../resources/resources.ts'
import { forgetOld, queueDue } from './deliveries.ts'
import { followedEvents } from './payloads.ts'
import { openWorld, type World } from './webhooks.fixture.ts'
import {
  changeEndpoint,
  listDeliveries,
  redeliver,
  removeEndpoint,
  testEndpoint,
} from './webhooks.ts'

let world: World
let tenantId: Id<'tnt'>

beforeAll(async () => {
  world = await openWorld()
})
beforeEach(() => {
  tenantId = newId('tnt')
})
// What waits for its next attempt would be due in the time of another test.
afterEach(() => world.db.run`delete from webhook_endpoints where tenant_id = ${tenantId}`)
afterAll(() => world.end())

const call = () => world.callOf(tenantId)
const log = async (endpointId: string) =>
  (await listDeliveries(world, call(), { endpointId, status: null, limit: 100 })).items
const change = (id: string, wish: object) =>
  changeEndpoint(world, call(), {
    id,
    url: undefined,
    events: undefined,
    status: undefined,
    isRotation: false,
    ...wish,
  })
/** Lets time pass, and does what is due then. */
async function pass(ms: number): Promise<void> {
  world.forward(ms)
  await queueDue(world, world.run())
  await world.work()
}
const eventsSeen = ({ seen }: Receiver) =>
  seen.map(({ body }) => JSON.parse(body) as { id: string; type: string; data: unknown })
const minutes = 60_000

describe('an event', () => {
  test('of every type of the contract is followed', () => {
    expect([...followedEvents].sort()).toEqual([...webhookEventTypes].sort())
  })

  test('goes to the enabled endpoints of its tenant that ask for it, and to no other', async () => {
    const [all, asked, other, off, stranger] = await Promise.all(
      Array.from({ length: 5 }, () => world.receiver()),
    )
    if (!all || !asked || !other || !off || !stranger) throw new Error('five were opened')
    await world.endpoint(tenantId, all.url)
    await world.endpoint(tenantId, asked.url, ['job.completed', 'resource.updated'])
    await world.endpoint(tenantId, other.url, ['job.completed'])
    const { id } = await world.endpoint(tenantId, off.url)
    await change(id, { status: 'disabled' })
    await world.endpoint(newId('tnt'), stranger.url)
    const resourceId = newId('res')
    await world.happen(tenantId, resourceId)
    await world.work()
    const data = { id: resourceId, object: 'resource', status: null }
    const createdAt = world.now().toISOString()
    const event = { id: expect.stringMatching(/^evt_/), type: 'resource.updated', createdAt, data }
    expect(eventsSeen(all)).toEqual([event])
    expect(eventsSeen(asked)).toEqual(eventsSeen(all))
    for (const { seen } of [other, off, stranger]) expect(seen).toEqual([])
  })

  test('is told once, although its task runs twice, also at once', async () => {
    const receiver = await world.receiver()
    const { id } = await world.endpoint(tenantId, receiver.url)
    await world.happen(tenantId)
    const [task] = await world.takeTasks()
    if (!task) throw new Error('the event has a task')
    await Promise.all([world.runTask(task), world.runTask(task)])
    await world.runTask(task)
    await world.work()
    expect(await log(id)).toHaveLength(1)
    expect(receiver.seen).toHaveLength(1)
    await world.happen(tenantId)
    await world.work()
    expect(receiver.seen).toHaveLength(2)
  })

  test('tells the state of things, and both sides of a request', async () => {
    const mine = await world.receiver()
    const theirs = await world.receiver()
    const ownerTenantId = newId('tnt')
    await world.endpoint(tenantId, mine.url)
    await world.endpoint(ownerTenantId, theirs.url)
    const input = { name: 'Secret name', description: null, metadata: { a: 'secret' } }
    const { id } = await resources.create(world, call(), input)
    const jobId = newId('job')
    const job = { id: jobId, tenantId, kind: 'x', scope: 'usage:read' as const, now: world.now() }
    const request = { requestId: newId('arq'), datasetId: newId('dset'), tenantId, ownerTenantId }
    await world.db.tx(async (tx) => {
      await jobs.open(tx, job)
      const error = { code: 'internal_error', message: 'It broke.' }
      await jobs.fail(tx, { tenantId, id: jobId, error, now: world.now() })
      await jobs.fail(tx, { tenantId, id: jobId, error, now: world.now() })
      await emit(tx, access.events.decided, request)
    })
    await world.work()
    const { requestId, datasetId } = request
    const decided = { access_request_id: requestId, dataset_id: datasetId, status: null }
    const told = eventsSeen(mine).map(({ type, data }) => ({ type, data }))
    expect(told).toHaveLength(3)
    for (const { body } of [...mine.seen, ...theirs.seen]) {
      const event = JSON.parse(body)
      expect(webhookMessage(event.type).parse(event)).toEqual(event)
    }
    expect(told).toEqual(
      expect.arrayContaining([
        { type: 'resource.updated', data: { id, object: 'resource', status: 'active' } },
        { type: 'job.completed', data: { job_id: jobId, status: 'failed' } },
        { type: 'access_request.decided', data: decided },
      ]),
    )
    expect(eventsSeen(theirs).map(({ data }) => data)).toEqual([decided])
    expect(mine.seen.map(({ body }) => body).join()).not.toContain('ecret')
  })
})

describe('the signature', () => {
  test('is right for the public library, by both secrets for 24 hours and then by the new one', async () => {
    const receiver = await world.receiver()
    const { id, secret: old } = await world.endpoint(tenantId, receiver.url)
    const { secret: fresh } = await change(id, { isRotation: true })
    const verifies = (secret: string | null) => {
      const { body, headers } = receiver.seen.at(-1) ?? { body: '', headers: {} }
      vi.useFakeTimers({ now: world.now(), toFake: ['Date'] })
      try {
        new Webhook(secret ?? '').verify(body, headers as Record<string, string>)
        return true
      } catch {
        return false
      } finally {
        vi.useRealTimers()
      }
    }
    await testEndpoint(world, call(), id)
    await world.work()
    expect([verifies(fresh), verifies(old)]).toEqual([true, true])
    expect(receiver.seen[0]?.headers['webhook-id']).toBe(eventsSeen(receiver)[0]?.id)
    world.forward(msPerDay - 1)
    await testEndpoint(world, call(), id)
    await world.work()
    expect([verifies(fresh), verifies(old)]).toEqual([true, true])
    world.forward(1)
    await testEndpoint(world, call(), id)
    await world.work()
    expect([verifies(fresh), verifies(old)]).toEqual([true, false])
    expect(receiver.seen).toHaveLength(3)
  })

  test('is made at each sending: the time moves, id and body stay', async () => {
    const receiver = await world.receiver(500, 200)
    const { id } = await world.endpoint(tenantId, receiver.url)
    await testEndpoint(world, call(), id)
    await world.work()
    await pass(30_000)
    const [first, second] = receiver.seen
    expect(second?.body).toBe(first?.body)
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id'])
    expect(second?.headers['x-signature']).toBe(first?.headers['x-signature'])
    const times = [first, second].map((one) => Number(one?.headers['webhook-timestamp']))
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBe(30)
  })
})

describe('a delivery', () => {
  test('that fails is tried again five times, later and later, and then by hand only', async () => {
    const receiver = await world.receiver(500, 404, 301, 503, 400, 429, 200)
    const { id } = await world.endpoint(tenantId, receiver.url)
    const { id: deliveryId } = await testEndpoint(world, call(), id)
    await world.work()
    for (const waitMs of [0.5, 2, 8, 32, 128].map((count) => count * minutes)) {
      const [waiting] = await log(id)
      const nextAttemptAt = new Date(world.now().getTime() + waitMs)
      expect(waiting).toMatchObject({ status: 'pending', nextAttemptAt, responseBody: 'noted' })
      const count = receiver.seen.length
      await pass(waitMs - 1)
      expect(receiver.seen).toHaveLength(count)
      await pass(1)
      expect(receiver.seen).toHaveLength(count + 1)
    }
    const [failed] = await log(id)
    const end = { status: 'failed', attempts: 6, nextAttemptAt: null, responseStatus: 429 }
    expect(failed).toMatchObject({ ...end, lastAttemptAt: world.now() })
    await pass(10 * msPerDay)
    expect(receiver.seen).toHaveLength(6)

    const retried = await redeliver(world, call(), { endpointId: id, deliveryId })
    expect(retried).toMatchObject({ status: 'pending', attempts: 6 })
    await world.work()
    const done = { status: 'delivered', attempts: 7, responseStatus: 200, nextAttemptAt: null }
    expect(await log(id)).toMatchObject([done])
    expect(new Set(receiver.seen.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  })

  test('that nobody answers tells why, and fails again when it is sent by hand', async () => {
    const receiver = await world.receiver()
    receiver.close()
    const { id } = await world.endpoint(tenantId, receiver.url)
    const { id: deliveryId } = await testEndpoint(world, call(), id)
    await world.work()
    for (let round = 0; round < 5; round++) await pass(200 * minutes)
    const lost = { status: 'failed', attempts: 6, responseStatus: null, problem: 'unreachable' }
    expect(await log(id)).toMatchObject([lost])
    await redeliver(world, call(), { endpointId: id, deliveryId })
    await world.work()
    expect(await log(id)).toMatchObject([{ ...lost, attempts: 7 }])
  })

  test('to an endpoint that gave no answer is not tried within a minute, unless it is asked for', async () => {
    const { port, seen, close } = await openReceiver((request) => request.socket.destroy())
    const { id: endpointId } = await world.endpoint(tenantId, `http://127.0.0.1:${port}/`)
    await world.happen(tenantId)
    await world.happen(tenantId)
    await world.work()
    expect(seen).toHaveLength(1)
    const [newer, older] = await log(endpointId)
    const problems = [newer?.problem, older?.problem].sort()
    expect(problems).toEqual(['not_answering', 'unreachable'])
    for (const one of [newer, older]) expect(one).toMatchObject({ status: 'pending', attempts: 1 })
    await pass(30_000)
    expect(seen).toHaveLength(1)
    await redeliver(world, call(), { endpointId, deliveryId: newer?.id ?? '' })
    await testEndpoint(world, call(), endpointId)
    await world.work()
    expect(seen).toHaveLength(3)
    await pass(60_000)
    await world.happen(tenantId)
    await world.work()
    expect(seen.length).toBeGreaterThan(3)
    close()
  })

  test('is sent once by tasks that run at once', async () => {
    const receiver = await world.receiver()
    const { id } = await world.endpoint(tenantId, receiver.url)
    await testEndpoint(world, call(), id)
    const [task] = await world.takeTasks()
    if (!task) throw new Error('the delivery has a task')
    await Promise.all(Array.from({ length: 6 }, () => world.runTask(task)))
    await world.runTask(task)
    expect(receiver.seen).toHaveLength(1)
    expect(await log(id)).toMatchObject([{ status: 'delivered', attempts: 1 }])
  })

  test('whose task was lost is taken up after five minutes, once', async () => {
    const receiver = await world.receiver()
    const { id } = await world.endpoint(tenantId, receiver.url)
    await testEndpoint(world, call(), id)
    expect(await world.takeTasks()).toHaveLength(1)
    world.forward(5 * minutes - 1)
    await queueDue(world, world.run())
    expect(await world.takeTasks()).toEqual([])
    world.forward(1)
    await Promise.all([queueDue(world, world.run()), queueDue(world, world.run())])
    await queueDue(world, world.run())
    const tasks = await world.takeTasks()
    expect(tasks).toHaveLength(1)
    for (const task of tasks) await world.runTask(task)
    expect(receiver.seen).toHaveLength(1)
  })

  test('whose sender died is sent again when the claim ends', async () => {
    const receiver = await world.receiver()
    const { id } = await world.endpoint(tenantId, receiver.url)
    const { id: deliveryId } = await testEndpoint(world, call(), id)
    const [task] = await world.takeTasks()
    if (!task) throw new Error('the delivery has a task')
    // As a process leaves it that dies while it waits for the answer.
    await world.db.run`
      update webhook_deliveries set claimed_until = ${new Date(world.now().getTime() + minutes)}
      where id = ${deliveryId} and tenant_id = ${tenantId}`
    await world.runTask(task)
    expect(receiver.seen).toEqual([])
    await pass(5 * minutes)
    expect(receiver.seen).toHaveLength(1)
  })

  test('that the end of the process cuts off is sent again by its own task', async () => {
    const ending = new AbortController()
    const { port, seen, close } = await openReceiver(() => ending.abort())
    const { id } = await world.endpoint(tenantId, `http://127.0.0.1:${port}/`)
    await testEndpoint(world, call(), id)
    const [task] = await world.takeTasks()
    if (!task) throw new Error('the delivery has a task')
    await expect(world.runTask(task, ending.signal)).rejects.toMatchObject({ name: 'AbortError' })
    expect(await log(id)).toMatchObject([{ status: 'pending', attempts: 0 }])
    close()
    await world.runTask(task)
    expect(await log(id)).toMatchObject([{ status: 'pending', attempts: 1 }])
    expect(seen).toHaveLength(1)
  })

  test('of an endpoint that was disabled meanwhile is not sent, and can be once it is enabled', async () => {
    const receiver = await world.receiver()
    const { id: endpointId } = await world.endpoint(tenantId, receiver.url)
    const { id: deliveryId } = await testEndpoint(world, call(), endpointId)
    await change(endpointId, { status: 'disabled' })
    await world.work()
    expect(receiver.seen).toEqual([])
    const refused = { status: 'failed', problem: 'endpoint_disabled', responseStatus: null }
    expect(await log(endpointId)).toMatchObject([refused])
    const conflict = { code: 'conflict' }
    const again = () => redeliver(world, call(), { endpointId, deliveryId })
    await expect(again()).rejects.toMatchObject(conflict)
    await expect(testEndpoint(world, call(), endpointId)).rejects.toMatchObject(conflict)
    await change(endpointId, { status: 'enabled' })
    await again()
    await world.work()
    expect(receiver.seen).toHaveLength(1)
  })

  test('of an endpoint that was removed meanwhile goes nowhere', async () => {
    const receiver = await world.receiver()
    const { id } = await world.endpoint(tenantId, receiver.url)
    await world.happen(tenantId)
    await testEndpoint(world, call(), id)
    await removeEndpoint(world, call(), id)
    await world.work()
    await pass(msPerDay)
    expect(receiver.seen).toEqual([])
  })

  test('is tested and sent again once by a call that comes twice', async () => {
    const receiver = await world.receiver()
    const { id: endpointId } = await world.endpoint(tenantId, receiver.url)
    const testing = call()
    const { id: deliveryId } = await testEndpoint(world, testing, endpointId)
    expect((await testEndpoint(world, testing, endpointId)).id).toBe(deliveryId)
    await world.work()
    expect(receiver.seen).toHaveLength(1)
    const retrying = call()
    const names = { endpointId, deliveryId }
    await redeliver(world, retrying, names)
    await redeliver(world, retrying, names)
    await world.work()
    await redeliver(world, retrying, names)
    await world.work()
    expect(receiver.seen).toHaveLength(2)
    const actions = (await world.audited(tenantId)).map(({ action }) => action)
    expect(actions).toEqual(['webhook.create', 'webhook.test', 'webhook.retry'])
  })

  test('is found under its own endpoint only', async () => {
    const receiver = await world.receiver()
    const { id: first } = await world.endpoint(tenantId, receiver.url)
    const { id: second } = await world.endpoint(tenantId, receiver.url)
    const { id: deliveryId } = await testEndpoint(world, call(), first)
    const wrong = redeliver(world, call(), { endpointId: second, deliveryId })
    await expect(wrong).rejects.toMatchObject({ code: 'not_found' })
    expect(await log(second)).toEqual([])
    await world.work()
  })

  test('is forgotten after thirty days', async () => {
    const receiver = await world.receiver()
    const { id } = await world.endpoint(tenantId, receiver.url)
    await testEndpoint(world, call(), id)
    await world.work()
    world.forward(30 * msPerDay)
    await forgetOld(world, world.run())
    expect(await log(id)).toHaveLength(1)
    world.forward(1)
    await forgetOld(world, world.run())
    expect(await log(id)).toEqual([])
  })

  test('is listed newest first, page by page and by its status', async () => {
    const receiver = await world.receiver(500, 200)
    const { id: endpointId } = await world.endpoint(tenantId, receiver.url)
    const made: string[] = []
    for (let count = 0; count < 3; count++) {
      made.unshift((await testEndpoint(world, call(), endpointId)).id)
      await world.work()
    }
    const filter = { endpointId, status: null, limit: 2 }
    const first = await listDeliveries(world, call(), filter)
    const second = await listDeliveries(world, { ...call(), after: first.next }, filter)
    const ids = [...first.items, ...second.items].map(({ id }) => id)
    expect(ids).toEqual(made)
    const pending = await listDeliveries(world, call(), { ...filter, status: 'pending' })
    expect(pending.items.map(({ id }) => id)).toEqual(made.slice(2))
  })
})

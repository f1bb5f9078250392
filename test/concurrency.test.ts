// Sixteen clients at the same moment want one budget, one quote, one citation, one dispute, one invoice, one
// payout. Never over, never twice, and no deadlock: on PostgreSQL its own counter says so.
import { ApiError, type Client } from '@ipto/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { closeMonth } from './close-month.ts'
import { publish, textFile } from './publish.ts'
import { openWorld, type World } from './world.ts'

const clients = 16
let world: World
let agents: Client[]
let deadlocksBefore: bigint

beforeAll(async () => {
  world = await openWorld()
  deadlocksBefore = await deadlocks()
  for (const word of ['gannet', 'heron', 'ibis']) {
    const by = word === 'ibis' ? world.stranger : world.provider
    const rows = Array.from({ length: 10 }, (_, at) => `${word} ${at},sea`)
    await publish(world, {
      by,
      terms: {
        name: word,
        ...(word === 'heron' && { monetization_mode: 'outcome_share', access_policy: 'automatic' }),
      },
      files: [textFile(`${word}.csv`, ['bird,place', ...rows].join('\n'))],
    })
  }
  const keys = await Promise.all(
    Array.from({ length: clients }, (_, at) =>
      world.buyer.client.apiKeys.create({
        name: `agent ${at}`,
        scopes: ['search:query', 'datasets:read', 'usage:read', 'billing:read', 'admin:*'],
      }),
    ),
  )
  agents = keys.map((key) => world.client({ apiKey: key.secret }))
}, 60_000)
afterAll(() => world.close())

/** Zero where the database has one session. */
async function deadlocks(): Promise<bigint> {
  const { db } = world.app.services
  const row = await db.first<{ count: bigint }>`
    select deadlocks as count from pg_stat_database where datname = current_database()`
  return row?.count ?? 0n
}

/** All at once. Answers the successes; every refusal must have one of these statuses. */
async function race<T>(statuses: number[], work: (agent: Client, at: number) => Promise<T>) {
  const ended = await Promise.allSettled(agents.map((agent, at) => work(agent, at)))
  return ended.flatMap((one) => {
    if (one.status === 'fulfilled') return [one.value]
    expect(one.reason).toBeInstanceOf(ApiError)
    expect(statuses).toContain((one.reason as ApiError).status)
    return []
  })
}

const micros = (amount: number) => Math.round(amount * 1e6)
const spent = async () => micros((await world.buyer.client.spend.get()).data.total_spend)

async function bought(word: string): Promise<string> {
  const { results } = await world.buyer.client.search.query({ query: word, top_k: 1 })
  return results[0]?.retrieval_event_id ?? ''
}

async function usageOf(retrieval_event_id: string): Promise<string> {
  const { receipt } = await world.buyer.client.retrievals.get({ retrieval_event_id })
  const [, body = ''] = (receipt ?? '').split('.')
  return JSON.parse(Buffer.from(body, 'base64url').toString()).usage_event_id
}

async function expectSound(): Promise<void> {
  const { client } = world.operator
  expect((await client.ledger.trialBalance()).data.total).toBe(0)
  expect((await client.books.check()).data.findings).toEqual([])
}

describe('sixteen clients', () => {
  test('never pass one budget', async () => {
    const { spent: before } = await world.buyer.client.budgets.set({ amount: 1, currency: 'USD' })
    const done = await race([402], (agent) => agent.search.query({ query: 'gannet' }))
    const sum = done.reduce((all, { charged_amount }) => all + micros(charged_amount), 0)
    expect(done).toHaveLength(3)
    expect(await spent()).toBe(micros(before) + sum)
    await world.buyer.client.budgets.set({ amount: null })
  })

  test('redeem one quote once', async () => {
    const [agent] = agents
    const { quote_id, max_amount } = (await agent?.search.quote({ query: 'gannet' })) ?? {
      quote_id: '',
      max_amount: 0,
    }
    const before = await spent()
    const done = await race([409], async () => agent?.search.query({ query: 'gannet', quote_id }))
    expect(done).toHaveLength(1)
    expect(await spent()).toBe(before + micros(max_amount))
  })

  test('cite one passage once', async () => {
    const retrieval_event_id = await bought('gannet')
    const before = await spent()
    const done = await race([409], (agent) => agent.citations.create({ retrieval_event_id }))
    expect(done).toHaveLength(1)
    expect(await spent()).toBe(before + 20_000)
  })

  test('report one passage once, also in lists that overlap', async () => {
    const [first, ...others] = await Promise.all(agents.map(() => bought('heron')))
    const before = await spent()
    const done = await race([409], (agent, at) =>
      agent.outcomes.create({
        // In another order each: whoever locks them does so in one order.
        retrieval_event_ids:
          at % 2 ? [first ?? '', others[0] ?? ''] : [others[0] ?? '', first ?? ''],
        value_amount: 10,
        currency: 'USD',
      }),
    )
    expect(done).toHaveLength(1)
    expect(await spent()).toBe(before + 500_000)
  })

  test('open one dispute, and it is resolved once', async () => {
    const usage_event_ids = [
      await usageOf(await bought('gannet')),
      await usageOf(await bought('ibis')),
    ]
    const done = await race([409], (agent, at) =>
      agent.disputes.create({
        usage_event_ids: at % 2 ? usage_event_ids : [...usage_event_ids].reverse(),
        reason: 'not what was asked for',
      }),
    )
    expect(done).toHaveLength(1)
    const { client } = world.operator
    const resolved = await race([409], (_, at) =>
      client.adminDisputes.resolve({
        dispute_id: done[0]?.dispute_id ?? '',
        resolution: at % 2 ? 'refunded' : 'rejected',
        note: 'looked at',
      }),
    )
    expect(resolved).toHaveLength(1)
    await expectSound()
  })

  test('do everything at once, and the books stay sound', async () => {
    await world.buyer.client.budgets.set({ amount: 40, currency: 'USD' })
    const passages = await Promise.all(agents.map(() => bought('heron')))
    const events = await Promise.all(passages.map(usageOf))
    await race([402, 409], async (agent, at) => {
      for (let round = 0; round < 4; round++) {
        const other = (at + round) % clients
        const retrieval_event_id = passages[other] ?? ''
        const kinds = [
          () => agent.search.query({ query: 'gannet OR ibis' }),
          () => agent.citations.create({ retrieval_event_id }),
          () =>
            agent.outcomes.create({
              retrieval_event_ids: [retrieval_event_id],
              value_amount: 3,
              currency: 'USD',
            }),
          () =>
            agent.disputes.create({ usage_event_ids: [events[other] ?? ''], reason: 'a storm' }),
          () => agent.budgets.set({ amount: 40 + round, currency: 'USD' }),
        ]
        await kinds[(at * 3 + round) % kinds.length]?.().catch((error: unknown) => {
          const isRefusal = error instanceof ApiError && [402, 409].includes(error.status)
          if (!isRefusal) throw error
        })
      }
    })
    await expectSound()
  })

  test('pay one invoice and one payout once', async () => {
    await closeMonth(world)
    const { client } = world.operator
    const { data } = await client.adminInvoices.list({ tenant_id: world.buyer.tenantId })
    const invoice = data.invoices.find((one) => one.credits_invoice_id === null)
    const paid = await race([409], (_, at) =>
      client.adminInvoices.pay({
        invoice_id: invoice?.invoice_id ?? '',
        amount: invoice?.amount_due ?? 0,
        currency: 'USD',
        reference: `bank ${at}`,
        paid_at: world.clock.now().toISOString(),
      }),
    )
    expect(paid).toHaveLength(1)
    const { data: disputes } = await client.adminDisputes.list({ status: 'open' })
    for (const { dispute_id } of disputes.disputes) {
      await client.adminDisputes.resolve({ dispute_id, resolution: 'rejected', note: 'sound' })
    }
    world.clock.forward(14 * 86_400_000)
    await world.logIn(world.operator)
    await world.app.runSchedules(['payouts.make'])
    const operator = world.operator.client
    const listed = await operator.adminPayouts.list({ tenant_id: world.provider.tenantId })
    const payout_id = listed.data.payouts[0]?.payout_id ?? ''
    await operator.adminPayouts.approve({ payout_id }).catch(() => undefined)
    const payouts = await race([409], (_, at) =>
      operator.adminPayouts.pay({ payout_id, bank_reference: `bank ${at}` }),
    )
    expect(payouts).toHaveLength(1)
    await expectSound()
  })

  test('never met in a deadlock', async () => {
    expect(await deadlocks()).toBe(deadlocksBefore)
  })
})

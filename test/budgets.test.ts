// Budgets that a tenant sets for itself and for its resources, over HTTP: each of them refuses with 402,
// and many callers at once never pass one.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { publish, textFile } from './publish.ts'
import { send } from './send.ts'
import { openWorld, type Party, type World } from './world.ts'

let world: World
/** Ten hits of 0.03. */
const query = 'alpha'

beforeAll(async () => {
  world = await openWorld()
  const lines = Array.from({ length: 10 }, (_, at) => `alpha ${at},herring`)
  await publish(world, { files: [textFile('rows.csv', ['ship,cargo', ...lines].join('\n'))] })
}, 90_000)
afterAll(() => world.close())

const micros = (amount: number) => Math.round(amount * 1e6)
const exceeded = (scope: string) => ({
  status: 402,
  code: 'budget_exceeded',
  details: { scope },
})

async function keyOf(buyer: Party, more: object = {}) {
  const key = await buyer.client.apiKeys.create({
    name: 'agent',
    scopes: ['search:query', 'billing:read'],
    ...more,
  })
  return { id: key.api_key_id, client: world.client({ apiKey: key.secret }) }
}

const setBudget = ({ client }: Party, amount: number | null, resource_id?: string) =>
  client.budgets.set({ amount, currency: 'USD', ...(resource_id && { resource_id }) })
const budgetsOf = async ({ client }: Party) => (await client.budgets.list({ limit: 100 })).items

async function expectSpent({ client }: Party, amount: number): Promise<void> {
  expect((await client.spend.get()).data.total_spend).toBe(amount)
  const { client: operator } = world.operator
  expect((await operator.ledger.trialBalance()).data.total).toBe(0)
  expect((await operator.admin.system()).data.unexplained_money).toBe(0)
}

describe('the budget', () => {
  test('of a tenant refuses with 402 what it does not cover, and nothing is booked', async () => {
    const buyer = await world.signUp('buyer')
    const { client } = await keyOf(buyer)
    expect(await budgetsOf(buyer)).toEqual([])
    const made = await setBudget(buyer, 0.299999)
    expect(made).toEqual({
      budget_id: expect.stringMatching(/^bud_/),
      scope: 'tenant',
      api_key_id: null,
      resource_id: null,
      amount: 0.299999,
      currency: 'USD',
      period_start: '2026-04-01T00:00:00Z',
      spent: 0,
      remaining: 0.299999,
    })
    for (const caller of [buyer.client, client]) {
      const over = caller.search.query({ query })
      await expect(over).rejects.toMatchObject(exceeded('tenant'))
    }
    await expectSpent(buyer, 0)
    expect(await budgetsOf(buyer)).toEqual([made])
    await setBudget(buyer, 0.3)
    expect((await client.search.query({ query })).charged_amount).toBe(0.3)
    expect(await budgetsOf(buyer)).toEqual([{ ...made, amount: 0.3, spent: 0.3, remaining: 0 }])
    await expect(client.search.query({ query })).rejects.toMatchObject({ status: 402 })
    expect(await setBudget(buyer, 0.1)).toMatchObject({ amount: 0.1, spent: 0.3, remaining: 0 })
    await expectSpent(buyer, 0.3)
    const cleared = { ...made, amount: null, spent: 0.3, remaining: null }
    expect(await buyer.client.budgets.set({ amount: null })).toEqual(cleared)
    expect((await client.search.query({ query })).charged_amount).toBe(0.3)
  })

  test('of a key refuses that key, and is listed while it lives', async () => {
    const buyer = await world.signUp('buyer')
    const { id, client } = await keyOf(buyer, { budget: { amount: 0.3, currency: 'USD' } })
    await client.search.query({ query })
    await expect(client.search.query({ query })).rejects.toMatchObject({ status: 402 })
    await expectSpent(buyer, 0.3)
    const [tenant, key] = await budgetsOf(buyer)
    expect(tenant).toMatchObject({ scope: 'tenant', amount: null, spent: 0.3, remaining: null })
    const told = { scope: 'key', api_key_id: id, resource_id: null, amount: 0.3, remaining: 0 }
    expect(key).toMatchObject(told)
    await buyer.client.apiKeys.revoke({ api_key_id: id })
    expect(await budgetsOf(buyer)).toEqual([tenant])
  })

  test('of a resource refuses all keys that carry it, and no other', async () => {
    const buyer = await world.signUp('buyer')
    const { id } = await buyer.client.resources.create({ name: 'Agents' })
    const agents = [
      await keyOf(buyer, { resource_id: id }),
      await keyOf(buyer, { resource_id: id }),
    ]
    await setBudget(buyer, 0.5, id)
    await agents[0]?.client.search.query({ query })
    for (const { client } of agents) {
      const over = client.search.query({ query })
      await expect(over).rejects.toMatchObject({ status: 402, code: 'budget_exceeded' })
    }
    await expectSpent(buyer, 0.3)
    const told = {
      scope: 'resource',
      resource_id: id,
      api_key_id: null,
      spent: 0.3,
      remaining: 0.2,
    }
    expect((await budgetsOf(buyer))[1]).toMatchObject(told)
    const other = await keyOf(buyer)
    expect((await other.client.search.query({ query })).charged_amount).toBe(0.3)
    await setBudget(buyer, null, id)
    expect((await agents[1]?.client.search.query({ query }))?.charged_amount).toBe(0.3)
    expect((await budgetsOf(buyer)).map(({ scope }) => scope)).toEqual(['tenant'])
  })

  test('of a tenant is never passed by sixteen clients at once', async () => {
    const buyer = await world.signUp('crowd')
    const clients = await Promise.all(Array.from({ length: 16 }, () => keyOf(buyer)))
    await setBudget(buyer, 2)
    // Each asks for one to ten hits: no two charges need be alike.
    const answers = await Promise.allSettled(
      clients.flatMap(({ client }, at) => [
        client.search.query({ query, top_k: 1 + (at % 10) }),
        client.search.query({ query, top_k: 10 - (at % 10) }),
      ]),
    )
    let spent = 0
    for (const one of answers) {
      if (one.status === 'fulfilled') spent += micros(one.value.charged_amount)
      else expect(one.reason).toMatchObject({ status: 402, code: 'budget_exceeded' })
    }
    expect(answers.some(({ status }) => status === 'rejected')).toBe(true)
    expect(spent).toBeLessThanOrEqual(2_000_000)
    // What was refused last costs 0.30 at most.
    expect(spent).toBeGreaterThan(1_700_000)
    const [budget] = await budgetsOf(buyer)
    expect(micros(budget?.spent ?? 0)).toBe(spent)
    expect(micros(budget?.remaining ?? 0)).toBe(2_000_000 - spent)
    await expectSpent(buyer, spent / 1e6)
  }, 60_000)

  test('moved while others spend is never passed by what comes after it', async () => {
    const buyer = await world.signUp('mover')
    const { client } = await keyOf(buyer)
    await setBudget(buyer, 50)
    const searches = Promise.allSettled(
      Array.from({ length: 12 }, () => client.search.query({ query })),
    )
    const { spent, remaining } = await setBudget(buyer, 1)
    expect(micros(remaining ?? -1)).toBe(Math.max(0, 1_000_000 - micros(spent)))
    await searches
    const [budget] = await budgetsOf(buyer)
    expect(micros(budget?.spent ?? 0)).toBeLessThanOrEqual(Math.max(micros(spent), 1_000_000))
    await expectSpent(buyer, budget?.spent ?? -1)
  })
})

describe('setting a budget', () => {
  const put = (json: object | string, token = world.buyer.token) =>
    send(`${world.url}/v1/budgets`, {
      method: 'PUT',
      token,
      ...(typeof json === 'string' ? { raw: json } : { json }),
    })

  test.each([
    ['amount', { amount: 0.0000001, currency: 'USD' }, 422],
    ['amount', { amount: -1, currency: 'USD' }, 422],
    ['amount', { amount: 1e15, currency: 'USD' }, 422],
    ['amount', { amount: '5', currency: 'USD' }, 400],
    ['amount', { amount: 'NaN', currency: 'USD' }, 400],
    ['amount', { currency: 'USD' }, 400],
    ['currency', { amount: 5, currency: 'EUR' }, 422],
    ['currency', { amount: null, currency: 'EUR' }, 422],
    ['currency', { amount: 5, currency: 1 }, 400],
    ['currency', { amount: 5 }, 400],
    ['resource_id', { amount: 5, currency: 'USD', resource_id: 7 }, 400],
    ['api_key_id', { amount: 5, currency: 'USD', api_key_id: 'key_x' }, 400],
  ])('is refused for its %s in %j, and nothing is stored', async (field, json, expected) => {
    const { status, body } = await put(json)
    expect(status).toBe(expected)
    expect(body.error?.details?.fields?.map((one) => one.field)).toEqual([field])
    expect(await budgetsOf(world.buyer)).toEqual([])
  })

  test('is refused where the number is none', async () => {
    for (const amount of ['NaN', 'Infinity', '1e999', '']) {
      expect((await put(`{"amount":${amount},"currency":"USD"}`)).status).toBe(400)
    }
    expect(await budgetsOf(world.buyer)).toEqual([])
  })

  test('is refused for a resource that is unknown or of another tenant', async () => {
    const { id } = await world.provider.client.resources.create({ name: 'Agent' })
    for (const resource_id of [id, 'res_unknown', '', world.buyer.tenantId]) {
      const { status, body } = await put({ amount: 5, currency: 'USD', resource_id })
      expect([status, body.error?.code]).toEqual([404, 'not_found'])
    }
    expect(await budgetsOf(world.buyer)).toEqual([])
    expect(await budgetsOf(world.provider)).toEqual([])
  })

  test('needs a role or admin:*, and reading needs billing:read', async () => {
    const { client } = await world.signUp('narrow')
    const of = async (scopes: ('billing:read' | 'admin:*' | 'usage:read')[]) =>
      world.client({ apiKey: (await client.apiKeys.create({ name: 'k', scopes })).secret }).budgets
    const refused = { status: 403, code: 'forbidden' }
    const [reader, admin, other] = [
      await of(['billing:read']),
      await of(['admin:*']),
      await of(['usage:read']),
    ]
    const wish = { amount: 5, currency: 'USD' as const }
    await expect(reader.set(wish)).rejects.toMatchObject(refused)
    await expect(other.set(wish)).rejects.toMatchObject(refused)
    await expect(other.list()).rejects.toMatchObject(refused)
    expect((await reader.list()).items).toEqual([])
    expect(await admin.set(wish)).toMatchObject({ amount: 5 })
    expect((await reader.list()).items).toMatchObject([{ scope: 'tenant', amount: 5 }])
  })

  test('twice under one key is once, and is found in the audit', async () => {
    const buyer = await world.signUp('audited')
    const options = { idempotencyKey: 'budget-1' }
    const wish = { amount: 5, currency: 'USD' as const }
    const made = await buyer.client.budgets.set(wish, options)
    expect(await buyer.client.budgets.set(wish, options)).toEqual(made)
    const entries = []
    const filter = { target_id: buyer.tenantId, action: 'budget.update' }
    for await (const one of await buyer.client.audit.list(filter)) entries.push(one)
    expect(entries).toHaveLength(1)
  })

  test('shows all budgets page by page', async () => {
    const buyer = await world.signUp('pages')
    await setBudget(buyer, 5)
    for (let at = 0; at < 3; at++) {
      const { id } = await buyer.client.resources.create({ name: `R${at}` })
      await setBudget(buyer, at, id)
      await keyOf(buyer, { budget: { amount: at, currency: 'USD' } })
    }
    const all = await budgetsOf(buyer)
    expect(all).toHaveLength(7)
    const seen = []
    for await (const one of await buyer.client.budgets.list({ limit: 2 })) seen.push(one)
    expect(seen).toEqual(all)
    expect((await send(`${world.url}/v1/budgets?limit=101`, { token: buyer.token })).status).toBe(
      422,
    )
  })
})

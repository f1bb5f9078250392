// What follows a search: quotes that bind, citations that are verified, outcomes that are shared out, and
// receipts that anyone can check.
import { randomUUID } from 'node:crypto'
import type { Client, DatasetsCreateInput, SearchAnswer } from '@ipto/sdk'
import { compactVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { publish, textFile } from './publish.ts'
import { openWorld, type Party, type World } from './world.ts'

let world: World
let agent: Client
beforeAll(async () => {
  world = await openWorld()
  agent = world.buyer.client
})
afterAll(() => world.close())

let count = 0
const freshWord = () => `token${++count}q`

const minutes = 60_000
const text = (word: string, at: number) =>
  `The ${word} of ship ${at} carried forty barrels of herring to the northern harbour in March.`

async function sell(word: string, passages: number, terms: Partial<DatasetsCreateInput> = {}) {
  const files = Array.from({ length: passages }, (_, at) =>
    textFile(`${word}-${at}.txt`, text(word, at)),
  )
  return publish(world, { files, terms: { access_policy: 'automatic', ...terms } })
}

async function spent(client = agent): Promise<number> {
  return (await client.spend.get()).data.total_spend
}

const idsOf = ({ results }: SearchAnswer) => results.map((one) => one.retrieval_event_id)

async function bought(word: string, client = agent): Promise<string> {
  return idsOf(await client.search.query({ query: word }))[0] ?? ''
}

describe('a quote', () => {
  test('promises a price that its redeemer pays, once', async () => {
    const word = freshWord()
    const { datasetId } = await sell(word, 3)
    const before = await spent()
    const quote = await agent.search.quote({ query: word })
    expect(quote).toMatchObject({
      max_amount: 0.09,
      currency: 'USD',
      expected_results: [{ dataset_id: datasetId, count: 3, unit_price: 0.03 }],
      expires_at: '2026-04-05T10:05:00Z',
    })
    expect(await spent()).toBe(before)
    const found = await agent.search.query({ query: word, quote_id: quote.quote_id })
    expect(found).toMatchObject({ result_count: 3, charged_amount: 0.09 })
    expect(new Set(found.results.map(({ price }) => price.reason))).toEqual(new Set(['quote']))
    const again = agent.search.query({ query: word, quote_id: quote.quote_id })
    await expect(again).rejects.toMatchObject({ status: 409, code: 'conflict' })
    expect(await spent()).toBeCloseTo(before + 0.09, 9)
  })

  test('binds although the provider asks for more meanwhile', async () => {
    const word = freshWord()
    const { datasetId } = await sell(word, 2)
    const { quote_id } = await agent.search.quote({ query: word })
    await world.provider.client.datasets.update({
      dataset_id: datasetId,
      unit_prices: { retrieval: 0.15 },
    })
    const redeemed = await agent.search.query({ query: word, quote_id })
    expect(redeemed.charged_amount).toBe(0.06)
    expect((await agent.search.query({ query: word })).charged_amount).toBe(0.3)
  })

  test('is for its question alone', async () => {
    const word = freshWord()
    const { datasetId } = await sell(word, 2)
    const { quote_id } = await agent.search.quote({ query: word })
    const others = [
      { query: `${word} herring` },
      { query: word, dataset_ids: [datasetId] },
      { query: word, top_k: 3 },
      { query: word, filters: { language: ['en'] } },
    ]
    for (const other of others) {
      const wrong = agent.search.query({ ...other, quote_id })
      await expect(wrong).rejects.toMatchObject({ status: 422, code: 'invalid_request' })
    }
    // What is shown and what the caller would pay at most is no other question.
    const body = { query: word, quote_id, include_text: true, max_amount: 0.06 }
    expect((await agent.search.query(body)).charged_amount).toBe(0.06)
  })

  test('is for its caller alone', async () => {
    const word = freshWord()
    await sell(word, 1)
    const { quote_id } = await agent.search.quote({ query: word })
    const foreign = world.stranger.client.search.query({ query: word, quote_id })
    await expect(foreign).rejects.toMatchObject({ status: 404 })
    const unknown = agent.search.query({ query: word, quote_id: 'quo_unknown' })
    await expect(unknown).rejects.toMatchObject({ status: 404 })
  })

  test('ends after five minutes', async () => {
    const word = freshWord()
    await sell(word, 1)
    const { quote_id } = await agent.search.quote({ query: word })
    const late = await agent.search.quote({ query: word })
    world.clock.forward(5 * minutes - 1)
    expect((await agent.search.query({ query: word, quote_id })).result_count).toBe(1)
    world.clock.forward(1)
    const expired = agent.search.query({ query: word, quote_id: late.quote_id })
    await expect(expired).rejects.toMatchObject({ status: 409, code: 'conflict' })
  })

  test('gives its hits again to a call that is repeated under its key', async () => {
    const word = freshWord()
    await sell(word, 2)
    const { quote_id } = await agent.search.quote({ query: word })
    const idempotencyKey = randomUUID()
    const ask = () => agent.search.query({ query: word, quote_id }, { idempotencyKey })
    const first = await ask()
    expect(await ask()).toEqual(first)
  })

  test('stays unredeemed where the charge is refused', async () => {
    const word = freshWord()
    await sell(word, 2)
    const { quote_id } = await agent.search.quote({ query: word })
    const refused = agent.search.query({ query: word, quote_id, max_amount: 0.01 })
    await expect(refused).rejects.toMatchObject({ status: 402 })
    expect((await agent.search.query({ query: word, quote_id })).charged_amount).toBe(0.06)
  })

  test('promises nothing that may not be used any more', async () => {
    const word = freshWord()
    const { datasetId } = await sell(word, 2)
    const { quote_id } = await agent.search.quote({ query: word })
    await world.provider.client.datasets.update({ dataset_id: datasetId, status: 'paused' })
    expect(await agent.search.query({ query: word, quote_id })).toMatchObject({
      result_count: 0,
      charged_amount: 0,
    })
  })
})

describe('a search session', () => {
  test('that redeemed a quote has the prices of the quote on all pages', async () => {
    const word = freshWord()
    await sell(word, 4, { pricing_model: 'time_decay', half_life_days: 1 })
    world.clock.forward(86_400_000 - 60_000)
    await world.logIn(world.buyer)
    agent = world.buyer.client
    const { quote_id } = await agent.search.quote({ query: word, top_k: 2 })
    // Over the edge of a day: what is asked for now is older, and cheaper.
    world.clock.forward(120_000)
    const body = { query: word, top_k: 2, quote_id }
    const first = await agent.search.query(body)
    const second = await agent.search.query({ ...body, cursor: first.next_cursor })
    expect([first.charged_amount, second.charged_amount]).toEqual([0.06, 0.06])
    const fresh = await agent.search.query({ query: word, top_k: 2 })
    expect(fresh.charged_amount).toBe(0.03)
    for (const party of [world.provider, world.operator, world.stranger]) await world.logIn(party)
  })

  test('whose next page was empty under a key answers that key again', async () => {
    const word = freshWord()
    const { datasetId } = await sell(word, 3)
    const first = await agent.search.query({ query: word, top_k: 2 })
    const body = { query: word, top_k: 2, cursor: first.next_cursor }
    const idempotencyKey = randomUUID()
    const setStatus = (status: 'paused' | 'active') =>
      world.provider.client.datasets.update({ dataset_id: datasetId, status })
    await setStatus('paused')
    const empty = await agent.search.query(body, { idempotencyKey })
    expect(empty).toMatchObject({ result_count: 0, charged_amount: 0 })
    await setStatus('active')
    expect((await agent.search.query(body, { idempotencyKey })).result_count).toBe(1)
  })

  test('keeps its prices over all pages, whatever the provider does', async () => {
    const word = freshWord()
    const { datasetId } = await sell(word, 4)
    const first = await agent.search.query({ query: word, top_k: 2 })
    await world.provider.client.datasets.update({
      dataset_id: datasetId,
      unit_prices: { retrieval: 0.15 },
    })
    const second = await agent.search.query({ query: word, top_k: 2, cursor: first.next_cursor })
    expect([first.charged_amount, second.charged_amount]).toEqual([0.06, 0.06])
  })
})

describe('a citation', () => {
  test('is charged once and needs no text', async () => {
    const word = freshWord()
    await sell(word, 1)
    const retrieval_event_id = await bought(word)
    const before = await spent()
    const cited = await agent.citations.create({ retrieval_event_id })
    expect(cited).toMatchObject({
      retrieval_event_id,
      verified: null,
      spans: [],
      charged_amount: 0.02,
      currency: 'USD',
    })
    const again = agent.citations.create({ retrieval_event_id })
    await expect(again).rejects.toMatchObject({ status: 409, code: 'conflict' })
    expect(await spent()).toBeCloseTo(before + 0.02, 9)
    expect((await agent.citations.list()).items[0]).toEqual(cited)
  })

  test('finds its quotes in the text', async () => {
    const word = freshWord()
    await sell(word, 1)
    const output_text = '"carried  FORTY barrels of herring", as the log says.'
    const cited = await agent.citations.create({
      retrieval_event_id: await bought(word),
      output_text,
    })
    const sold = text(word, 0)
    expect(cited.verified).toBe(true)
    const [span] = cited.spans
    expect(output_text.slice(span?.start, span?.end)).toBe('carried  FORTY barrels of herring')
    expect(sold.slice(span?.passage_start, span?.passage_end)).toBe(
      'carried forty barrels of herring',
    )
    const other = await agent.citations.create({
      retrieval_event_id: await bought(word),
      output_text: 'Nothing of this was in it.',
    })
    expect(other).toMatchObject({ verified: false, spans: [], charged_amount: 0.02 })
  })

  test('may not quote more than the licence allows', async () => {
    const word = freshWord()
    await sell(word, 1, { license: { max_quote_chars: 40 } })
    const retrieval_event_id = await bought(word)
    const before = await spent()
    const much = agent.citations.create({ retrieval_event_id, output_text: text(word, 0) })
    await expect(much).rejects.toMatchObject({
      status: 422,
      code: 'invalid_request',
      details: { allowed: 40 },
    })
    expect(await spent()).toBe(before)
    const little = { retrieval_event_id, output_text: 'It carried forty barrels of herring.' }
    expect((await agent.citations.create(little)).verified).toBe(true)
  })

  test('is made once, however often a call is repeated under its key', async () => {
    const word = freshWord()
    await sell(word, 1)
    const retrieval_event_id = await bought(word)
    const idempotencyKey = randomUUID()
    const cite = () => agent.citations.create({ retrieval_event_id }, { idempotencyKey })
    const first = await cite()
    expect(await cite()).toEqual(first)
  })

  test('is made once when sixteen want it at the same moment', async () => {
    const word = freshWord()
    await sell(word, 1)
    const retrieval_event_id = await bought(word)
    const before = await spent()
    const tries = await Promise.allSettled(
      Array.from({ length: 16 }, () => agent.citations.create({ retrieval_event_id })),
    )
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const one of tries) {
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ status: 409 })
    }
    expect(await spent()).toBeCloseTo(before + 0.02, 9)
  })

  test('is refused for what was not bought, is gone, or is too long', async () => {
    const word = freshWord()
    const { objectIds } = await sell(word, 1)
    const retrieval_event_id = await bought(word)
    const foreign = world.stranger.client.citations.create({ retrieval_event_id })
    await expect(foreign).rejects.toMatchObject({ status: 404 })
    const unknown = agent.citations.create({ retrieval_event_id: 'rte_unknown' })
    await expect(unknown).rejects.toMatchObject({ status: 404 })
    const long = agent.citations.create({ retrieval_event_id, output_text: 'x'.repeat(200_001) })
    await expect(long).rejects.toMatchObject({ status: 422 })
    const output_text = 'x'.repeat(1_048_576)
    const huge = agent.citations.create({ retrieval_event_id, output_text })
    await expect(huge).rejects.toMatchObject({ status: 413, code: 'payload_too_large' })
    await world.provider.client.objects.delete({ object_id: objectIds[0] ?? '' })
    const gone = agent.citations.create({ retrieval_event_id })
    await expect(gone).rejects.toMatchObject({ status: 409 })
  })

  test('is refused for what was refunded, and so is an outcome', async () => {
    const word = freshWord()
    await sell(word, 1)
    const retrieval_event_id = await bought(word)
    const { items } = await agent.usageEvents.list({ limit: 1 })
    const { dispute_id } = await agent.disputes.create({
      usage_event_ids: [items[0]?.usage_event_id ?? ''],
      reason: 'about another ship',
    })
    const { data } = await world.operator.client.adminDisputes.evidence({ dispute_id })
    expect(data.evidence).toMatchObject([
      { event_type: 'retrieval', query: word, rank: 1, amount: 0.03, passage: text(word, 0) },
    ])
    await world.operator.client.adminDisputes.resolve({
      dispute_id,
      resolution: 'refunded',
      note: 'so it is',
    })
    const cited = agent.citations.create({ retrieval_event_id })
    await expect(cited).rejects.toMatchObject({ status: 409, code: 'conflict' })
    const outcome = { retrieval_event_ids: [retrieval_event_id], value_amount: 1 }
    const reported = agent.outcomes.create({ ...outcome, currency: 'USD' })
    await expect(reported).rejects.toMatchObject({ status: 409, code: 'conflict' })
  })

  test("is free for one's own passages", async () => {
    const word = freshWord()
    await sell(word, 1)
    const retrieval_event_id = await bought(word, world.provider.client)
    const cited = await world.provider.client.citations.create({ retrieval_event_id })
    expect(cited.charged_amount).toBe(0)
  })
})

describe('an outcome', () => {
  const shared = { monetization_mode: 'outcome_share' } as const
  const currency = 'USD' as const

  test('is split over the datasets on outcome share, by their events', async () => {
    const word = freshWord()
    const few = await sell(word, 1, shared)
    const many = await sell(word, 2, { ...shared, name: 'Many' })
    const open = await sell(word, 1, { name: 'Open' })
    // Identical passages are sold once: those of `few` are the first of each.
    const found = await agent.search.query({ query: word })
    const before = await spent()
    const outcome = await agent.outcomes.create({
      retrieval_event_ids: idsOf(found),
      value_amount: 1_000,
      currency,
      note: 'a sale',
    })
    const counts = new Map<string, number>()
    for (const { dataset_id } of found.results) {
      counts.set(dataset_id, (counts.get(dataset_id) ?? 0) + 1)
    }
    const sharing = [few.datasetId, many.datasetId].reduce(
      (sum, id) => sum + (counts.get(id) ?? 0),
      0,
    )
    expect(outcome.charged_amount).toBe(50)
    expect(outcome.lines).toHaveLength(counts.size)
    for (const { dataset_id, events, charged_amount } of outcome.lines) {
      expect(events).toBe(counts.get(dataset_id))
      const part = dataset_id === open.datasetId ? 0 : (50 * events) / sharing
      expect(charged_amount).toBeCloseTo(part, 5)
    }
    expect(await spent()).toBeCloseTo(before + 50, 9)
    expect((await agent.outcomes.list()).items[0]).toEqual(outcome)
  })

  test('takes each passage once', async () => {
    const word = freshWord()
    await sell(word, 2, shared)
    const ids = idsOf(await agent.search.query({ query: word }))
    const [first = ''] = ids
    await agent.outcomes.create({ retrieval_event_ids: [first], value_amount: 10, currency })
    const before = await spent()
    const again = agent.outcomes.create({ retrieval_event_ids: ids, value_amount: 10, currency })
    await expect(again).rejects.toMatchObject({ status: 409 })
    const twice = { retrieval_event_ids: [ids[1] ?? '', ids[1] ?? ''], value_amount: 1, currency }
    await expect(agent.outcomes.create(twice)).rejects.toMatchObject({ status: 422 })
    expect(await spent()).toBe(before)
  })

  test.each([
    [-1, 422],
    [0, 422],
    [0.0000001, 422],
    [1e15, 422],
  ])('refuses a value of %d', async (value_amount, status) => {
    const word = freshWord()
    await sell(word, 1, shared)
    const retrieval_event_ids = [await bought(word)]
    const refused = agent.outcomes.create({ retrieval_event_ids, value_amount, currency })
    await expect(refused).rejects.toMatchObject({ status })
    const euros = { retrieval_event_ids, value_amount: 1, currency: 'EUR' as 'USD' }
    await expect(agent.outcomes.create(euros)).rejects.toMatchObject({ status: 422 })
  })

  test('belongs to who bought', async () => {
    const word = freshWord()
    await sell(word, 1, shared)
    const retrieval_event_ids = [await bought(word)]
    const body = { retrieval_event_ids, value_amount: 1, currency }
    const foreign = world.stranger.client.outcomes.create(body)
    await expect(foreign).rejects.toMatchObject({ status: 404 })
  })

  test('is made once, however often a call is repeated under its key', async () => {
    const word = freshWord()
    await sell(word, 1, shared)
    const body = { retrieval_event_ids: [await bought(word)], value_amount: 7, currency }
    const idempotencyKey = randomUUID()
    const report = () => agent.outcomes.create(body, { idempotencyKey })
    const first = await report()
    expect(await report()).toEqual(first)
    expect(first.charged_amount).toBe(0.35)
  })
})

describe('a search for a resource', () => {
  const limits = (client: Client) => client.budgets.list()

  test('is counted in the budget of the resource', async () => {
    const word = freshWord()
    await sell(word, 2)
    const buyer = await world.signUp('attributing')
    const { id } = await buyer.client.resources.create({ name: 'Agent 7' })
    await buyer.client.budgets.set({ amount: 0.1, currency: 'USD', resource_id: id })
    await buyer.client.search.query({ query: word, resource_id: id })
    const { items } = await limits(buyer.client)
    expect(items.find((one) => one.resource_id === id)).toMatchObject({ spent: 0.06 })
    const over = buyer.client.search.query({ query: word, resource_id: id })
    await expect(over).rejects.toMatchObject({ status: 402 })
    // Another one of the tenant may go on.
    expect((await buyer.client.search.query({ query: word })).charged_amount).toBe(0.06)
  })

  test('leaves no way around its budget: what follows it counts there too', async () => {
    const word = freshWord()
    await sell(word, 2, { monetization_mode: 'outcome_share' })
    const { client } = await world.signUp('attributing')
    const { id } = await client.resources.create({ name: 'Agent 8' })
    await client.budgets.set({ amount: 0.02, currency: 'USD', resource_id: id })
    const found = await client.search.query({ query: word, resource_id: id })
    const [retrieval_event_id = ''] = idsOf(found)
    const cited = client.citations.create({ retrieval_event_id })
    await expect(cited).rejects.toMatchObject({ status: 402 })
    const outcome = {
      retrieval_event_ids: idsOf(found),
      value_amount: 100,
      currency: 'USD' as const,
    }
    await expect(client.outcomes.create(outcome)).rejects.toMatchObject({ status: 402 })
    await client.budgets.set({ amount: 10, currency: 'USD', resource_id: id })
    await client.citations.create({ retrieval_event_id })
    await client.outcomes.create(outcome)
    const { items } = await limits(client)
    expect(items.find((one) => one.resource_id === id)).toMatchObject({ spent: 5.03 })
  })

  test('names a resource of its tenant, and none but that of its key', async () => {
    const word = freshWord()
    await sell(word, 1)
    const { client } = await world.signUp('attributing')
    const mine = await client.resources.create({ name: 'Mine' })
    const other = await client.resources.create({ name: 'Other' })
    const foreign = agent.search.query({ query: word, resource_id: mine.id })
    await expect(foreign).rejects.toMatchObject({ status: 404 })
    const quoted = agent.search.quote({ query: word, resource_id: mine.id })
    await expect(quoted).rejects.toMatchObject({ status: 404 })
    const key = await client.apiKeys.create({
      name: 'bound',
      scopes: ['search:query', 'datasets:read'],
      resource_id: mine.id,
    })
    const bound = world.client({ apiKey: key.secret })
    await bound.search.query({ query: word, resource_id: mine.id })
    const wrong = bound.search.query({ query: word, resource_id: other.id })
    await expect(wrong).rejects.toMatchObject({ status: 422 })
  })
})

describe('what is left of a budget', () => {
  async function keyOf(party: Party, amount: number) {
    const key = await party.client.apiKeys.create({
      name: 'agent',
      scopes: ['search:query', 'datasets:read'],
      budget: { amount, currency: 'USD' },
    })
    return key.secret ?? ''
  }

  test('is told with each charge, in a header', async () => {
    const word = freshWord()
    await sell(word, 2)
    const secret = await keyOf(world.buyer, 1)
    const ask = (path: string, body: object) =>
      fetch(`${world.url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    const first = await ask('/v1/search', { query: word })
    expect(first.headers.get('x-ipto-budget-remaining')).toBe('0.94')
    const { results } = (await first.json()) as SearchAnswer
    const retrieval_event_id = results[0]?.retrieval_event_id
    const second = await ask('/v1/citations', { retrieval_event_id })
    expect(second.headers.get('x-ipto-budget-remaining')).toBe('0.92')
  })
})

describe('a receipt', () => {
  async function publicKeys(): Promise<JSONWebKeySet> {
    const answer = await fetch(`${world.url}/.well-known/jwks.json`)
    return (await answer.json()) as JSONWebKeySet
  }

  test('says what was sold, and is checked with the public key alone', async () => {
    const word = freshWord()
    const { datasetId, objectIds } = await sell(word, 1)
    const retrieval_event_id = await bought(word)
    const sold = await agent.retrievals.get({ retrieval_event_id })
    const keys = await publicKeys()
    const receipt = sold.receipt ?? ''
    const { payload, protectedHeader } = await compactVerify(receipt, createLocalJWKSet(keys))
    expect(protectedHeader).toMatchObject({ alg: 'EdDSA', typ: 'ipto-receipt+jwt' })
    expect(JSON.parse(new TextDecoder().decode(payload))).toMatchObject({
      iss: 'ipto',
      sub: world.buyer.tenantId,
      jti: retrieval_event_id,
      dataset_id: datasetId,
      object_id: objectIds[0],
      passage_sha256: sold.citation.passage_sha256,
      amount: 0.03,
      currency: 'USD',
    })
    expect((await agent.retrievals.get({ retrieval_event_id })).receipt).toBe(receipt)
    const [head, body = '', signature] = receipt.split('.')
    const forged = Buffer.from(body, 'base64url').toString().replace('0.03', '0.01')
    const changed = `${head}.${Buffer.from(forged).toString('base64url')}.${signature}`
    await expect(compactVerify(changed, createLocalJWKSet(keys))).rejects.toThrow()
  })

  test('stays the same after a restart', async () => {
    const word = freshWord()
    await sell(word, 1)
    const retrieval_event_id = await bought(word)
    const { receipt } = await agent.retrievals.get({ retrieval_event_id })
    await world.restart()
    agent = world.buyer.client
    expect((await agent.retrievals.get({ retrieval_event_id })).receipt).toBe(receipt)
  })
})

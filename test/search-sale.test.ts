// What a hit costs and who may see it: charge before reveal, limits of spending, and permission that
// is asked for anew with every question.
import { randomUUID } from 'node:crypto'
import { Client, type SearchAnswer, type SearchQueryInput } from '@ipto/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { publish, textFile } from './publish.ts'
import { until } from './wait.ts'
import { openWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

/** A word of its own for each test, so that the others' datasets stay out of it. */
let count = 0
const freshWord = () => `marker${++count}x`

const rows = (word: string, length: number) => {
  const lines = Array.from({ length }, (_, at) => `${word} ${at},herring`)
  return textFile('rows.csv', ['ship,cargo', ...lines].join('\n'))
}

function find(
  query: string,
  more: Omit<SearchQueryInput, 'query'> = {},
  client = world.buyer.client,
): Promise<SearchAnswer> {
  return client.search.query({ query, ...more })
}

async function spent(): Promise<number> {
  return (await world.buyer.client.spend.get()).data.total_spend
}

describe('a charge', () => {
  test('is the price of the hits, no more and no less', async () => {
    const word = freshWord()
    await publish(world, { files: [rows(word, 5)] })
    const before = await spent()
    const found = await find(word)
    expect(found).toMatchObject({ result_count: 5, charged_amount: 0.15, currency: 'USD' })
    for (const { price } of found.results) {
      expect(price).toEqual({ amount: 0.03, currency: 'USD', billable: true, reason: 'retrieval' })
    }
    expect(await spent()).toBeCloseTo(before + 0.15, 9)
  })

  test('is nothing where nothing was found, or where something was wrong', async () => {
    const before = await spent()
    expect(await find('nobodyeverwrotethis')).toMatchObject({ result_count: 0, charged_amount: 0 })
    await expect(find('lamp AND')).rejects.toMatchObject({ status: 422 })
    await expect(find('x', { dataset_ids: ['dset_x'] })).rejects.toMatchObject({ status: 404 })
    expect(await spent()).toBe(before)
  })

  test('is nothing for the own dataset, which is metered all the same', async () => {
    const word = freshWord()
    const { datasetId } = await publish(world, { by: world.buyer, files: [rows(word, 2)] })
    const found = await find(word)
    expect(found).toMatchObject({ result_count: 2, charged_amount: 0 })
    for (const { price } of found.results) {
      expect(price).toMatchObject({ amount: 0, billable: false, reason: 'own_dataset' })
    }
    const { data } = await world.buyer.client.activity.accesses()
    expect(data.accesses).toContainEqual(
      expect.objectContaining({ dataset_id: datasetId, access_count: expect.any(Number) }),
    )
  })

  test('never goes over max_amount: refused, or less where less is welcome', async () => {
    const word = freshWord()
    await publish(world, { files: [rows(word, 5)] })
    const before = await spent()
    const refused = find(word, { max_amount: 0.149999 })
    await expect(refused).rejects.toMatchObject({ status: 402, code: 'budget_exceeded' })
    expect(await spent()).toBe(before)
    const partial = await find(word, { max_amount: 0.1, allow_partial: true })
    expect(partial).toMatchObject({ result_count: 3, charged_amount: 0.09, truncated: 'budget' })
    // Fewer hits, never none: that would be a page that is asked for again and again.
    const none = find(word, { max_amount: 0.01, allow_partial: true })
    await expect(none).rejects.toMatchObject({ status: 402, code: 'budget_exceeded' })
    expect(await find(word, { max_amount: 0.15 })).toMatchObject({
      result_count: 5,
      truncated: null,
    })
  })

  test('goes on after a page that was cut short, without a second charge', async () => {
    const word = freshWord()
    await publish(world, { files: [rows(word, 5)] })
    const body = { max_amount: 0.06, allow_partial: true }
    const first = await find(word, body)
    expect(first.result_count).toBe(2)
    const second = await find(word, { ...body, cursor: first.next_cursor })
    expect(second.results.map(({ rank }) => rank)).toEqual([3, 4])
    const objects = [...first.results, ...second.results].map((hit) => hit.citation.locator)
    expect(new Set(objects.map((one) => JSON.stringify(one))).size).toBe(4)
  })

  test('is made once, however often a call is repeated under its key', async () => {
    const word = freshWord()
    await publish(world, { files: [rows(word, 3)] })
    const before = await spent()
    const idempotencyKey = randomUUID()
    const ask = () => world.buyer.client.search.query({ query: word }, { idempotencyKey })
    const first = await ask()
    const again = await ask()
    expect(again).toEqual(first)
    expect(await spent()).toBeCloseTo(before + 0.09, 9)
  })
})

describe('the same passage in several datasets', () => {
  test('is shown once, from the cheapest', async () => {
    const text = `The ${freshWord()} stands on the cape and warns the ships.`
    const word = text.split(' ')[1] ?? ''
    const files = [textFile('same.txt', text)]
    const terms = { access_policy: 'automatic' as const, monetization_mode: 'premium' as const }
    const dear = await publish(world, { terms: { name: 'Dear', ...terms }, files })
    const cheap = await publish(world, { by: world.stranger, terms: { name: 'Cheap' }, files })
    const found = await find(word)
    expect(found.results.map((hit) => hit.dataset_id)).toEqual([cheap.datasetId])
    expect(found.charged_amount).toBe(0.03)
    expect(found.datasets_searched).toEqual(
      expect.arrayContaining([dear.datasetId, cheap.datasetId]),
    )
    const named = await find(word, { dataset_ids: [dear.datasetId] })
    expect(named).toMatchObject({ result_count: 1, charged_amount: 0.08 })
    // To its owner the dear one is free, so it is the cheapest.
    const own = await find(word, {}, world.provider.client)
    expect(own.results.map((hit) => hit.dataset_id)).toEqual([dear.datasetId])
    expect(own.charged_amount).toBe(0)
  })
})

describe('a licence', () => {
  test('keeps a dataset out of a use that it does not allow, where the use is declared', async () => {
    const word = freshWord()
    const rag = { license: { allowed_uses: ['rag', 'research'] } }
    const files = (name: string) => [textFile(`${name}.txt`, `The ${word} of ${name}.`)]
    const allowed = await publish(world, { terms: { name: 'Rag', ...rag }, files: files('one') })
    await publish(world, { terms: { name: 'None' }, files: files('two') })
    expect((await find(word)).result_count).toBe(2)
    const declared = await find(word, { use: 'rag' })
    expect(declared.results.map((hit) => hit.dataset_id)).toEqual([allowed.datasetId])
    expect((await find(word, { use: 'training' })).result_count).toBe(0)
  })
})

describe('permission is asked for with every question', () => {
  async function granted(word: string) {
    const made = await publish(world, {
      terms: { name: 'Granted', visibility: 'restricted' },
      files: [rows(word, 3)],
    })
    const { provider, buyer } = world
    const grant = await provider.client.grants.create({
      dataset_id: made.datasetId,
      tenant_id: buyer.tenantId,
    })
    return { ...made, grantId: grant.grant_id }
  }

  test('a revoked grant hides the hits at once', async () => {
    const word = freshWord()
    expect((await find(word)).result_count).toBe(0)
    const { datasetId, grantId } = await granted(word)
    const paged = await find(word, { top_k: 1 })
    expect(paged.result_count).toBe(1)
    await world.provider.client.grants.revoke({ dataset_id: datasetId, grant_id: grantId })
    expect((await find(word)).result_count).toBe(0)
    const next = await find(word, { top_k: 1, cursor: paged.next_cursor })
    expect(next).toMatchObject({ result_count: 0, charged_amount: 0 })
    await expect(find(word, { dataset_ids: [datasetId] })).rejects.toMatchObject({ status: 404 })
  })

  test('a grant ends with its time', async () => {
    const word = freshWord()
    const { datasetId } = await publish(world, {
      terms: { visibility: 'restricted' },
      files: [rows(word, 1)],
    })
    const { provider, buyer, clock } = world
    const expires_at = new Date(clock.now().getTime() + 60_000).toISOString()
    await provider.client.grants.create({
      dataset_id: datasetId,
      tenant_id: buyer.tenantId,
      expires_at,
    })
    expect((await find(word)).result_count).toBe(1)
    clock.forward(60_000)
    expect((await find(word)).result_count).toBe(0)
  })

  test('a paused dataset is out at once and back at once', async () => {
    const word = freshWord()
    const { datasetId: dataset_id } = await publish(world, { files: [rows(word, 1)] })
    const { client } = world.provider
    await client.datasets.update({ dataset_id, status: 'paused' })
    expect((await find(word)).result_count).toBe(0)
    expect(await find(word, { dataset_ids: [dataset_id] })).toMatchObject({
      result_count: 0,
      datasets_searched: [],
    })
    await client.datasets.update({ dataset_id, status: 'active' })
    expect((await find(word)).result_count).toBe(1)
  })

  test('a dataset that becomes private is out at once', async () => {
    const word = freshWord()
    const { datasetId: dataset_id } = await publish(world, { files: [rows(word, 1)] })
    await world.provider.client.datasets.update({ dataset_id, visibility: 'private' })
    expect((await find(word)).result_count).toBe(0)
    expect((await find(word, {}, world.provider.client)).result_count).toBe(1)
  })

  test('a dataset for which leave is needed is found by nobody else', async () => {
    const word = freshWord()
    const { datasetId } = await publish(world, {
      terms: { access_policy: 'approval' },
      files: [rows(word, 1)],
    })
    expect((await find(word)).result_count).toBe(0)
    await expect(find(word, { dataset_ids: [datasetId] })).rejects.toMatchObject({ status: 403 })
  })

  test('a deleted object is gone with the next question, and its job ends', async () => {
    const word = freshWord()
    const { objectIds } = await publish(world, { files: [rows(word, 2)] })
    const { client } = world.provider
    const paged = await find(word, { top_k: 1 })
    const { job_id, status } = await client.objects.delete({ object_id: objectIds[0] ?? '' })
    expect(status).toBe('pending_deletion')
    expect((await find(word)).result_count).toBe(0)
    expect((await find(word, { top_k: 1, cursor: paged.next_cursor })).result_count).toBe(0)
    await until(async () => (await client.jobs.get({ id: job_id })).status === 'completed')
    const sold = await world.buyer.client.retrievals.get({
      retrieval_event_id: paged.results[0]?.retrieval_event_id ?? '',
    })
    expect(sold).toMatchObject({ expired: true, text: null, snippet: null })
    expect(sold.price.amount).toBe(0.03)
  })

  test('a deleted dataset is gone with the next question', async () => {
    const word = freshWord()
    const { datasetId: dataset_id } = await publish(world, { files: [rows(word, 2)] })
    const { client } = world.provider
    const { job_id, status } = await client.datasets.delete({ dataset_id })
    expect(status).toBe('pending_deletion')
    expect((await find(word)).result_count).toBe(0)
    expect((await find(word, {}, client)).result_count).toBe(0)
    await until(async () => (await client.jobs.get({ id: job_id ?? '' })).status === 'completed')
  })

  test('a replayed search hides what is not permitted any more, and charges nothing', async () => {
    const word = freshWord()
    const { datasetId, grantId } = await granted(word)
    const before = await spent()
    const replays: (string | null)[] = []
    const client = new Client({
      baseUrl: world.url,
      token: world.buyer.token,
      onResponse: ({ headers }) => replays.push(headers.get('idempotency-replayed')),
    })
    const idempotencyKey = randomUUID()
    const ask = () => client.search.query({ query: word, include_text: true }, { idempotencyKey })
    const first = await ask()
    await world.provider.client.grants.revoke({ dataset_id: datasetId, grant_id: grantId })
    const again = await ask()
    expect(replays).toEqual([null, 'true'])
    expect(again.result_count).toBe(first.result_count)
    for (const [at, hit] of again.results.entries()) {
      expect(hit).toMatchObject({
        retrieval_event_id: first.results[at]?.retrieval_event_id,
        snippet: null,
        text: null,
        highlights: [],
      })
    }
    expect(again.charged_amount).toBe(first.charged_amount)
    expect(await spent()).toBeCloseTo(before + 0.09, 9)
  })
})

describe('a key', () => {
  test('finds in the datasets of its list only, and naming another one is forbidden', async () => {
    const word = freshWord()
    const inside = await publish(world, { files: [textFile('in.txt', `${word} inside`)] })
    const outside = await publish(world, { files: [textFile('out.txt', `${word} outside`)] })
    const { secret } = await world.buyer.client.apiKeys.create({
      name: 'narrow',
      scopes: ['search:query'],
      dataset_access_mode: 'allow_list',
      dataset_ids: [inside.datasetId],
    })
    const client = world.client({ apiKey: secret })
    const found = await find(word, {}, client)
    expect(found.results.map((hit) => hit.dataset_id)).toEqual([inside.datasetId])
    expect(found.datasets_searched).toEqual([inside.datasetId])
    const named = find(word, { dataset_ids: [outside.datasetId] }, client)
    await expect(named).rejects.toMatchObject({ status: 403, code: 'forbidden' })
    // What the tenant bought there before stays closed to this key as well.
    const bought = await find(word, { dataset_ids: [outside.datasetId] })
    const read = client.retrievals.get({
      retrieval_event_id: bought.results[0]?.retrieval_event_id ?? '',
    })
    await expect(read).rejects.toMatchObject({ status: 404 })
  })
})

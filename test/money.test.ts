// Money: budgets that hold under load, shares that add up, and reports that agree with what the answers
// said, to the micro.

import type { DatasetsCreateInput } from '@ipto/sdk'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { publish, textFile } from './publish.ts'
import { openWorld, type Party, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

const micros = (amount: number) => Math.round(amount * 1e6)

function csv(word: string, length: number) {
  const lines = Array.from({ length }, (_, at) => `${word} ${at},herring`)
  return textFile('rows.csv', ['ship,cargo', ...lines].join('\n'))
}

/** A seller of its own, so that its earnings are those of one test. */
async function seller(
  word: string,
  { rows = 10, ...terms }: Partial<DatasetsCreateInput> & { rows?: number } = {},
) {
  const party = await world.signUp('seller')
  const made = await publish(world, { by: party, terms, files: [csv(word, rows)] })
  return { party, ...made }
}

async function earned({ client }: Party) {
  const { data } = await client.payouts.list()
  return data.payouts[0]
}

async function expectBalanced(): Promise<void> {
  const { client } = world.operator
  const { data } = await client.ledger.trialBalance()
  expect(data.total).toBe(0)
  const sum = data.accounts.reduce((total, { balance }) => total + micros(balance), 0)
  expect(sum).toBe(0)
  expect((await client.admin.system()).data.unexplained_money).toBe(0)
}

describe('a budget', () => {
  async function keyWith(amount: number) {
    const buyer = await world.signUp('spender')
    const key = await buyer.client.apiKeys.create({
      name: 'agent',
      scopes: ['search:query', 'datasets:read'],
      budget: { amount, currency: 'USD' },
    })
    return { buyer, key, client: world.client({ apiKey: key.secret }) }
  }

  test('holds when eight agents search at once', async () => {
    await seller('alpha')
    // Ten hits cost 0.30: three searches fit, whoever comes first.
    const { buyer, client } = await keyWith(1)
    const answers = await Promise.allSettled(
      Array.from({ length: 8 }, () => client.search.query({ query: 'alpha' })),
    )
    const paid = answers.filter(({ status }) => status === 'fulfilled')
    expect(paid).toHaveLength(3)
    for (const one of answers) {
      if (one.status === 'rejected') {
        expect(one.reason).toMatchObject({ status: 402, code: 'budget_exceeded' })
      }
    }
    expect((await buyer.client.spend.get()).data.total_spend).toBe(0.9)
    await expectBalanced()
  })

  test('is used up to its last micro where a part is welcome', async () => {
    await seller('beta')
    const { buyer, client } = await keyWith(0.25)
    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        client.search.query({ query: 'beta', allow_partial: true }).catch((error) => {
          expect(error).toMatchObject({ status: 402 })
          return { charged_amount: 0, results: [] }
        }),
      ),
    )
    const charged = answers.reduce((sum, one) => sum + micros(one.charged_amount), 0)
    const hits = answers.reduce((sum, one) => sum + one.results.length, 0)
    expect(charged).toBe(hits * 30_000)
    expect(charged).toBeLessThanOrEqual(250_000)
    expect(charged).toBe(240_000)
    expect(micros((await buyer.client.spend.get()).data.total_spend)).toBe(charged)
  })

  test('holds for downloads as well, and begins anew with the month', async () => {
    const { objectIds } = await seller('gamma')
    const { client } = await keyWith(0.6)
    const object_id = objectIds[0] ?? ''
    expect((await client.objects.download({ object_id })).charged_amount).toBe(0.5)
    const over = client.search.query({ query: 'gamma' })
    await expect(over).rejects.toMatchObject({ status: 402, details: { scope: 'key' } })
    // Again within a day is free, so no budget stands in the way.
    expect((await client.objects.download({ object_id })).charged_amount).toBe(0)
    world.clock.forward(30 * 86_400_000)
    expect((await client.search.query({ query: 'gamma' })).charged_amount).toBe(0.3)
    await world.logIn(world.operator)
  })

  test('of nothing lets nothing through but what is free', async () => {
    await seller('delta')
    const { buyer, client } = await keyWith(0)
    await expect(client.search.query({ query: 'delta' })).rejects.toMatchObject({ status: 402 })
    expect(
      await client.search.query({ query: 'nothinglikethis' }).catch((error) => error),
    ).toMatchObject({ status: 402 })
    await publish(world, { by: buyer, terms: { name: 'Own' }, files: [csv('deltaown', 1)] })
    const { datasetId } = await publish(world, { by: buyer, files: [csv('deltatoo', 1)] })
    const own = await client.search.query({ query: 'deltatoo', dataset_ids: [datasetId] })
    expect(own).toMatchObject({ result_count: 1, charged_amount: 0 })
  })
})

describe('the shares', () => {
  test('are 60 for the provider and 40 for the platform, 70 and 30 where it is curated', async () => {
    const plain = await seller('epsilon')
    const curated = await seller('zeta')
    const { operator } = world
    await operator.client.adminTenants.update({
      tenant_id: curated.party.tenantId,
      curated_dataset_ids: [curated.datasetId],
    })
    const buyer = await world.signUp('sharer')
    for (const query of ['epsilon', 'zeta']) await buyer.client.search.query({ query })
    expect(await earned(plain.party)).toMatchObject({ gross: 0.3, platform_fee: 0.12, net: 0.18 })
    expect(await earned(curated.party)).toMatchObject({ gross: 0.3, platform_fee: 0.09, net: 0.21 })
    const dataset = await curated.party.client.datasets.get({ dataset_id: curated.datasetId })
    expect(dataset.curated).toBe(true)
    await expectBalanced()
  })

  test('lose no micro: the platform is rounded down, the provider gets the rest', async () => {
    const { party } = await seller('eta', {
      pricing_model: 'fixed',
      unit_prices: { retrieval: 0.006001 },
      rows: 7,
    })
    const buyer = await world.signUp('rounder')
    const { charged_amount } = await buyer.client.search.query({ query: 'eta' })
    expect(charged_amount).toBe(0.042007)
    // 40 % of 6,001 micros is 2,400.4.
    expect(await earned(party)).toMatchObject({
      gross: 0.042007,
      platform_fee: 0.0168,
      net: 0.025207,
    })
    await expectBalanced()
  })
})

describe('reports', () => {
  test('agree with what the answers said, to the micro', async () => {
    const sellers = [
      await seller('theta', { rows: 6, unit_prices: { retrieval: 0.012345, download: 0.123457 } }),
      await seller('iota', { rows: 4, pricing_model: 'demand_curve' }),
      await seller('kappa', { rows: 3, monetization_mode: 'premium', access_policy: 'automatic' }),
    ]
    const buyer = await world.signUp('reader')
    const told = { search: 0, download: 0, searches: 0 }
    const words = ['theta', 'iota', 'kappa', 'theta OR iota', 'herring', 'nothing']
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...words),
        fc.integer({ min: 1, max: 20 }),
        async (query, top_k) => {
          const answer = await buyer.client.search.query({
            query,
            top_k,
            retrieval_mode: 'lexical',
          })
          const sum = answer.results.reduce((total, { price }) => total + micros(price.amount), 0)
          expect(sum).toBe(micros(answer.charged_amount))
          told.search += micros(answer.charged_amount)
          told.searches += 1
        },
      ),
      { numRuns: 25 },
    )
    for (const { objectIds } of sellers) {
      const object_id = objectIds[0] ?? ''
      told.download += micros((await buyer.client.objects.download({ object_id })).charged_amount)
    }

    const { data: spend } = await buyer.client.spend.get()
    expect(micros(spend.search_spend)).toBe(told.search)
    expect(micros(spend.retrieval_spend)).toBe(told.download)
    expect(micros(spend.total_spend)).toBe(told.search + told.download)
    let listed = 0
    let searches = 0
    for await (const one of await buyer.client.activity.searches({ limit: 7 })) {
      listed += micros(one.charged_amount)
      searches += 1
    }
    expect([listed, searches]).toEqual([told.search, told.searches])
    const { data: activity } = await buyer.client.activity.searches()
    expect(activity.total).toBe(told.searches)
    await expectBalanced()
  }, 60_000)

  test('of providers add up to what buyers paid', async () => {
    const { party, datasetId, objectIds } = await seller('lambda', { rows: 5 })
    const buyer = await world.signUp('payer')
    const paid = await buyer.client.search.query({ query: 'lambda' })
    const download = await buyer.client.objects.download({ object_id: objectIds[0] ?? '' })
    const gross = micros(paid.charged_amount) + micros(download.charged_amount)
    const payout = await earned(party)
    expect(micros(payout?.gross ?? 0)).toBe(gross)
    expect(payout).toMatchObject({ status: 'pending', held: 0, paid_at: null })
    const lines = payout?.lines.map((line) => [line.event_type, line.quantity, line.gross])
    expect(lines).toEqual([
      ['download', 1, 0.5],
      ['retrieval', 5, 0.15],
    ])
    const { data } = await party.client.provider.analytics({ dataset_id: datasetId })
    expect(data.revenue_summary).toMatchObject({
      gross: payout?.gross,
      platform_fee: payout?.platform_fee,
      net: payout?.net,
      held: 0,
    })
    expect(data.usage_summary).toMatchObject({ retrievals: 5, downloads: 1, unique_buyers: 1 })
    const net = data.series.reduce((sum, day) => sum + micros(day.net), 0)
    expect(net).toBe(micros(payout?.net ?? 0))
    const one = await party.client.provider.datasetAnalytics({ dataset_id: datasetId })
    expect(one.data).toMatchObject({ retrievals: 5, downloads: 1, unique_buyers: 1 })
    // What one buyer alone asked is told to nobody.
    expect(data.top_keywords).toEqual([])
    expect(one.data.top_queries).toEqual([])
  })

  test('name a word only when three buyers asked for it', async () => {
    const { party, datasetId } = await seller('omicron', { rows: 1 })
    for (const buyer of ['one', 'two', 'three']) {
      const { client } = await world.signUp(buyer)
      await client.search.query({ query: 'omicron secretword' })
      const { data } = await party.client.provider.analytics({ dataset_id: datasetId })
      if (buyer !== 'three') expect(data.top_keywords).toEqual([])
    }
    const { data } = await party.client.provider.analytics({ dataset_id: datasetId })
    expect(data.top_keywords).toContainEqual({ keyword: 'omicron', count: 3, buyer_count: 3 })
  })

  test('of the use of own datasets show no sale', async () => {
    const { party, objectIds } = await seller('rho', { rows: 2 })
    await party.client.search.query({ query: 'rho' })
    await party.client.objects.download({ object_id: objectIds[0] ?? '' })
    expect((await party.client.spend.get()).data.total_spend).toBe(0)
    expect(await earned(party)).toBeUndefined()
  })
})

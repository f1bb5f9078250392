// The catalog over HTTP: what it is filtered and sorted by, and what it says of terms and access.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { publish, textFile } from './publish.ts'
import { openWorld, type World } from './world.ts'

let world: World
let ids: Record<'ships' | 'birds' | 'stones', string>
beforeAll(async () => {
  world = await openWorld()
  const file = (text: string) => [textFile(`${text}.txt`, `Of ${text}.`)]
  const ships = await publish(world, {
    terms: {
      name: 'Ships of the harbour',
      description: 'Logbooks and manifests.',
      tags: ['trade'],
      unit_prices: { retrieval: 0.01 },
      language: 'en',
      license: { terms: 'Only to read.', allowed_uses: ['rag'], max_quote_chars: 300 },
    },
    files: file('ships'),
  })
  const birds = await publish(world, {
    terms: {
      name: 'Birds',
      source_modality: 'records',
      monetization_mode: 'premium',
      tags: ['nature', 'harbour'],
    },
    files: file('birds'),
  })
  const stones = await publish(world, {
    terms: { name: 'A stone', monetization_mode: 'outcome_share', access_policy: 'automatic' },
    files: file('stones'),
  })
  ids = { ships: ships.datasetId, birds: birds.datasetId, stones: stones.datasetId }
})
afterAll(() => world.close())

type Filter = Parameters<World['buyer']['client']['catalog']['list']>[0]
const found = async (filter: Filter) => {
  const { items } = await world.buyer.client.catalog.list(filter)
  return items.map((item) => item.dataset_id)
}

test('is searched in names, descriptions and tags, every word of it', async () => {
  expect(await found({ q: 'HARBOUR' })).toEqual([ids.birds, ids.ships])
  expect(await found({ q: 'manifests harbour' })).toEqual([ids.ships])
  expect(await found({ q: 'nature' })).toEqual([ids.birds])
  expect(await found({ q: 'nowhere' })).toEqual([])
})

test('is filtered by modality, mode and price, and sorted by name or age', async () => {
  expect(await found({ modality: 'records' })).toEqual([ids.birds])
  expect(await found({ monetization_mode: 'outcome_share' })).toEqual([ids.stones])
  expect(await found({ max_price: 0.01 })).toEqual([ids.stones, ids.ships])
  expect(await found({ max_price: 0.01, monetization_mode: 'open' })).toEqual([ids.ships])
  expect(await found({ sort: 'name' })).toEqual([ids.stones, ids.birds, ids.ships])
  expect(await found({ sort: 'newest' })).toEqual([ids.stones, ids.birds, ids.ships])
  await expect(found({ sort: 'price' as 'name' })).rejects.toMatchObject({ status: 422 })
})

test('shows terms, prices and access as each tenant meets them', async () => {
  const { buyer, provider } = world
  const ships = await buyer.client.catalog.get({ dataset_id: ids.ships })
  expect(ships).toEqual({
    dataset_id: ids.ships,
    name: 'Ships of the harbour',
    description: 'Logbooks and manifests.',
    provider: { tenant_id: provider.tenantId, name: 'provider Ltd' },
    source_modality: 'document',
    language: 'en',
    tags: ['trade'],
    object_count: 1,
    chunk_count: 1,
    monetization_mode: 'open',
    pricing_model: 'fixed',
    current_prices: {
      retrieval: 0.01,
      citation: 0.02,
      download: 0.5,
      outcome_percent: 0,
      currency: 'USD',
    },
    price_history: [{ date: '2026-04-05', retrieval: 0.01 }],
    license: { terms: 'Only to read.', allowed_uses: ['rag'], max_quote_chars: 300 },
    freshest_object_at: '2026-04-05T10:00:00Z',
    access: 'available',
  })
  const accessOf = async (dataset_id: string, { client } = buyer) =>
    (await client.catalog.get({ dataset_id })).access
  expect(await accessOf(ids.birds)).toBe('request_required')
  expect(await accessOf(ids.birds, provider)).toBe('owned')
  await buyer.client.accessRequests.create({ dataset_id: ids.birds, purpose: 'science' })
  expect(await accessOf(ids.birds)).toBe('pending')
  const { tenantId: tenant_id } = buyer
  await provider.client.grants.create({ dataset_id: ids.birds, tenant_id })
  expect(await accessOf(ids.birds)).toBe('granted')
})

test('a declared use leaves out what the licence does not allow, and none is not asked', async () => {
  const search = (use: string | null) =>
    world.buyer.client.search.query({ query: 'ships', dataset_ids: [ids.ships], use })
  expect((await search('rag')).result_count).toBe(1)
  expect((await search('training')).result_count).toBe(0)
  expect((await search(null)).result_count).toBe(1)
})

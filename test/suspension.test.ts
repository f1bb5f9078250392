// What happens to others when an operator suspends a provider: its datasets are gone from everywhere that they
// could be bought, at once, and back as they were when the suspension ends.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { publish, textFile, uploadFile } from './publish.ts'
import { until } from './wait.ts'
import { openWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

const suspend = (suspended: boolean) =>
  world.operator.client.adminTenants.update({ tenant_id: world.provider.tenantId, suspended })

test('a suspended provider sells nothing, and afterwards what it sold before', async () => {
  const { provider, buyer, stranger, operator } = world
  const { datasetId, objectIds } = await publish(world, {
    terms: { name: 'Sandpipers' },
    files: ['one', 'two'].map((name) => textFile(`${name}.txt`, `The sandpiper of ${name}.`)),
  })
  const resting = await publish(world, { files: [textFile('three.txt', 'A sandpiper at rest.')] })
  await provider.client.datasets.update({ dataset_id: resting.datasetId, status: 'paused' })
  const object_id = objectIds[0] ?? ''
  const query = { query: 'sandpiper', top_k: 1 }
  const search = (more: object = {}) => buyer.client.search.query({ ...query, ...more })
  const bought = await search({ include_text: true })
  const { quote_id } = await buyer.client.search.quote(query)
  const retrieval_event_id = bought.results[0]?.retrieval_event_id ?? ''
  const dataset_id = datasetId
  const key = await buyer.client.apiKeys.create({
    name: 'named',
    scopes: ['search:query'],
    dataset_access_mode: 'allow_list',
    dataset_ids: [dataset_id],
  })

  expect((await suspend(true)).data.suspended).toBe(true)
  expect((await operator.client.adminTenants.get({ tenant_id: provider.tenantId })).data).toEqual(
    (await suspend(true)).data,
  )
  const nothing = { result_count: 0, charged_amount: 0 }
  expect(await search()).toMatchObject(nothing)
  expect(await search({ dataset_ids: [dataset_id] })).toMatchObject(nothing)
  expect(await world.client({ apiKey: key.secret }).search.query(query)).toMatchObject(nothing)
  const next = { include_text: true, cursor: bought.next_cursor }
  expect(await search(next)).toMatchObject(nothing)
  expect(await search({ quote_id })).toMatchObject(nothing)
  for (const { client } of [buyer, stranger]) {
    expect((await client.catalog.list()).items).toEqual([])
    await expect(client.catalog.get({ dataset_id })).rejects.toMatchObject({ status: 404 })
    const download = client.objects.download({ object_id })
    await expect(download).rejects.toMatchObject({ status: 404 })
  }
  // What was bought stays with its buyer.
  const kept = await buyer.client.retrievals.get({ retrieval_event_id })
  expect(kept).toMatchObject({ expired: false, text: expect.stringContaining('sandpiper') })
  await expect(provider.client.datasets.list()).rejects.toMatchObject({ status: 401 })

  await suspend(false)
  expect((await search()).result_count).toBe(1)
  const listed = (await buyer.client.catalog.list()).items.map((item) => item.dataset_id)
  expect(listed).toEqual([dataset_id])
  expect((await buyer.client.objects.download({ object_id })).charged_amount).toBe(0.5)
  const [{ dataset_id: same, status } = { dataset_id: '', status: '' }] = (
    await provider.client.datasets.list({ status: 'paused' })
  ).items
  expect([same, status]).toEqual([resting.datasetId, 'paused'])
})

test('a dataset that becomes active meanwhile is closed all the same', async () => {
  const { provider, buyer, operator } = world
  const terms = { name: 'Late', visibility: 'listed' as const }
  const { dataset_id } = await provider.client.datasets.create(terms)
  const file = textFile('late.txt', 'A dunlin before.')
  const object_id = await uploadFile(provider, dataset_id, file)
  await suspend(true)
  const one = { tenant_id: provider.tenantId, object_id }
  await operator.client.review.approve(one)
  await until(async () => (await operator.client.review.get(one)).data.status === 'active')
  expect((await buyer.client.search.query({ query: 'dunlin' })).result_count).toBe(0)
  await suspend(false)
  expect((await buyer.client.search.query({ query: 'dunlin' })).result_count).toBe(1)
})

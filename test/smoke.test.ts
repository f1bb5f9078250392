import { afterAll, beforeAll, expect, test } from 'vitest'
import { openWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

test('a dataset is created, uploaded to, approved, indexed and searched', async () => {
  const { provider, buyer, operator } = world
  const dataset = await provider.client.datasets.create({ name: 'Notes', visibility: 'listed' })
  const bytes = Buffer.from('The lighthouse keeper disputes the VAT on the lamp oil invoice.\n')
  const upload = await provider.client.objects.upload({
    dataset_id: dataset.dataset_id,
    filename: 'note.txt',
    content_type: 'text/plain',
    size_bytes: bytes.length,
  })
  await provider.client.uploads.put(upload, bytes)
  const confirmed = await provider.client.objects.confirm({ object_id: upload.object_id })
  expect(confirmed.review_state).toBe('staged')
  await operator.client.review.approve({
    tenant_id: provider.tenantId,
    object_id: upload.object_id,
  })
  let object = await provider.client.objects.get({ object_id: upload.object_id })
  for (let i = 0; i < 300 && !['indexed', 'failed'].includes(object.index_state); i++) {
    await new Promise((r) => setTimeout(r, 50))
    object = await provider.client.objects.get({ object_id: upload.object_id })
  }
  expect(object.failure).toBeNull()
  expect(object.index_state).toBe('indexed')
  const found = await buyer.client.search.query({ query: 'VAT dispute lamp' })
  console.log(JSON.stringify(found, null, 1))
})

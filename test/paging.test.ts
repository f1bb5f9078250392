// Lists, page by page: nothing is left out or told twice, and a cursor goes on only where it came from.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, send } from './send.ts'
import { openWorld, type World } from './world.ts'

let world: World
const names = Array.from({ length: 25 }, (_, index) => `Dataset ${String(index).padStart(2, '0')}`)

beforeAll(async () => {
  world = await openWorld()
  for (const name of names) await world.provider.client.datasets.create({ name })
  await world.stranger.client.datasets.create({ name: 'Of the stranger' })
  for (const name of ['a', 'b', 'c']) {
    await world.provider.client.apiKeys.create({ name, scopes: ['usage:read'] })
  }
})
afterAll(() => world.close())

const get = (path: string, token = world.provider.token) => send(world.url + path, { token })

function expectRefused({ status, body }: Answer, profile: 'market' | 'resource' = 'market') {
  expect(status).toBe(400)
  expect(body.error?.code).toBe('invalid_request')
  if (profile === 'resource') expect(body.error?.param).toBe('cursor')
  else expect(body.error?.details?.fields?.map(({ field }) => field)).toEqual(['cursor'])
}

async function firstCursor(path = '/v1/datasets?limit=10'): Promise<string> {
  const { body } = await get(path)
  expect(body.has_more).toBe(true)
  return encodeURIComponent(String(body.next_cursor))
}

describe('a list', () => {
  test('has every item once, newest first, on pages of any size', async () => {
    for (const limit of [1, 7, 10, 25, 100]) {
      const seen: string[] = []
      for await (const one of await world.provider.client.datasets.list({ limit })) {
        seen.push(one.name)
      }
      expect(seen).toEqual(names.toReversed())
    }
  })

  test('has 20 items on a page, and says at its end that it ends', async () => {
    const first = await world.provider.client.datasets.list()
    expect(first.items).toHaveLength(20)
    expect(first).toMatchObject({ has_more: true, next_cursor: expect.any(String) })
    const cursor = first.next_cursor ?? ''
    const last = await world.provider.client.datasets.list({ cursor })
    expect(last).toMatchObject({ has_more: false, next_cursor: null })
    expect(last.items).toHaveLength(5)
  })

  test('that is exactly one page long has no next one', async () => {
    const all = await world.provider.client.datasets.list({ limit: 25 })
    expect(all).toMatchObject({ has_more: false, next_cursor: null })
  })

  test('goes on where it stopped, whatever is added meanwhile', async () => {
    const first = await world.stranger.client.apiKeys.list({ limit: 1 })
    expect(first.items).toEqual([])
    const { client } = world.stranger
    await client.datasets.create({ name: 'Second' })
    const page = await client.datasets.list({ limit: 1 })
    await client.datasets.create({ name: 'Third' })
    const next = await client.datasets.list({ limit: 1, cursor: page.next_cursor ?? '' })
    expect(next.items.map(({ name }) => name)).toEqual(['Of the stranger'])
  })

  test('of a report counts all that there is', async () => {
    const { body } = await get('/v1/agent/activity/searches')
    expect(body.data).toEqual({ searches: [], total: 0, next_cursor: null, has_more: false })
  })

  test('of resources has the form of resources', async () => {
    expect((await get('/v1/jobs')).body).toEqual({
      object: 'list',
      data: [],
      hasMore: false,
      nextCursor: null,
    })
  })
})

describe('a cursor', () => {
  test('may be empty: that is the first page', async () => {
    const { body } = await get('/v1/datasets?limit=10&cursor=')
    expect(body.items).toHaveLength(10)
  })

  test('may go on with another page size', async () => {
    const { body } = await get(`/v1/datasets?limit=3&cursor=${await firstCursor()}`)
    expect(body.items).toHaveLength(3)
  })

  test('is refused with another filter, on another list and of another tenant', async () => {
    const cursor = await firstCursor()
    expectRefused(await get(`/v1/datasets?limit=10&status=draft&cursor=${cursor}`))
    expectRefused(await get(`/v1/api-keys?cursor=${cursor}`))
    expectRefused(await get(`/v1/agent/activity/searches?cursor=${cursor}`))
    expectRefused(await get(`/v1/jobs?cursor=${cursor}`), 'resource')
    expectRefused(await get(`/v1/datasets?cursor=${cursor}`, world.stranger.token))
  })

  test('is refused when it was made up or changed', async () => {
    const cursor = await firstCursor()
    const changed = cursor.slice(0, -2) + (cursor.endsWith('AA') ? 'BB' : 'AA')
    for (const wrong of ['eyJpZCI6MTIzfQ==', 'x', '%F0%9F%93%97', changed, cursor.slice(0, 40)]) {
      expectRefused(await get(`/v1/datasets?limit=10&cursor=${wrong}`))
    }
    expect((await get(`/v1/datasets?cursor=${'x'.repeat(2_001)}`)).status).toBe(422)
  })

  test('of a filtered list holds with that filter only', async () => {
    const path = '/v1/datasets?limit=10&status=draft&q=Dataset'
    const cursor = await firstCursor(path)
    expect((await get(`${path}&cursor=${cursor}`)).body.items).toHaveLength(10)
    // The order of the parameters is no other filter.
    const turned = `/v1/datasets?cursor=${cursor}&q=Dataset&status=draft&limit=10`
    expect((await get(turned)).status).toBe(200)
    expectRefused(await get(`/v1/datasets?limit=10&status=draft&q=Other&cursor=${cursor}`))
  })

  test('lives one hour', async () => {
    const cursor = await firstCursor()
    world.clock.forward(3_600_000 - 1)
    expect((await get(`/v1/datasets?limit=10&cursor=${cursor}`)).status).toBe(200)
    world.clock.forward(1)
    expectRefused(await get(`/v1/datasets?limit=10&cursor=${cursor}`))
  })
})

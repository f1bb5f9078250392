// "Buyer", run as it stands. The market of its examples is built first, so that the answers are those of
// the document, number by number, save for ids and for what it does not tell the origin of.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { publish, textFile } from './publish.ts'
import { send } from './send.ts'
import { blocksOf, haveSources, type Json, readDocument, textOf } from './sources/documents.ts'
import { headerOf } from './sources/raw-http.ts'
import { runBlocks } from './sources/run-blocks.ts'
import { readExample } from './sources/shapes.ts'
import { openWorld, type World } from './world.ts'

const text = readDocument('buyer')
const suite = haveSources ? '"Buyer"' : '"Buyer" (skipped: ../shared/spec/seeds is not there)'
let world: World
let datasetIds: string[]

const rows = (name: string, line: string, count: number) =>
  textFile(
    name,
    ['place,words', ...Array.from({ length: count }, (_, at) => `${at},${line}`)].join('\n'),
  )

describe.skipIf(!haveSources)(suite, () => {
  const [dashboard, searches, , spend] = blocksOf('buyer')
    .filter(({ is }) => is === 'answer')
    .map((block): Json => readExample(textOf('buyer', block)))

  beforeAll(async () => {
    world = await openWorld({ startsAt: new Date('2026-04-05T09:00:00Z') })
    const invoice = 'invoice showing VAT dispute with Acme in March'
    const quarter = 'quarterly financial report 2025'
    const first = await publish(world, {
      terms: { name: 'AP Invoices 2025' },
      files: [rows('a.csv', invoice, 9), rows('q.csv', quarter, 8)],
    })
    const second = await publish(world, {
      terms: { name: 'Legal Contracts Archive' },
      files: [rows('b.csv', `${invoice} again`, 6)],
    })
    datasetIds = [first.datasetId, second.datasetId]
    const { client } = world.buyer
    for (let at = 0; at < 4; at++) {
      const key = await client.apiKeys.create({ name: `key ${at}`, scopes: ['search:query'] })
      if (at === 0) await client.apiKeys.revoke({ api_key_id: key.api_key_id })
    }
    world.clock.forward(15 * 60_000)
    await client.search.query({ query: quarter, dataset_ids: [first.datasetId] })
    world.clock.forward(15 * 60_000)
    await client.search.query({ query: invoice })
    await client.objects.download({ object_id: first.objectIds[0] ?? '' })
    world.clock.forward(30 * 60_000)
  }, 180_000)
  afterAll(() => world.close())

  const { at } = runBlocks('buyer', { url: () => world.url, token: () => world.buyer.token })

  test('every answer says when it was made, and carries its own id', () => {
    for (const line of [12, 62, 145, 219]) {
      const { body, message } = at(line)
      expect(body).toMatchObject({
        timestamp: '2026-04-05T10:00:00Z',
        request_id: message && headerOf(message, 'x-request-id'),
      })
    }
  })

  test('the dashboard counts keys as in its example', () => {
    expect(dataAt(12)).toEqual(dataIn(dashboard))
  })

  test('the searches are those of its example', () => {
    const [a, b] = datasetIds
    const expected = dataIn(searches).searches as { search_activity_id: string }[]
    const listed = dataAt(62) as { searches: object[]; total: number }
    expect(listed.total).toBe(2)
    expect(listed.searches).toEqual([
      { ...expected[0], search_activity_id: expect.any(String), dataset_ids: [a, b] },
      { ...expected[1], search_activity_id: expect.any(String), dataset_ids: [a] },
    ])
  })

  test('the accesses are by dataset, the latest first', () => {
    const { accesses: list, total } = dataAt(145) as {
      accesses: object[]
      total: number
    }
    expect(total).toBe(2)
    const names = ['AP Invoices 2025', 'Legal Contracts Archive']
    expect(list.map((one) => (one as { dataset_name: string }).dataset_name).sort()).toEqual(names)
    for (const one of list) expect(one).toMatchObject({ last_accessed_at: '2026-04-05T09:30:00Z' })
  })

  test('the spend is of the calendar month, and is the sum of its parts', () => {
    const example = dataIn(spend)
    expect(dataAt(219)).toEqual({
      ...example,
      search_spend: 0.69,
      retrieval_spend: 0.5,
      total_spend: 1.19,
      plan_fee: 0,
    })
  })

  test('lists hold 20 unless they are asked for fewer or more, and go on by cursor', async () => {
    for (let at = 0; at < 20; at++) await world.buyer.client.search.query({ query: `nothing${at}` })
    const path = '/v1/agent/activity/searches'
    const first = (await dataOf(path)) as { searches: object[]; total: number; next_cursor: string }
    expect(first.searches).toHaveLength(20)
    expect(first.total).toBe(22)
    const rest = (await dataOf(`${path}?cursor=${encodeURIComponent(first.next_cursor)}`)) as {
      searches: object[]
    }
    expect(rest.searches).toHaveLength(2)
  })

  const endpoints = [
    ...text.matchAll(/^GET (\/v1\/\S+)\n\nAuthentication: .*\n\nScope: (\S+)$/gm),
  ].map(([, path = '', scope = '']) => ({ path, scope }))
  test.each(endpoints)(
    '$path takes a key in both headers, with $scope and not without',
    async ({ path, scope }) => {
      const { client } = world.buyer
      const others = ['datasets:read', 'search:query', 'usage:read', 'billing:read'] as const
      const withScope = others.filter((one) => one === scope)
      expect(withScope).toHaveLength(1)
      const strong = await client.apiKeys.create({ name: 'with', scopes: withScope })
      const weak = await client.apiKeys.create({
        name: 'without',
        scopes: others.filter((one) => one !== scope),
      })
      for (const credential of [{ token: strong.secret }, { apiKey: strong.secret }]) {
        expect((await send(world.url + path, credential)).status).toBe(200)
      }
      expect((await send(world.url + path, { apiKey: weak.secret })).status).toBe(403)
    },
  )

  test('the document says a scope of each of its four endpoints', () => {
    expect(endpoints).toHaveLength(4)
  })

  async function dataOf(path = ''): Promise<unknown> {
    return (await send(world.url + path, { token: world.buyer.token })).body.data
  }

  /** Of the endpoint at this line. */
  function dataAt(line: number): unknown {
    return dataIn(at(line).body)
  }

  function dataIn(example: Json | undefined): Record<string, unknown> {
    return (example as { data: Record<string, unknown> }).data
  }
})

// Usage event by usage event over HTTP: the buyer's list and its CSV, what stands behind an invoice, and
// spend over time.
import { get } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { closeMonth } from './close-month.ts'
import { publish, textFile } from './publish.ts'
import { send } from './send.ts'
import { openWorld, type World } from './world.ts'

let world: World
let datasetId: string
let otherId: string
// A spreadsheet would run it.
const evil = '=HYPERLINK("http://evil.example","a, b")'

beforeAll(async () => {
  world = await openWorld()
  const text = 'Herring and salt in the old harbour.'
  const made = await publish(world, { terms: { name: evil }, files: [textFile('a.txt', text)] })
  datasetId = made.datasetId
  const other = await publish(world, {
    terms: { name: 'Curve', pricing_model: 'demand_curve' },
    files: [textFile('b.txt', `Another. ${text}`)],
  })
  otherId = other.datasetId
  await world.buyer.client.search.query({ query: 'herring' })
}, 90_000)
afterAll(() => world.close())

const usage = () => world.buyer.client.usageEvents
const csv = (query = '', token = world.buyer.token) =>
  send(`${world.url}/v1/usage-events${query}`, { token, headers: { accept: 'text/csv' } })

/** RFC 4180, strictly. */
function cellsOf(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  const pattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    row.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'))
    if (match[3] === ',') continue
    rows.push(row)
    row = []
    if (pattern.lastIndex === text.length) return rows
  }
  throw new Error('this is no CSV')
}

const micros = (value: number | null) => BigInt(Math.round((value ?? 0) * 1e6))

describe('the list', () => {
  test('holds all that an amount follows from, also for a stranger with a pencil', async () => {
    const { items } = await usage().list()
    expect(items.map((event) => event.dataset_id).sort()).toEqual([datasetId, otherId].sort())
    for (const event of items) {
      const { base, factor_ppm, share_platform_bps } = event.price_inputs
      const exact = BigInt(event.quantity) * micros(base) * BigInt(factor_ppm ?? 0)
      expect(micros(event.amount)).toBe((exact + 500_000n) / 1_000_000n)
      const platform = (micros(event.amount) * BigInt(share_platform_bps)) / 10_000n
      expect(micros(event.platform_amount)).toBe(platform)
    }
    const curved = items.find((event) => event.dataset_id === otherId)
    expect(curved?.price_inputs).toMatchObject({ model: 'demand_curve', d7: 0, d28: 0 })
  })

  test('is filtered, and refuses what does not fit together', async () => {
    expect((await usage().list({ dataset_id: otherId })).items).toHaveLength(1)
    expect((await usage().list({ event_type: 'download' })).items).toEqual([])
    expect((await usage().list({ to: '2026-04-05T10:00:00Z' })).items).toEqual([])
    expect((await usage().list({ from: '2026-04-05T10:00:00Z' })).items).toHaveLength(2)
    const period = { from: '2026-04-05T10:00:00Z', to: '2026-04-05T09:00:00Z' }
    const unprocessable = { status: 422, code: 'invalid_request' }
    await expect(usage().list(period)).rejects.toMatchObject(unprocessable)
    await expect(usage().list({ line_id: 'line_x' })).rejects.toMatchObject(unprocessable)
    const wrong = await send(`${world.url}/v1/usage-events?event_type=x`, world.buyer)
    expect(wrong.status).toBe(422)
  })

  test('shows nobody else’s, and a key with a list only its datasets', async () => {
    expect((await world.stranger.client.usageEvents.list()).items).toEqual([])
    expect((await world.provider.client.usageEvents.list()).items).toEqual([])
    const { secret } = await world.buyer.client.apiKeys.create({
      name: 'limited',
      scopes: ['usage:read', 'billing:read'],
      dataset_access_mode: 'allow_list',
      dataset_ids: [otherId],
    })
    const client = world.client({ apiKey: secret })
    expect((await client.usageEvents.list()).items.map((event) => event.dataset_id)).toEqual([
      otherId,
    ])
    const answer = await send(`${world.url}/v1/usage-events`, {
      apiKey: secret,
      headers: { accept: 'text/csv' },
    })
    expect(answer.text).not.toContain(datasetId)
    const { data } = await client.spend.timeseries({ group_by: 'dataset' })
    expect(data.series.map((row) => row.group)).toEqual([otherId])
  })

  test('knows no payout that the tenant does not have', async () => {
    for (const { client } of [world.provider, world.buyer]) {
      const asked = client.usageEvents.list({ payout_id: 'pay_unknown' })
      await expect(asked).rejects.toMatchObject({ status: 404, code: 'not_found' })
    }
  })
})

describe('as CSV', () => {
  test('it has the same columns, and no cell that a spreadsheet would run', async () => {
    const answer = await csv()
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    const [heading = [], ...rows] = cellsOf(answer.text)
    const { items } = await usage().list()
    expect(heading).toEqual(Object.keys(items[0] ?? {}))
    expect(rows).toHaveLength(2)
    for (const [index, row] of rows.entries()) {
      const item = items[index]
      const named = Object.fromEntries(heading.map((name, place) => [name, row[place]]))
      expect(named).toMatchObject({
        usage_event_id: item?.usage_event_id,
        dataset_name: item?.dataset_name === evil ? `'${evil}` : 'Curve',
        amount: String(item?.amount),
        api_key_id: '',
        billable: 'true',
      })
      expect(JSON.parse(named.price_inputs ?? '')).toEqual(item?.price_inputs)
      for (const cell of row) expect(cell).not.toMatch(/^[=+\-@\t\r]/)
    }
  })

  test('a mistake is answered as everywhere', async () => {
    const unknown = await csv('?invoice_id=inv_unknown')
    expect(unknown.status).toBe(404)
    expect(unknown.body.error?.code).toBe('not_found')
    expect((await csv('?limit=0')).status).toBe(422)
    expect((await csv('?cursor=x')).status).toBe(400)
    expect((await csv('', 'sess_unknown')).status).toBe(401)
  })

  test('2,500 rows come in one stream, each once, in the order of the list, whatever the limit', async () => {
    const { db } = world.app.services
    await db.run`
      insert into usage_events (id, charge_id, tenant_id, provider_tenant_id, event_type, dataset_id,
        dataset_name, object_id, principal_id, quantity, unit_price_micros, amount_micros,
        platform_micros, billable, price_book_version, price_inputs, occurred_at)
      select 'ue_many' || n, charge_id, tenant_id, provider_tenant_id, 'citation', dataset_id,
        e'line\nbreak "' || n || '"', object_id, principal_id, 1, 1, 1, 0, true, 1, price_inputs,
        occurred_at - make_interval(secs => n / 7)
      from usage_events, generate_series(1, 2498) as n
      where dataset_id = ${otherId}`
    for (const query of ['', '?limit=7']) {
      const [, ...rows] = cellsOf((await csv(query)).text)
      expect(rows).toHaveLength(2_500)
      expect(new Set(rows.map(([id]) => id)).size).toBe(2_500)
      const listed: string[] = []
      for await (const event of await usage().list({ limit: 100 }))
        listed.push(event.usage_event_id)
      expect(rows.map(([id]) => id)).toEqual(listed)
    }
    expect(cellsOf((await csv('?event_type=citation')).text)).toHaveLength(2_499)
  })

  test('a reader that hangs up in the middle hurts nobody', async () => {
    await new Promise<void>((resolve, reject) => {
      const request = get(
        `${world.url}/v1/usage-events`,
        { headers: { accept: 'text/csv', authorization: `Bearer ${world.buyer.token}` } },
        (response) => {
          response.once('data', () => response.destroy())
          response.once('close', resolve)
        },
      )
      request.once('error', reject)
    })
    expect(cellsOf((await csv()).text)).toHaveLength(2_501)
  })
})

test('the usage of a draft is there, also where nothing was used yet', async () => {
  const { client, tenantId } = await world.signUp('fresh')
  await world.operator.client.adminTenants.update({ tenant_id: tenantId, plan: 'pro' })
  const [draft] = (await client.invoices.list()).items
  expect(draft).toMatchObject({ status: 'draft', total: 49 })
  const { items } = await client.usageEvents.list({ invoice_id: draft?.invoice_id ?? '' })
  expect(items).toEqual([])
})

describe('spend over time', () => {
  test('adds up to the spend of the month', async () => {
    await world.app.services.db.run`delete from usage_events where id like 'ue_many%'`
    const { client } = world.buyer
    const { total_spend, period_start, period_end } = (await client.spend.get()).data
    for (const interval of ['hour', 'day', 'month'] as const) {
      const { data } = await client.spend.timeseries({ interval, group_by: 'dataset' })
      expect(data.total).toBe(total_spend)
      expect(data.series.map((row) => row.group)).toEqual([datasetId, otherId].sort())
    }
    const { data } = await client.spend.timeseries({ interval: 'month' })
    expect(data.series).toEqual([
      { period_start, period_end, group: null, amount: total_spend, events: 2 },
    ])
  })

  test('refuses a period that ends before it begins, and unknown words', async () => {
    const { spend } = world.buyer.client
    const period = { from: '2026-05-01T00:00:00Z', to: '2026-04-01T00:00:00Z' }
    await expect(spend.timeseries(period)).rejects.toMatchObject({ status: 422 })
    for (const query of ['interval=week', 'group_by=buyer', 'from=yesterday']) {
      const wrong = await send(`${world.url}/v1/agent/spend/timeseries?${query}`, world.buyer)
      expect(wrong.status).toBe(422)
    }
  })
})

test('behind each line of an invoice stand the events that it adds up', async () => {
  await closeMonth(world)
  const { items } = await world.buyer.client.invoices.list()
  const invoice = items.find(({ status }) => status === 'open')
  if (!invoice) throw new Error('April is closed')
  const { invoice_id } = invoice
  for (const { line_id, amount } of invoice.lines) {
    const behind = await usage().list({ invoice_id, line_id })
    const sum = behind.items.reduce((all, event) => all + micros(event.amount), 0n)
    expect(sum).toBe(micros(amount))
  }
  expect(cellsOf((await csv(`?invoice_id=${invoice_id}`)).text)).toHaveLength(3)
  const unknown = usage().list({ invoice_id, line_id: 'line_unknown' })
  await expect(unknown).rejects.toMatchObject({ status: 404 })
  const foreign = world.stranger.client.usageEvents.list({ invoice_id })
  await expect(foreign).rejects.toMatchObject({ status: 404 })
})

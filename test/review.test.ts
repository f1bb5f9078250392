// What operators see and decide, over HTTP: the queue and its filters, one object, decisions one by one and
// in bulk, the end of the time to decide, and reviews after the fact.
import { buffer } from 'node:stream/consumers'
import PDFDocument from 'pdfkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addFiles, ingested, textFile, uploadFile } from './publish.ts'
import { send } from './send.ts'
import { until } from './wait.ts'
import { openWorld, type Party, type World } from './world.ts'

let world: World
let provider: Party
let dataset_id: string
beforeAll(async () => {
  world = await openWorld({ settings: { REVIEW_SAMPLE_PERCENT: '100' } })
  provider = world.provider
  dataset_id = (await provider.client.datasets.create({ name: 'Papers' })).dataset_id
})
afterAll(() => world.close())

const review = () => world.operator.client.review
const queueOf = async (filter: Parameters<World['operator']['client']['review']['queue']>[0]) =>
  (await review().queue(filter)).data

/** Uploaded and inspected, so that its risk is known. */
async function staged(filename: string, text: string, into = dataset_id): Promise<string> {
  const object_id = await uploadFile(provider, into, textFile(filename, text))
  await until(async () => {
    const { items } = await queueOf({ dataset_id: into, limit: 100 })
    const item = items.find((one) => one.object_id === object_id)
    return item !== undefined && item.findings[0]?.kind !== 'not_inspected'
  })
  return object_id
}
const nameOf = (object_id: string) => ({ tenant_id: provider.tenantId, object_id })
const conflict = { status: 409, code: 'conflict' }

describe('the queue', () => {
  test('is filtered by dataset, tenant and risk, and tells what was found', async () => {
    const plain = await staged('plain.txt', 'An ordinary paper about ships.')
    const html = '<html><script>alert(1)</script><p>Active ships.</p></html>'
    const active = await staged('active.html', html)
    const feigned = await staged('feigned.pdf', 'No PDF at all.')
    const all = await queueOf({ dataset_id })
    expect(all.items.map((item) => item.object_id)).toEqual([plain, active, feigned])
    expect(all).toMatchObject({ total: 3, has_more: false })
    const high = await queueOf({ dataset_id, risk: 'high' })
    expect(high.items.map((item) => item.object_id)).toEqual([active, feigned])
    expect(high.items[0]).toMatchObject({
      tenant_name: 'provider Ltd',
      dataset_name: 'Papers',
      risk: 'high',
      review_state: 'staged',
      review_expires_at: '2026-04-08T10:00:00Z',
    })
    const kinds = high.items.map((item) => item.findings[0]?.kind)
    expect(kinds).toEqual(['active_content', 'type_mismatch'])
    expect((await queueOf({ tenant_id: provider.tenantId, risk: 'low' })).total).toBe(1)
    expect((await queueOf({ tenant_id: world.buyer.tenantId })).items).toEqual([])
    expect((await queueOf({ dataset_id: 'dset_unknown' })).total).toBe(0)
  })

  test('names copies and personal data, and shows no more than a masked sample', async () => {
    const text = 'Write to ada.lovelace@example.com about the copy.'
    await staged('first.txt', text)
    const copy = await staged('second.txt', text)
    const { data } = await review().get(nameOf(copy))
    const kinds = data.findings.map((finding) => finding.kind)
    expect(kinds.length).toBeGreaterThanOrEqual(2)
    const samples = data.findings.map((finding) => finding.sample_masked ?? '')
    expect(samples.join(' ')).not.toContain('ada.lovelace@example.com')
    expect(data.preview.text).toContain('about the copy')
    // Looking at it takes it under review.
    expect(data.review_state).toBe('under_review')
  })
})

/** With a first page of text and a second that is only a picture. */
async function stagedPdf(filename: string): Promise<string> {
  const pdf = new PDFDocument()
  pdf.text(`The timetable of the harbour ferries (${filename}).`)
  pdf.addPage().rect(100, 100, 300, 300).fill('#336699')
  pdf.end()
  const object_id = await uploadFile(provider, dataset_id, { filename, bytes: await buffer(pdf) })
  await until(async () => (await addressesOf(object_id))[0] != null, 60_000)
  return object_id
}
const addressesOf = async (object_id: string) =>
  (await review().get(nameOf(object_id))).data.preview.pages.map((page) => page.image_url)
const addressOf = async (object_id: string) => (await addressesOf(object_id))[0] ?? ''

describe('the pages of a preview', () => {
  test('are JPEGs under addresses that need no credential and end after ten minutes', async () => {
    const object_id = await stagedPdf('ferries.pdf')
    const { preview } = (await review().get(nameOf(object_id))).data
    expect(preview.text).toContain('harbour ferries')
    expect(preview.pages.map(({ page }) => page)).toEqual([1, 2])
    const addresses = preview.pages.map((page) => page.image_url ?? '')
    for (const address of addresses) {
      const response = await fetch(address)
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toBe('image/jpeg')
      expect(response.headers.get('x-content-type-options')).toBe('nosniff')
      expect(response.headers.get('content-disposition')).toMatch(/^attachment/)
      const bytes = Buffer.from(await response.arrayBuffer())
      expect(bytes.subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]))
    }
    const [first = '', second = ''] = addresses
    expect((await send(first.replace(/expires=\d/, 'expires=9'))).status).toBe(403)
    world.clock.forward(10 * 60_000 - 1)
    expect((await send(second)).status).toBe(200)
    world.clock.forward(1)
    expect((await send(second)).status).toBe(403)
    expect((await send(await addressOf(object_id))).status).toBe(200)
    await review().approve(nameOf(object_id))
    expect((await send(await addressOf(object_id))).status).toBe(200)
  })

  test('are none of a text', async () => {
    expect(await addressesOf(await staged('not-drawn.txt', 'Only words.'))).toEqual([null])
  })

  test('are gone once the bytes of a rejected object are', async () => {
    const object_id = await stagedPdf('refused.pdf')
    const address = await addressOf(object_id)
    expect((await send(address)).status).toBe(200)
    await review().reject({ ...nameOf(object_id), reason: 'not fit' })
    await until(async () => (await addressesOf(object_id)).length === 0)
    expect((await send(address)).status).toBe(404)
    const { blobs } = world.app.services
    for (let page = 1; page <= 10; page += 1) {
      expect(await blobs.inspect(`previews/${object_id}/${page}`)).toBeUndefined()
    }
  })
})

describe('a decision', () => {
  test('is made once, and a rejection gives its reason', async () => {
    const object_id = await staged('once.txt', 'Decided once.')
    const bare = await send(
      `${world.url}/v1/admin/review/objects/${provider.tenantId}/${object_id}/reject`,
      { token: world.operator.token, json: {} },
    )
    expect(bare.status).toBe(400)
    const { data } = await review().reject({ ...nameOf(object_id), reason: 'not fit' })
    expect(data).toMatchObject({ status: 'rejected', review_state: 'rejected' })
    const again = { ...nameOf(object_id), reason: 'still not' }
    await expect(review().reject(again)).rejects.toMatchObject(conflict)
    await expect(review().approve(nameOf(object_id))).rejects.toMatchObject(conflict)
  })

  test('in bulk has one result each, and a hundred is the most', async () => {
    const good = await staged('good.txt', 'Good.')
    const bad = await staged('bad.txt', 'Bad.')
    const unknown = `obj_${'0'.repeat(26)}`
    const { data } = await review().bulk({
      decisions: [
        { ...nameOf(good), decision: 'approve' },
        { ...nameOf(bad), decision: 'reject' },
        { ...nameOf(unknown), decision: 'approve' },
        { ...nameOf(good), decision: 'approve' },
      ],
    })
    expect(data.results.map(({ object_id, ok, error }) => [object_id, ok, error?.code])).toEqual([
      [good, true, undefined],
      [bad, false, 'invalid_request'],
      [unknown, false, 'not_found'],
      [good, false, 'conflict'],
    ])
    const many = Array.from({ length: 101 }, () => ({
      ...nameOf(good),
      decision: 'approve' as const,
    }))
    await expect(review().bulk({ decisions: many })).rejects.toMatchObject({ status: 422 })
    expect((await ingested(provider, good)).status).toBe('active')
  })
})

describe('what is approved by rule', () => {
  let trusted: Party
  let sold: string
  beforeAll(async () => {
    trusted = await world.signUp('trusted')
    await world.operator.client.adminTenants.update({
      tenant_id: trusted.tenantId,
      approved_automatically: true,
    })
    sold = (
      await trusted.client.datasets.create({
        name: 'Trusted',
        visibility: 'listed',
        pricing_model: 'fixed',
      })
    ).dataset_id
  })

  const published = async (word: string) => {
    const object_id = await uploadFile(trusted, sold, textFile(`${word}.txt`, `The ${word} text.`))
    expect((await ingested(trusted, object_id)).status).toBe('active')
    return { tenant_id: trusted.tenantId, object_id }
  }
  const hits = async (query: string, { client }: Party = world.buyer) =>
    (await client.search.query({ query })).result_count
  const actionsOn = async (target_id: string) =>
    (await trusted.client.audit.list({ target_id, limit: 100 })).items.map((entry) => [
      entry.action,
      entry.actor_id,
    ])

  test('waits in the queue afterwards; a confirmation takes it out and changes nothing else', async () => {
    const one = await published('heron')
    expect(await hits('heron')).toBe(1)
    const { items } = await queueOf({ tenant_id: trusted.tenantId })
    expect(items).toMatchObject([{ object_id: one.object_id, review_state: 'approved' }])
    expect((await review().get(one)).data).toMatchObject({ review_state: 'approved' })
    const { data } = await review().approve(one)
    expect(data).toMatchObject({ review_state: 'approved', status: 'active' })
    expect((await queueOf({ tenant_id: trusted.tenantId })).total).toBe(0)
    await expect(review().approve(one)).rejects.toMatchObject(conflict)
    await expect(review().reject({ ...one, reason: 'late' })).rejects.toMatchObject(conflict)
    expect(await hits('heron')).toBe(1)
    expect(await actionsOn(one.object_id)).toContainEqual([
      'object.confirmed',
      world.operator.userId,
    ])
  })

  test('and rejected then leaves search, downloads and the counters at once', async () => {
    const one = await published('cormorant')
    const { object_id } = one
    const before = await trusted.client.datasets.get({ dataset_id: sold })
    const bought = await world.buyer.client.search.query({ query: 'cormorant', include_text: true })
    const sale = bought.results[0]
    expect(sale?.text).toContain('cormorant')
    await review().reject({ ...one, reason: 'not theirs to sell' })
    expect(await hits('cormorant')).toBe(0)
    expect(await hits('cormorant', trusted)).toBe(0)
    const download = world.buyer.client.objects.download({ object_id })
    await expect(download).rejects.toMatchObject({ status: 404 })
    const retrieval_event_id = sale?.retrieval_event_id ?? ''
    const kept = await world.buyer.client.retrievals.get({ retrieval_event_id })
    expect(kept).toMatchObject({ text: null, expired: true })
    expect(kept.price.amount).toBe(0.03)
    const object = await trusted.client.objects.get({ object_id })
    expect(object).toMatchObject({
      status: 'rejected',
      review_state: 'rejected',
      index_state: 'none',
      chunk_count: 0,
      indexed_at: null,
    })
    // Who keeps a copy by the time of the last change has to come across it.
    expect(await trusted.client.documents.get({ id: object_id })).toMatchObject({
      state: 'rejected',
      updatedBy: world.operator.userId,
    })
    const after = await trusted.client.datasets.get({ dataset_id: sold })
    expect(after.active_object_count).toBe(before.active_object_count - 1)
    expect(after.chunk_count).toBe(before.chunk_count - 1)
    expect(after.storage_bytes).toBe(before.storage_bytes - object.size_bytes)
    expect((await queueOf({ tenant_id: trusted.tenantId })).total).toBe(0)
    await expect(review().approve(one)).rejects.toMatchObject(conflict)
    expect(await actionsOn(object_id)).toContainEqual(['object.rejected', world.operator.userId])
    const { db } = world.app.services
    await until(async () => {
      const row = await db.first`
        select 1 from objects where id = ${object_id} and purged_at is not null`
      return row !== undefined
    })
    // The engine heard of it too: what comes next is searched without a trace of it.
    expect(await hits('heron')).toBe(1)
  })

  test('is decided in bulk with the others, and forgotten when its owner deletes it', async () => {
    const one = await published('egret')
    const gone = await published('bittern')
    expect((await queueOf({ dataset_id: sold })).total).toBe(2)
    await trusted.client.objects.delete({ object_id: gone.object_id })
    expect((await queueOf({ dataset_id: sold })).total).toBe(1)
    const decisions = [one, gone].map((each) => ({ ...each, decision: 'approve' as const }))
    const { data } = await review().bulk({ decisions })
    expect(data.results.map(({ ok }) => ok)).toEqual([true, false])
  })
})

test('what nobody decides in 72 hours expires, and a decision then is a conflict', async () => {
  const object_id = await staged('late.txt', 'Nobody looked.')
  world.clock.forward(72 * 3_600_000)
  for (const party of [provider, world.operator]) await world.logIn(party)
  await expect(review().approve(nameOf(object_id))).rejects.toMatchObject(conflict)
  await world.app.runSchedules(['review.expire-overdue'])
  expect((await provider.client.objects.get({ object_id })).status).toBe('expired')
  expect((await queueOf({ dataset_id })).items.map((item) => item.object_id)).not.toContain(
    object_id,
  )
})

test('an operator may approve a provider by hand again at any time', async () => {
  const { tenant_id } = nameOf('')
  const change = { tenant_id, approved_automatically: true }
  await world.operator.client.adminTenants.update(change)
  expect((await provider.client.tenant.get()).approved_automatically).toBe(true)
  await world.operator.client.adminTenants.update({ ...change, approved_automatically: false })
  const [object_id] = await addFiles(world, provider, {
    datasetId: dataset_id,
    files: [textFile('hand.txt', 'By hand again.')],
  })
  expect(object_id).toBeDefined()
})

test('the pages of a preview are gone once an object that its owner deleted is purged', async () => {
  const object_id = await stagedPdf('deleted.pdf')
  const { blobs } = world.app.services
  const isKept = async () => (await blobs.inspect(`previews/${object_id}/1`)) !== undefined
  await provider.client.objects.delete({ object_id })
  await world.app.runSchedules(['objects.purge'])
  expect(await isKept()).toBe(true)
  world.clock.forward(60 * 86_400_000)
  await world.app.runSchedules(['objects.purge'])
  await until(async () => !(await isKept()))
})

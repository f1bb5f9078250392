// Uploads by both documented flows, right and wrong, and files that cannot be read: each ends in a
// documented error or in an object that says at which stage it failed, and why.
import { createHash } from 'node:crypto'
import { request as rawRequest } from 'node:http'
import type { StoredObject } from '@ipto/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { docxBomb, pdfOf, pngOf, zipOf } from './bad-files.ts'
import { addFiles, approve, type File, ingested, textFile, uploadFile } from './publish.ts'
import { send } from './send.ts'
import { until } from './wait.ts'
import { openWorld, type Party, type World } from './world.ts'

let world: World
let datasetId: string
beforeAll(async () => {
  world = await openWorld()
  datasetId = await newDataset(world.provider)
})
afterAll(() => world.close())

const bytes = Buffer.from('The tide tables of the old port.\n')
const sha256Of = (content: Uint8Array) => createHash('sha256').update(content).digest('hex')
const expired = { status: 403 }

async function newDataset({ client }: Party): Promise<string> {
  return (await client.datasets.create({ name: 'Uploads' })).dataset_id
}

/** An upload of flow A for these bytes. */
function start(content: Uint8Array = bytes, more: { checksum_sha256?: string } = {}) {
  return world.provider.client.objects.upload({
    dataset_id: datasetId,
    filename: 'note.txt',
    content_type: 'text/plain',
    size_bytes: content.length,
    ...more,
  })
}

/** An upload of flow B for these bytes. */
async function startWithHash(content: Uint8Array = bytes) {
  const upload = await world.provider.client.uploads.create({
    dataset_id: datasetId,
    filename: 'note.txt',
    mime_type: 'text/plain',
    size_bytes: content.length,
    checksum_sha256: sha256Of(content),
  })
  return { ...upload, upload_url: upload.upload_url ?? '' }
}

function put(upload: { upload_url: string }, content: Uint8Array, type = 'text/plain') {
  const raw = new Uint8Array(content)
  return send(upload.upload_url, { method: 'PUT', raw, headers: { 'content-type': type } })
}

const confirm = (object_id: string) => world.provider.client.objects.confirm({ object_id })
const get = (object_id: string) => world.provider.client.objects.get({ object_id })

describe('both flows', () => {
  test('lead to the same object', async () => {
    const first = await start()
    expect(first).toMatchObject({ method: 'PUT', headers: { 'content-type': 'text/plain' } })
    expect((await put(first, bytes)).status).toBe(200)
    const one = await confirm(first.object_id)
    const second = await startWithHash()
    expect(second.strategy).toBe('single')
    expect((await put(second, bytes)).status).toBe(200)
    const { upload_id } = second
    const two = await world.provider.client.uploads.complete({ upload_id })
    const same = (object: StoredObject) => ({ ...object, object_id: '' })
    expect(same(two)).toEqual(same(one))
    expect(one).toMatchObject({
      status: 'in_review',
      upload_state: 'uploaded',
      review_state: 'staged',
      index_state: 'none',
      checksum_sha256: sha256Of(bytes),
      size_bytes: bytes.length,
    })
  })

  test('meet: what one started the other may finish', async () => {
    const first = await start()
    await put(first, bytes)
    const done = await world.provider.client.uploads.complete({ upload_id: first.upload_id })
    expect(done.object_id).toBe(first.object_id)
    const second = await startWithHash()
    await put(second, bytes)
    expect((await confirm(second.object_id)).upload_state).toBe('uploaded')
  })

  test('give an address for fifteen minutes and a review of 72 hours', async () => {
    const upload = await start()
    const now = world.clock.now().getTime()
    expect(Date.parse(upload.expires_at)).toBe(now + 15 * 60_000)
    await put(upload, bytes)
    const { review_expires_at } = await confirm(upload.object_id)
    expect(Date.parse(review_expires_at ?? '')).toBe(now + 72 * 3_600_000)
  })

  test('of metadata keep what was sent', async () => {
    const { client } = world.provider
    const metadata = { year: 2025, final: true, team: 'harbour' }
    const upload = { filename: 'm.txt', content_type: 'text/plain', size_bytes: 5, metadata }
    const { object_id } = await client.objects.upload({ dataset_id: datasetId, ...upload })
    expect((await get(object_id)).metadata).toEqual(metadata)
    const many = Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`key${at}`, 'x']))
    const over = client.objects.upload({ dataset_id: datasetId, ...upload, metadata: many })
    await expect(over).rejects.toMatchObject({ status: 422 })
  })
})

describe('an upload', () => {
  test('with the wrong hash is refused, and its address takes the right bytes afterwards', async () => {
    const upload = await startWithHash()
    const wrong = await put(upload, Buffer.alloc(bytes.length, 'x'))
    expect(wrong.status).toBe(422)
    expect(wrong.body.error?.code).toBe('checksum_mismatch')
    await expect(confirm(upload.object_id)).rejects.toMatchObject({ status: 409 })
    expect((await get(upload.object_id)).upload_state).toBe('pending')
    expect((await put(upload, bytes)).status).toBe(200)
    expect((await confirm(upload.object_id)).checksum_sha256).toBe(sha256Of(bytes))
  })

  test('of fewer or more bytes than announced is refused', async () => {
    const upload = await start()
    for (const content of [bytes.subarray(1), Buffer.concat([bytes, bytes])]) {
      expect((await put(upload, content)).status).toBe(403)
    }
    await expect(confirm(upload.object_id)).rejects.toMatchObject({ status: 409, code: 'conflict' })
  })

  test('that breaks off leaves nothing, and may be sent again', async () => {
    const upload = await start()
    await breakOff(upload.upload_url)
    await expect(confirm(upload.object_id)).rejects.toMatchObject({ status: 409 })
    await until(async () => (await put(upload, bytes)).status === 200)
    expect((await confirm(upload.object_id)).upload_state).toBe('uploaded')
  })

  test('of another type than announced is refused', async () => {
    const upload = await start()
    expect((await put(upload, bytes, 'text/html')).status).toBe(403)
  })

  test('is taken once', async () => {
    const upload = await start()
    expect((await put(upload, bytes)).status).toBe(200)
    const again = await put(upload, Buffer.alloc(bytes.length, 'x'))
    expect(again.status).toBe(409)
    await confirm(upload.object_id)
    expect((await put(upload, bytes)).status).toBe(409)
    expect((await get(upload.object_id)).checksum_sha256).toBe(sha256Of(bytes))
  })

  test('to an address that was changed is refused', async () => {
    const upload = await start()
    for (const [name, value] of [
      ['expires', '9999999999999'],
      ['size', '5'],
      ['type', 'text/html'],
      ['signature', 'x'],
      ['extra', '1'],
    ] as const) {
      const url = new URL(upload.upload_url)
      url.searchParams.set(name, value)
      expect(await put({ upload_url: url.href }, bytes)).toMatchObject(expired)
    }
  })

  test('is over when its address has expired', async () => {
    const upload = await start()
    const late = await start()
    world.clock.forward(15 * 60_000 - 1)
    expect((await put(upload, bytes)).status).toBe(200)
    world.clock.forward(1)
    const refused = await put(late, bytes)
    expect(refused).toMatchObject(expired)
    expect(refused.body.error?.message).toContain('expired')
    // What arrived in time may be confirmed late.
    expect((await confirm(upload.object_id)).upload_state).toBe('uploaded')
    await expect(confirm(late.object_id)).rejects.toMatchObject({ status: 409 })
  })

  test('of nothing, of a path and of no media type is refused at once', async () => {
    const { client } = world.provider
    const good = { filename: 'a.txt', content_type: 'text/plain', size_bytes: 1 }
    const bad = [
      { size_bytes: 0 },
      { size_bytes: -1 },
      { size_bytes: 1.5 },
      { size_bytes: 2 ** 41 },
      { filename: '../a.txt' },
      { filename: 'a/b.txt' },
      { filename: 'a\\b.txt' },
      { filename: '..' },
      { filename: 'a\nb.txt' },
      { filename: 'x'.repeat(256) },
      { content_type: 'text' },
      { content_type: 'text/plain\r\nx: y' },
      { checksum_sha256: 'x' },
    ]
    for (const one of bad) {
      const refused = client.objects.upload({ dataset_id: datasetId, ...good, ...one })
      await expect(refused, JSON.stringify(one)).rejects.toMatchObject({ code: 'invalid_request' })
    }
    const large = client.objects.upload({
      dataset_id: datasetId,
      ...good,
      size_bytes: 5_368_709_121,
    })
    await expect(large).rejects.toMatchObject({ status: 422 })
  })

  test('into a dataset that is being deleted is a conflict', async () => {
    const dataset_id = await newDataset(world.provider)
    const upload = { filename: 'a.txt', content_type: 'text/plain', size_bytes: bytes.length }
    const { client } = world.provider
    const begun = await client.objects.upload({ dataset_id, ...upload })
    await client.datasets.delete({ dataset_id })
    const refused = client.objects.upload({ dataset_id, ...upload })
    await expect(refused).rejects.toMatchObject({ status: 409, code: 'conflict' })
    await put(begun, bytes)
    await expect(confirm(begun.object_id)).rejects.toMatchObject({ status: 404 })
  })
})

/** Announces all bytes, sends some of them and hangs up. */
function breakOff(url: string): Promise<void> {
  return new Promise((resolve) => {
    const outgoing = rawRequest(url, {
      method: 'PUT',
      headers: { 'content-type': 'text/plain', 'content-length': bytes.length },
    })
    outgoing.on('error', () => {})
    outgoing.on('close', () => resolve())
    outgoing.write(bytes.subarray(0, 5), () => setImmediate(() => outgoing.destroy()))
  })
}

describe('confirming', () => {
  test('before anything was uploaded is a conflict', async () => {
    const upload = await start()
    await expect(confirm(upload.object_id)).rejects.toMatchObject({ status: 409, code: 'conflict' })
    expect((await get(upload.object_id)).status).toBe('uploading')
  })

  test('twice answers the same object', async () => {
    const upload = await start()
    await put(upload, bytes)
    const first = await confirm(upload.object_id)
    world.clock.forward(60_000)
    expect(await confirm(upload.object_id)).toEqual(first)
    const { upload_id } = upload
    expect(await world.provider.client.uploads.complete({ upload_id })).toEqual(first)
    const { object_count } = await world.provider.client.datasets.get({ dataset_id: datasetId })
    await confirm(upload.object_id)
    const after = await world.provider.client.datasets.get({ dataset_id: datasetId })
    expect(after.object_count).toBe(object_count)
  })

  test('at the same moment counts once', async () => {
    const dataset_id = await newDataset(world.provider)
    const { client } = world.provider
    const upload = await client.objects.upload({
      dataset_id,
      filename: 'a.txt',
      content_type: 'text/plain',
      size_bytes: bytes.length,
    })
    await put(upload, bytes)
    const all = await Promise.all(Array.from({ length: 5 }, () => confirm(upload.object_id)))
    expect(new Set(all.map((one) => JSON.stringify(one))).size).toBe(1)
    expect(await client.datasets.get({ dataset_id })).toMatchObject({
      object_count: 1,
      pending_review_count: 1,
      storage_bytes: bytes.length,
      status: 'ingesting',
    })
  })
})

describe('cancelling', () => {
  test('ends an upload for good', async () => {
    const { client } = world.provider
    const { object_id, ...upload } = await start()
    expect(await client.objects.cancelUpload({ object_id })).toEqual({ object_id, cancelled: true })
    await expect(get(object_id)).rejects.toMatchObject({ status: 404 })
    await put(upload, bytes)
    await expect(confirm(object_id)).rejects.toMatchObject({ status: 404 })
    await expect(client.objects.cancelUpload({ object_id })).rejects.toMatchObject({ status: 404 })
  })

  test('is too late after the confirmation', async () => {
    const { client } = world.provider
    const { object_id, ...upload } = await start()
    await put(upload, bytes)
    await confirm(object_id)
    const late = client.objects.cancelUpload({ object_id })
    await expect(late).rejects.toMatchObject({ status: 409, code: 'conflict' })
    expect((await get(object_id)).upload_state).toBe('uploaded')
  })
})

describe('the same bytes of two owners', () => {
  test('are nobody else\u2019s business', async () => {
    const { provider, stranger } = world
    const secret = Buffer.from('Only two tenants in the world have these very bytes.')
    const file: File = { filename: 'same.txt', bytes: secret }
    const theirs = await newDataset(stranger)
    const [mine] = await addFiles(world, provider, { datasetId, files: [file] })
    const before = await get(mine ?? '')
    const other = await uploadFile(stranger, theirs, file)
    const seen = await stranger.client.objects.get({ object_id: other })
    // Nothing of the answer tells that the bytes were known: they are uploaded and reviewed like any.
    expect(seen).toMatchObject({ review_state: 'staged', index_state: 'none', decided_at: null })
    expect(await get(mine ?? '')).toEqual(before)
    const detail = await world.operator.client.review.get({
      tenant_id: stranger.tenantId,
      object_id: other,
    })
    expect(detail.data.object_id).toBe(other)
  })

  test('outlive the deletion of one', async () => {
    const { provider, stranger } = world
    const file: File = { filename: 'twin.txt', bytes: Buffer.from('Twins in two tenants.') }
    const mine = await uploadFile(provider, datasetId, file)
    const theirs = await uploadFile(stranger, await newDataset(stranger), file)
    await provider.client.objects.delete({ object_id: mine })
    const { download_url } = await stranger.client.objects.download({ object_id: theirs })
    expect((await send(download_url)).text).toBe('Twins in two tenants.')
  })
})

describe('a file that cannot be read', () => {
  const text = 'A page that nobody may read without the word.'
  const files: [what: string, code: string, file: () => File | Promise<File>][] = [
    ['a PDF that is none', 'type_mismatch', () => textFile('none.pdf', 'This is no PDF.')],
    [
      'a PDF that ends early',
      'corrupt_file',
      async () => ({ filename: 'half.pdf', bytes: (await pdfOf(text)).subarray(0, 300) }),
    ],
    [
      'a PDF under a password',
      'password_protected',
      async () => ({ filename: 'locked.pdf', bytes: await pdfOf(text, 'secret') }),
    ],
    [
      'a DOCX that unpacks to 200 MB',
      'archive_bomb',
      () => ({ filename: 'bomb.docx', bytes: docxBomb(200 * 1024 ** 2) }),
    ],
    [
      'a zip of nothing readable',
      'unsupported_type',
      () => ({
        filename: 'a.zip',
        contentType: 'application/zip',
        bytes: zipOf({ 'a.exe': Buffer.from('MZ') }),
      }),
    ],
    [
      'a picture of 40,000 pixels a side',
      'too_many_pixels',
      () => ({ filename: 'wide.png', bytes: pngOf(40_000) }),
    ],
    [
      'a picture that is damaged',
      'corrupt_file',
      () => ({ filename: 'cut.png', bytes: pngOf(400).subarray(0, 40) }),
    ],
    ['a file of blanks', 'no_text', () => textFile('blank.txt', ' \n\t \n')],
    [
      'a sound',
      'unsupported_type',
      () => ({ filename: 'a.mp3', contentType: 'audio/mpeg', bytes: Buffer.from('ID3 sound') }),
    ],
    [
      'a program',
      'unsupported_type',
      () => ({
        filename: 'a.exe',
        contentType: 'application/octet-stream',
        bytes: Buffer.from('MZ\0\0\0\0\0\0'),
      }),
    ],
  ]

  test.each(files)('fails and says so: %s', { timeout: 90_000 }, async (_, code, make) => {
    const file = await make()
    const objectId = await uploadFile(world.provider, datasetId, file)
    await approve(world, world.provider, objectId)
    const object = await ingested(world.provider, objectId)
    expect(object).toMatchObject({
      status: 'failed',
      index_state: 'failed',
      chunk_count: 0,
      failure: {
        stage: 'extract',
        code,
        message: expect.stringMatching(/^[A-Z].*\.$/),
        attempts: 1,
      },
    })
    // Nothing of this machine.
    expect(object.failure?.message).not.toMatch(/\/tmp|\/work|node_modules|\bat \w+ \(/)
  })

  test('can be tried again by command, and fails with a job that tells it', async () => {
    const { client } = world.provider
    const object_id = await uploadFile(world.provider, datasetId, textFile('again.pdf', 'no PDF'))
    await approve(world, world.provider, object_id)
    await ingested(world.provider, object_id)
    const { job_id } = await client.objects.retry({ object_id })
    await until(async () => (await client.jobs.get({ id: job_id })).status === 'failed')
    expect(await client.jobs.get({ id: job_id })).toMatchObject({
      error: { code: 'type_mismatch' },
      result: null,
    })
    expect((await get(object_id)).index_state).toBe('failed')
    const staged = await uploadFile(world.provider, datasetId, textFile('staged.txt', 'staged'))
    const early = client.objects.retry({ object_id: staged })
    await expect(early).rejects.toMatchObject({ status: 409, code: 'conflict' })
  })
})

describe('a review', () => {
  test('decides once, and a rejected file is never found and cannot be downloaded', async () => {
    const { provider, operator } = world
    const object_id = await uploadFile(provider, datasetId, textFile('no.txt', 'unwanted marker'))
    const one = { tenant_id: provider.tenantId, object_id }
    const item = await operator.client.review.reject({ ...one, reason: 'No rights.' })
    expect(item.data.review_state).toBe('rejected')
    for (const again of [
      () => operator.client.review.approve(one),
      () => operator.client.review.reject({ ...one, reason: 'x' }),
    ]) {
      await expect(again()).rejects.toMatchObject({ status: 409, code: 'conflict' })
    }
    expect(await get(object_id)).toMatchObject({ status: 'rejected', index_state: 'none' })
    const found = await provider.client.search.query({ query: 'unwanted' })
    expect(found.result_count).toBe(0)
  })

  test('that nobody decided in 72 hours is over', async () => {
    const { provider, operator } = world
    const object_id = await uploadFile(provider, datasetId, textFile('late.txt', 'late'))
    world.clock.forward(72 * 3_600_000)
    for (const party of [provider, operator, world.stranger]) await world.logIn(party)
    const late = approve(world, provider, object_id)
    await expect(late).rejects.toMatchObject({ status: 409, code: 'conflict' })
  })

  test('of a hundred objects answers for each', async () => {
    const { provider, operator } = world
    const good = await uploadFile(provider, datasetId, textFile('good.txt', 'good'))
    const decision = { tenant_id: provider.tenantId, decision: 'approve' as const }
    const { data } = await operator.client.review.bulk({
      decisions: [
        { ...decision, object_id: good },
        { ...decision, object_id: 'obj_x' },
        { ...decision, object_id: good },
        { ...decision, object_id: good, decision: 'reject' },
      ],
    })
    expect(data.results.map(({ ok, error }) => (ok ? 'ok' : error?.code))).toEqual([
      'ok',
      'not_found',
      'conflict',
      'invalid_request',
    ])
  })
})

describe('a download', () => {
  test('of the own file is free, an attachment, and the very bytes', async () => {
    const { client } = world.provider
    const object_id = await uploadFile(world.provider, datasetId, {
      filename: 'b\u00e4r "1".html',
      contentType: 'text/html',
      bytes: Buffer.from('<script>alert(1)</script> a page'),
    })
    const download = await client.objects.download({ object_id })
    expect(download).toMatchObject({ charged_amount: 0, currency: 'USD' })
    const { headers, text } = await send(download.download_url)
    expect(text).toBe('<script>alert(1)</script> a page')
    expect(headers.get('content-disposition')).toMatch(/^attachment;.*filename\*=UTF-8''b%C3%A4r/)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toContain('sandbox')
    expect(headers.get('x-request-id')).toMatch(/^req_/)
    const range = await send(download.download_url, { headers: { range: 'bytes=0-6' } })
    expect([range.status, range.text]).toEqual([206, '<script'])
    world.clock.forward(15 * 60_000)
    expect((await send(download.download_url)).status).toBe(403)
  })
})

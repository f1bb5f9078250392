import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { extractedOf, type IngestWorld, openIngestWorld, sectionOf } from './ingest.fixture.ts'
import { drawPages, preview } from './preview.ts'

let world: IngestWorld
beforeAll(async () => {
  world = await openIngestWorld()
})
afterAll(() => world.close())
beforeEach(() => {
  world.extractor.calls = 0
})

const text = 'First paragraph.\n\nSecond paragraph.'

test('shows the text, reads the file once, and an approval goes on from there', async () => {
  const name = await world.upload(text)
  const first = await preview(world.deps, { objectId: name.objectId })
  expect(first).toEqual({
    contentType: 'text/markdown',
    text,
    pages: [{ page: 1 }, { page: 2 }],
    failure: null,
  })
  expect(await preview(world.deps, { objectId: name.objectId })).toEqual(first)
  await world.judge(await world.objectOf(name), 'approved')
  await world.advance(name)
  expect((await world.objectOf(name)).indexState).toBe('embedding')
  expect(world.extractor.calls).toBe(1)
})

test('holds 5,000 units at most, never half a character, and 100 pages', async () => {
  const long = await world.upload(text)
  world.extractor.tell({ ...extractedOf(''), pages: [sectionOf(1, `a${'😀'.repeat(4_000)}`)] })
  for (let time = 0; time < 2; time++) {
    const { text: shown } = await preview(world.deps, long)
    expect(shown).toHaveLength(4_999)
    expect(shown.isWellFormed()).toBe(true)
  }
  const many = await world.upload(text)
  const pages = Array.from({ length: 300 }, (_, index) => sectionOf(index + 1, 'x'))
  world.extractor.tell({ ...extractedOf(''), pages })
  for (let time = 0; time < 2; time++) {
    expect((await preview(world.deps, many)).pages).toHaveLength(100)
  }
})

test('says why a file cannot be read, and keeps nothing', async () => {
  const name = await world.upload(text)
  world.extractor.tell({ kind: 'failed', code: 'password_protected', message: 'It is locked.' })
  expect(await preview(world.deps, name)).toEqual({
    contentType: '',
    text: '',
    pages: [],
    failure: { code: 'password_protected', message: 'It is locked.' },
  })
  expect(await world.runOf(name)).toBeUndefined()
})

test('keeps no text of an object that was refused while the file was read', async () => {
  const name = await world.upload(text)
  world.extractor.tell(async () => {
    await world.judge(await world.objectOf(name), 'rejected')
    return extractedOf(text)
  })
  expect((await preview(world.deps, name)).text).toBe(text)
  expect(await world.pagesOf(name)).toEqual([])
})

test('ends with the signal of its caller', async () => {
  const name = await world.upload(text)
  const stop = new AbortController()
  world.extractor.tell((signal) => {
    stop.abort(new Error('enough'))
    return Promise.reject(signal.reason)
  })
  await expect(preview(world.deps, name, stop.signal)).rejects.toThrow('enough')
})

test('draws a file that may have page images, and starts no child for what was read as text', async () => {
  const name = await world.upload(text)
  const { signal } = new AbortController()
  expect(await drawPages(world.deps, name, signal)).toEqual([{ page: 1, jpeg: Buffer.from(text) }])
  await preview(world.deps, name)
  expect(await drawPages(world.deps, name, signal)).toEqual([])
  for (const contentType of ['application/pdf', 'image/tiff']) {
    const looking = await world.upload(text)
    world.extractor.tell({ ...extractedOf(text), contentType })
    await preview(world.deps, looking)
    expect(await drawPages(world.deps, looking, signal)).toHaveLength(1)
  }
})

test('of nothing is not_found', async () => {
  const nothing = { objectId: 'obj_nothing', tenantId: 'tnt_nobody' } as const
  await expect(drawPages(world.deps, nothing, new AbortController().signal)).rejects.toMatchObject({
    code: 'not_found',
  })
  await expect(preview(world.deps, { objectId: 'obj_nothing' })).rejects.toMatchObject({
    code: 'not_found',
  })
})

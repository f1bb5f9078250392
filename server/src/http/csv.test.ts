import type { Readable } from 'node:stream'
import { listing } from '@ipto/contract/operation.ts'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Failure } from '../base/errors.ts'
import type { Page, Position } from '../base/page.ts'
import { exportOf, streamOf } from './export.ts'

const op = listing({
  id: 'things.list',
  method: 'GET',
  path: '/v1/things',
  tag: 'Things',
  summary: 'Things',
  input: z.strictObject({}),
  output: z.strictObject({
    name: z.string().nullable(),
    count: z.number(),
    isDone: z.boolean(),
    inputs: z.strictObject({ base: z.number().nullable() }),
  }),
  media: 'csv',
})
const row = (name: string | null, count = 1) => ({
  inputs: { base: null },
  isDone: true,
  count,
  name,
})
const live = async () => {}

async function textOf(stream: Readable): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += chunk
  return text
}
const csvOf = (
  pageAfter: (after: Position | null) => Promise<Page<unknown>>,
  flow: { after: Position | null; requireLive: () => Promise<void> },
) => {
  const format = exportOf(op, 'text/csv')
  if (!format) throw new Error('the list answers CSV')
  return streamOf(format, pageAfter, flow)
}
const csvOfRows = async (...rows: unknown[]) =>
  textOf(await csvOf(async () => pageOf(rows), { after: null, requireLive: live }))
const pageOf = (items: unknown[], next: Position | null = null): Page<unknown> => ({
  items,
  next,
  total: null,
})

const heading = 'name,count,isDone,inputs\r\n'
const rest = ',1,true,"{""base"":null}"\r\n'

test('has the fields of an item as columns, in their order, whatever the order of an item', async () => {
  expect(await csvOfRows(row('a'))).toBe(`${heading}a${rest}`)
  expect(await csvOfRows()).toBe(heading)
})

test('leaves a cell without a value empty, and keeps numbers as they are', async () => {
  expect(await csvOfRows(row(null, -0.000001))).toContain('\r\n,-0.000001,true,')
  expect(await csvOfRows(row('x', 1e-6))).toContain('x,0.000001,')
})

test.each([
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', "'\t=1"],
  ['\r=1', '"\'\r=1"'],
  ['=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'],
  ['a=1', 'a=1'],
  ["'quoted", "'quoted"],
])('lets no spreadsheet take %j for a formula', async (name, cell) => {
  expect(await csvOfRows(row(name))).toBe(`${heading}${cell}${rest}`)
})

test.each([
  ['say "hi"', '"say ""hi"""'],
  ['a,b', '"a,b"'],
  ['a\r\nb', '"a\r\nb"'],
  ['a\nb', '"a\nb"'],
  ['a\rb', '"a\rb"'],
  ['ä 😀', 'ä 😀'],
])('quotes %j so that it stays one cell', async (name, cell) => {
  expect(await csvOfRows(row(name))).toBe(`${heading}${cell}${rest}`)
})

/** So many pages with one row each; tells which were read. */
function pagesOf(count: number) {
  const read: number[] = []
  return {
    read,
    pageAfter: async (after: Position | null) => {
      const page = after ? Number(after[0]) : 0
      read.push(page)
      return pageOf([row(`page ${page}`)], page + 1 < count ? [page + 1] : null)
    },
  }
}

test('goes on page after page, from where the cursor stands, under one heading', async () => {
  const { pageAfter } = pagesOf(5)
  const lines = (await textOf(await csvOf(pageAfter, { after: [2], requireLive: live }))).split(
    '\r\n',
  )
  expect(lines.map((line) => line.split(',')[0])).toEqual([
    'name',
    'page 2',
    'page 3',
    'page 4',
    '',
  ])
})

test('reads no further than it is asked to, and stops when nobody reads any more', async () => {
  const { pageAfter, read } = pagesOf(1_000_000)
  const stream = await csvOf(pageAfter, { after: null, requireLive: live })
  expect(read).toEqual([0])
  for await (const chunk of stream) if (String(chunk).includes('page 3')) break
  expect(stream.destroyed).toBe(true)
  const before = read.length
  expect(before).toBeLessThan(10)
  await new Promise((resolve) => setImmediate(resolve))
  expect(read).toHaveLength(before)
})

test('a mistake on the first page is an error answer, and nothing was sent', async () => {
  const wrong = async () => {
    throw new Failure('not_found', 'no')
  }
  await expect(csvOf(wrong, { after: null, requireLive: live })).rejects.toThrow('no')
})

test('breaks off when the credential is revoked between two pages', async () => {
  const { pageAfter, read } = pagesOf(10)
  const requireLive = async () => {
    if (read.length > 2) throw new Failure('unauthorized', 'revoked')
  }
  const stream = await csvOf(pageAfter, { after: null, requireLive })
  let text = ''
  const reading = (async () => {
    for await (const chunk of stream) text += chunk
  })()
  await expect(reading).rejects.toThrow('revoked')
  expect(text).toContain('page 1')
  expect(text).not.toContain('page 2')
})

test.each([
  ['text/csv', true],
  ['TEXT/CSV; charset=utf-8', true],
  ['text/csv, application/json;q=0.5', true],
  ['application/json, text/csv', false],
  ['text/csvx', false],
  ['*/*', false],
  [undefined, false],
])('Accept: %s', (accept, wants) => {
  expect(exportOf(op, accept) !== undefined).toBe(wants)
})

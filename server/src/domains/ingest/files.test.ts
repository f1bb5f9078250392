// Real files through the real extractor: what is found in a passage must be in the page that it names.
import PDFDocument from 'pdfkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openExtractor } from '../../adapters/extractor/open.ts'
import { advance } from './advance.ts'
import type { Extractor } from './extractor.ts'
import { type IngestWorld, openIngestWorld } from './ingest.fixture.ts'
import { preview } from './preview.ts'
import type { ObjectName } from './store.ts'

const limits = {
  timeoutMs: 60_000,
  memoryBytesMax: 1_024 ** 3,
  pagesMax: 2_000,
  textUnitsMax: 20_000_000,
  pixelsMax: 50_000_000,
}

let world: IngestWorld
let extractor: Extractor
beforeAll(async () => {
  world = await openIngestWorld()
  extractor = await openExtractor({ limits, isolate: true })
})
afterAll(async () => {
  await extractor.close()
  await world.close()
})

const ingest = async (name: ObjectName) => {
  for (let time = 0; time < 2; time++) {
    await advance({ ...world.deps, extractor }, name, world.run())
  }
  return world.chunksOf(name)
}

/** A PDF of one text a page, in bytes that are all ASCII, so that it can travel as a string. */
function pdfOf(pages: readonly string[]): Promise<string> {
  const pdf = new PDFDocument({ compress: false, info: { Title: 'Annual report' } })
  const parts: Buffer[] = []
  pdf.on('data', (part: Buffer) => parts.push(part))
  for (const [index, text] of pages.entries()) {
    if (index > 0) pdf.addPage()
    pdf.text(text)
  }
  pdf.end()
  return new Promise((resolve) => {
    pdf.on('end', () => {
      resolve(
        Buffer.concat(parts)
          .toString('latin1')
          .replace(/[\x80-\xff]/g, '.'),
      )
    })
  })
}

describe('a real file', () => {
  test('of plain text is found by its sections', async () => {
    const body = 'The tenant pays 900 euros on the first of the month. The deposit is three rents.'
    const chunks = await ingest(await world.approve(body))
    expect(chunks.map((chunk) => chunk.text).join(' ')).toContain('three rents')
    expect(chunks[0]?.locator).toMatchObject({ kind: 'section' })
    expect(chunks[0]).toMatchObject({ modality: 'document', language: 'en' })
  })

  test('of comma-separated values is found by its rows', async () => {
    const body = 'invoice,amount,city\n7,900,Bonn\n8,120,Essen\n9,77,Köln\n'
    const change = { filename: 'invoices.csv', contentType: 'text/csv' }
    const name = await world.approve(body, change)
    const chunks = await ingest(name)
    const essen = chunks.find((chunk) => chunk.text.includes('Essen'))
    expect(essen).toMatchObject({ modality: 'records', mime: 'text/csv', title: 'invoices' })
    expect(essen?.locator).toMatchObject({ kind: 'record', columns: ['invoice', 'amount', 'city'] })
    expect((await world.objectOf(name)).pageCount).toBeNull()
  })

  test('of PDF pages gives spans that cut the passage out of its page', async () => {
    const body = await pdfOf([
      'The first page tells of rents.',
      'The second page tells of deposits.',
    ])
    const change = { filename: 'report.pdf', contentType: 'application/pdf' }
    const name = await world.approve(body, change)
    const chunks = await ingest(name)
    const pages = await world.pagesOf(name)
    for (const { text, locator } of chunks) {
      const page = pages.find((one) => one.number === locator.page)
      expect(page?.text.slice(Number(locator.start), Number(locator.end))).toBe(text)
    }
    expect(chunks.map((chunk) => chunk.locator.page)).toEqual([1, 2])
    expect(await world.objectOf(name)).toMatchObject({ title: 'Annual report', pageCount: 2 })
  })

  test('that is broken fails with the cause, and its preview tells it', async () => {
    const body = `${(await pdfOf(['Lost.'])).slice(0, 300)} and no more`
    const change = { filename: 'broken.pdf', contentType: 'application/pdf' }
    const name = await world.upload(body, change)
    const { failure } = await preview({ ...world.deps, extractor }, name)
    expect(failure?.code).toBe('corrupt_file')
    await world.judge(await world.objectOf(name), 'approved')
    expect(await ingest(name)).toEqual([])
    expect((await world.objectOf(name)).failure).toMatchObject({
      stage: 'extract',
      code: 'corrupt_file',
      attempts: 1,
    })
  })
})

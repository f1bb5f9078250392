// Real documents with known answers: invoices, a quarterly report, receipts, scans, office files.
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chunkPages } from '../../domains/ingest/chunk.ts'
import type { Extractor } from '../../domains/ingest/extractor.ts'
import { pagesOf } from './extractor.suite.ts'
import { openExtractor } from './open.ts'
import { outsideFolder } from './outside.fixture.ts'

const { folder, isMissing } = outsideFolder('media')
const fileNames = (name: string, ending: string) =>
  isMissing ? [] : readdirSync(join(folder, name)).filter((file) => file.endsWith(ending))

const limits = {
  timeoutMs: 60_000,
  memoryBytesMax: 1_073_741_824,
  pagesMax: 2_000,
  textUnitsMax: 20_000_000,
  pixelsMax: 50_000_000,
}

const wordsOf = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []

/** Share of the wanted words, with their number, that were read. */
function recall(read: string, wanted: string): number {
  const counts = new Map<string, number>()
  for (const word of wordsOf(read)) counts.set(word, (counts.get(word) ?? 0) + 1)
  const words = wordsOf(wanted)
  const found = words.filter((word) => {
    const left = counts.get(word) ?? 0
    counts.set(word, left - 1)
    return left > 0
  })
  return found.length / words.length
}

describe.skipIf(isMissing)(
  `real documents (skipped where ${folder} is missing)`,
  { timeout: 120_000 },
  () => {
    let extractor: Extractor
    beforeAll(async () => {
      extractor = await openExtractor({ limits, workers: 1, isolate: true })
    })
    afterAll(() => extractor.close())

    async function read(file: string) {
      const path = join(folder, file)
      const request = { path, contentType: '', filename: basename(file) }
      const result = pagesOf(await extractor.extract(request, new AbortController().signal))
      return { ...result, text: result.pages.map((page) => page.text).join('\n') }
    }

    test.each(fileNames('invoices', '.pdf'))('%s holds the number of the invoice', async (name) => {
      const path = join(folder, 'invoices', name.replace(/pdf$/, 'json'))
      const [answer] = JSON.parse(readFileSync(path, 'utf8'))
      const { text, pages } = await read(`invoices/${name}`)
      expect(text.replace(/\s/g, '')).toContain(String(answer.invoice_number))
      expect(pages[0]?.kind).toBe('page')
    })

    test('a quarterly report of 28 pages is cut into passages that lead back to their pages', async () => {
      const { pages, language } = await read('reports-10q/2022_Q3_AAPL.pdf')
      expect([pages.length, language]).toEqual([28, 'en'])
      const drafts = chunkPages(pages)
      expect(drafts.length).toBeGreaterThan(40)
      for (const { locator, text } of drafts) {
        if (locator.kind !== 'page') throw new Error('a page of text became something else')
        expect(pages[locator.page - 1]?.text.slice(locator.start, locator.end)).toBe(text)
      }
    })

    test.each(['007', '414'])(
      'receipt %s is read as well as the reference reads it',
      async (id) => {
        const { text, pages } = await read(`receipts/img/${id}.jpg`)
        expect(
          recall(text, readFileSync(join(folder, `receipts/text/${id}.txt`), 'utf8')),
        ).toBeGreaterThan(0.75)
        for (const { start, end } of pages[0]?.boxes ?? [])
          expect(text.slice(start, end)).toMatch(/^\S+$/)
      },
    )

    test.each(['phototest.tif', 'phototest-rotated-180.png'])('%s is read whole', async (name) => {
      const gold = readFileSync(join(folder, 'scans/tesseract/phototest.gold.txt'), 'utf8')
      expect(recall((await read(`scans/tesseract/${name}`)).text, gold)).toBeGreaterThan(0.98)
    })

    test('a scanned PDF page is read through its picture', async () => {
      const { text, pages } = await read('scans/docling/ocr_test.pdf')
      const gold = readFileSync(join(folder, 'scans/docling/ocr_test.txt'), 'utf8')
      expect(pages.map((page) => page.kind)).toEqual(['box'])
      expect(recall(text, gold)).toBeGreaterThan(0.9)
    })

    test.each(['lorem_ipsum', 'tablecell', 'unit_test_headers'])(
      '%s.docx is read whole',
      async (name) => {
        const gold = readFileSync(join(folder, `office/expected/docx/${name}.docx.md`), 'utf8')
        const { text } = await read(`office/docx/${name}.docx`)
        expect(recall(text, gold)).toBeGreaterThan(0.95)
      },
    )

    test.each(['comma', 'pipe', 'semicolon', 'tab', 'single-column'])(
      'csv-%s.csv gives records under its header',
      async (name) => {
        const { pages } = await read(`office/csv/csv-${name}.csv`)
        const [header = ''] = readFileSync(
          join(folder, `office/csv/csv-${name}.csv`),
          'utf8',
        ).split(/\r?\n/)
        expect(pages.every((page) => page.kind === 'record')).toBe(true)
        for (const column of pages[0]?.columns ?? ['none']) expect(header).toContain(column)
      },
    )
  },
)

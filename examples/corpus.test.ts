import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import { createCanvas, loadImage } from '@napi-rs/canvas'
import { stemmer } from 'stemmer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CorpusFile, corpusQuestion, corpusSources } from './corpus-source/contents.ts'
import { lineCents, totalsOf } from './corpus-source/invoice.ts'
import { formatCents } from './corpus-source/money.ts'
import { purchases } from './corpus-source/purchases.ts'
import { receiptLines } from './corpus-source/receipt.ts'
import { quarters, resultsOf, sum } from './corpus-source/report-figures.ts'
import { sales } from './corpus-source/sales.ts'
import { scannedInvoice } from './corpus-source/scanned-invoice.ts'
import { corpusFolder, makeCorpus } from './make-corpus.ts'

const corpusBytesMax = 2 * 1024 ** 2
const manifest: { files: CorpusFile[] } = JSON.parse(read('manifest.json').toString())
let made = ''

beforeAll(async () => {
  made = mkdtempSync(join(tmpdir(), 'ipto-corpus-'))
  await makeCorpus(made)
})
afterAll(() => rmSync(made, { recursive: true, force: true }))

function read(path: string, folder = corpusFolder): Buffer {
  return readFileSync(join(folder, path))
}

/** The text of each page. pdfkit leaves its streams plain here, and writes text as hex in WinAnsi. */
function pagesOf(pdf: Buffer): string[] {
  const streams = pdf.toString('latin1').matchAll(/stream\n(.*?)\nendstream/gs)
  return [...streams].flatMap(([, body = '']) => {
    if (!body.includes(' TJ')) return []
    const lines = [...body.matchAll(/\[([^\]]*)\] TJ/g)].map(([, parts = '']) => {
      const hex = [...parts.matchAll(/<([0-9a-f]*)>/g)].map(([, digits = '']) => digits).join('')
      return new TextDecoder('windows-1252').decode(Buffer.from(hex, 'hex'))
    })
    return [lines.join('\n')]
  })
}

/** One file of a zip, by its entry in the central directory. */
function unzip(zip: Buffer, wanted: string): string {
  let at = zip.readUInt32LE(zip.length - 6)
  while (zip.readUInt32LE(at) === 0x02014b50) {
    const [nameBytes, extra, comment] = [28, 30, 32].map((field) => zip.readUInt16LE(at + field))
    const name = zip.toString('utf8', at + 46, at + 46 + (nameBytes ?? 0))
    if (name === wanted) {
      const from = zip.readUInt32LE(at + 42)
      const body = from + 30 + zip.readUInt16LE(from + 26) + zip.readUInt16LE(from + 28)
      return inflateRawSync(zip.subarray(body, body + zip.readUInt32LE(at + 20))).toString()
    }
    at += 46 + (nameBytes ?? 0) + (extra ?? 0) + (comment ?? 0)
  }
  throw new Error(`${wanted} is not in the zip`)
}

const withoutTags = (text: string) =>
  text.replace(/<style.*?<\/style>/gs, '').replace(/<[^>]*>/g, ' ')

/** What a search may find, cut as finely as it could be: pages, rows, records. */
function passagesOf(path: string): string[] {
  const bytes = read(path)
  const text = bytes.toString()
  if (path.endsWith('.pdf')) return pagesOf(bytes)
  if (path.endsWith('.docx')) return [withoutTags(unzip(bytes, 'word/document.xml'))]
  if (path.endsWith('.html')) return text.split('<h2').map(withoutTags)
  if (path.endsWith('.json'))
    return JSON.parse(text).map((record: object) => JSON.stringify(record))
  if (path.endsWith('.csv')) {
    const [head, ...rows] = text.trim().split('\r\n')
    return rows.map((row) => `${head} ${row}`)
  }
  return []
}

interface Passage {
  path: string
  page: number
  words: string[]
}

/** BM25 (k1 1.2, b 0.75) of each passage, best first, with `form` applied to words. */
function rank(question: string, form: (word: string) => string): (Passage & { score: number })[] {
  const wordsOf = (text: string) => (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).map(form)
  const passages = manifest.files
    .filter((file) => !file.rejected)
    .flatMap(({ path }) =>
      passagesOf(path).map((text, index) => ({ path, page: index + 1, words: wordsOf(text) })),
    )
  const length = sum(passages.map(({ words }) => words.length)) / passages.length
  const terms = wordsOf(question).map((term) => {
    const df = passages.filter(({ words }) => words.includes(term)).length
    return { term, idf: Math.log(1 + (passages.length - df + 0.5) / (df + 0.5)) }
  })
  const scored = passages.map((passage) => {
    const norm = 1.2 * (0.25 + (0.75 * passage.words.length) / length)
    const parts = terms.map(({ term, idf }) => {
      const tf = passage.words.filter((word) => word === term).length
      return (idf * tf * 2.2) / (tf + norm)
    })
    return { ...passage, score: sum(parts) }
  })
  return scored.sort((one, other) => other.score - one.score)
}

describe('the sample corpus', () => {
  test('holds exactly the files of its list, and stays under 2 MiB', () => {
    const found = readdirSync(corpusFolder, { recursive: true, encoding: 'utf8' })
      .map((path) => path.replaceAll('\\', '/'))
      .filter((path) => statSync(join(corpusFolder, path)).isFile())
    expect(found.sort()).toEqual([...corpusSources.map(({ path }) => path), 'manifest.json'].sort())
    const sizes = found.map((path) => statSync(join(corpusFolder, path)).size)
    expect(sum(sizes)).toBeLessThan(corpusBytesMax)
  })

  // Curves are drawn with the floating point of the processor, so scans are compared as pictures.
  test.each(corpusSources.filter(({ isScanned }) => !isScanned).map(({ path }) => path))(
    '%s comes out of the script byte for byte',
    (path) => {
      expect(read(path, made).equals(read(path))).toBe(true)
    },
  )

  test('the manifest comes out of the script byte for byte', () => {
    expect(read('manifest.json', made).toString()).toBe(read('manifest.json').toString())
  })

  test('a second run on the same machine gives the same scans', async () => {
    for (const { path, render } of corpusSources.filter(({ isScanned }) => isScanned)) {
      expect((await render()).equals(read(path, made)), path).toBe(true)
    }
  })

  test('the scans show what the script draws', async () => {
    for (const { path } of corpusSources.filter(({ isScanned }) => isScanned)) {
      const [fresh, kept] = await Promise.all([greysOf(read(path, made)), greysOf(read(path))])
      expect(fresh.length, path).toBe(kept.length)
      const apart = fresh.map((grey, index) => Math.abs(grey - (kept[index] ?? 0)))
      expect(sum([...apart]) / apart.length, path).toBeLessThan(2)
    }
  })

  test('each file begins as its media type says', () => {
    const starts: Record<string, string> = {
      'application/pdf': '%PDF-1.',
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'PK\x03\x04',
      'text/html': '<!doctype html>',
      'image/png': '\x89PNG\r\n\x1a\n',
      'text/csv': 'order_id,',
      'application/json': '[',
    }
    for (const { path, contentType } of manifest.files) {
      const start = starts[contentType] ?? 'a media type of the list'
      expect(read(path).toString('latin1').startsWith(start), path).toBe(true)
    }
  })

  test('each PDF has the pages that the manifest promises, with text unless it is a scan', () => {
    for (const { path, pages, isScanned } of manifest.files) {
      if (!path.endsWith('.pdf')) continue
      const bytes = read(path)
      expect(bytes.toString('latin1').match(/\/Type \/Page\n/g), path).toHaveLength(pages ?? 0)
      expect(pagesOf(bytes), path).toHaveLength(isScanned ? 0 : (pages ?? 0))
    }
  })

  test('exactly one file is to be rejected, and it shows a bank account and an e-mail', () => {
    const [rejected, ...others] = manifest.files.filter((file) => file.rejected)
    expect(others).toEqual([])
    expect(rejected?.reason).toContain('Personal data')
    const text = pagesOf(read(rejected?.path ?? '')).join('\n')
    expect(text).toContain('IBAN DE89 3704 0044 0532 0130 00')
    expect(text).toContain('jonas.wetterling@mail.example')
  })
})

/** The greys of a PNG, or of the one JPEG inside a scanned PDF. */
async function greysOf(file: Buffer): Promise<Uint8ClampedArray> {
  const start = file.indexOf(Buffer.from([0xff, 0xd8, 0xff]))
  const isPdf = file.subarray(0, 5).toString() === '%PDF-'
  const image = await loadImage(
    isPdf ? file.subarray(start, file.indexOf('endstream', start)) : file,
  )
  const context = createCanvas(image.width, image.height).getContext('2d')
  context.drawImage(image, 0, 0)
  return context.getImageData(0, 0, image.width, image.height).data.filter((_, at) => at % 4 === 0)
}

describe('the figures of the sample corpus', () => {
  const invoices = [...sales, ...purchases]

  test.each([...invoices, scannedInvoice].map((invoice) => [invoice.number, invoice] as const))(
    'net, VAT and total of invoice %s add up',
    (_, { lines }) => {
      const { netCents, vat, vatCents, grossCents } = totalsOf(lines)
      expect(netCents).toBe(sum(lines.map(lineCents)))
      for (const part of vat) {
        expect(Math.abs(part.vatCents - (part.netCents * part.ratePercent) / 100)).toBeLessThan(
          0.51,
        )
      }
      expect(vatCents).toBe(sum(vat.map((part) => part.vatCents)))
      expect(grossCents).toBe(netCents + vatCents)
    },
  )

  test('each invoice prints its sums', () => {
    for (const { file, lines, numberStyle } of invoices) {
      const text = pagesOf(read(`invoices/${file}`)).join('\n')
      const { netCents, vatCents, vat, grossCents } = totalsOf(lines)
      const sums = [netCents, ...vat.map((part) => part.vatCents), grossCents]
      for (const cents of sums) expect(text, file).toContain(formatCents(cents, numberStyle))
      if (vat.length === 1) expect(vat[0]?.vatCents).toBe(vatCents)
    }
  })

  test('the rates of 7, 19 and 20 % all occur', () => {
    const lines = [...invoices.flatMap((invoice) => invoice.lines), ...receiptLines]
    expect(new Set(lines.map(({ ratePercent }) => ratePercent))).toEqual(new Set([7, 19, 20]))
  })

  test('a report names the same revenue by segment and by region, and carries its cash on', () => {
    for (const [index, quarter] of quarters.entries()) {
      const regions = sum(quarter.regions.map(({ revenue }) => revenue))
      expect(regions, quarter.name).toBe(resultsOf(quarter).revenue)
      const { opening, operating, investing, financing } = quarter.cash
      const next = quarters[index + 1]
      if (next) expect(next.cash.opening).toBe(opening + operating + investing + financing)
    }
  })

  test('each order of the records is net plus tax', () => {
    const [head = '', ...rows] = read('records/orders-2025.csv').toString().trim().split('\r\n')
    const columns = head.split(',')
    expect(rows).toHaveLength(60)
    for (const row of rows) {
      const cells = row.replace(/"[^"]*"/, 'quoted').split(',')
      expect(cells).toHaveLength(columns.length)
      const [net = 0, tax = 0, gross] = ['net_amount', 'tax_amount', 'gross_amount'].map((name) =>
        Math.round(100 * Number(cells[columns.indexOf(name)])),
      )
      expect(gross).toBe(net + tax)
    }
  })
})

describe("the demo's question", () => {
  test.each([
    ['as written', (word: string) => word],
    ['stemmed', stemmer],
  ])('finds the disputed page of the Acme invoice far ahead, words %s', (_, form) => {
    const [best, second] = rank(corpusQuestion.text, form)
    expect(best).toMatchObject({ path: corpusQuestion.path, page: corpusQuestion.page })
    expect(best?.score).toBeGreaterThan(1.25 * (second?.score ?? 0))
  })

  test('shares its words with other documents', () => {
    const ranked = rank(corpusQuestion.text, stemmer).filter(({ score }) => score > 0)
    expect(new Set(ranked.map(({ path }) => path)).size).toBeGreaterThan(8)
    expect(ranked.slice(0, 5).some(({ path }) => path !== corpusQuestion.path)).toBe(true)
  })
})

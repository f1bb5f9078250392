// What every extractor must do, through its port: read what it says it reads, refuse the rest with a
// code, draw pages, and answer for any bytes.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { Document, HeadingLevel, Packer, Paragraph } from 'docx'
import PdfDocument from 'pdfkit'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Extractor,
  type ExtractResult,
  imageBytesMax,
  type PageImage,
} from '../../domains/ingest/extractor.ts'

const docxType = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
const prose = 'The warehouse in Leipzig stores four hundred and twelve pallets of printed paper.'

export function testExtractor(open: () => Promise<Extractor>): void {
  let extractor: Extractor
  let folder: string
  let fileNumber = 0
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ipto-extract-'))
    extractor = await open()
  })
  afterAll(async () => {
    await extractor.close()
    await rm(folder, { recursive: true })
  })

  async function write(bytes: string | Uint8Array): Promise<string> {
    fileNumber += 1
    const path = join(folder, String(fileNumber))
    await writeFile(path, bytes)
    return path
  }

  async function extract(bytes: string | Uint8Array, contentType: string, filename = 'file') {
    const request = { path: await write(bytes), contentType, filename }
    return extractor.extract(request, new AbortController().signal)
  }

  async function draw(bytes: string | Uint8Array, contentType: string) {
    const request = { path: await write(bytes), contentType, filename: 'file' }
    return extractor.draw(request, new AbortController().signal)
  }

  describe('text', () => {
    test('plain text is one section in canonical form, with its language', async () => {
      const text = `\uFEFF${prose}\r\nCafe\u0301 \0 \r\n\r\n\r\n\r\nend  `
      const read = pagesOf(await extract(text, 'text/plain'))
      expect(read.language).toBe('en')
      expect(read.pages).toMatchObject([{ kind: 'section', number: 1, path: [] }])
      expect(read.pages[0]?.text).toBe(`${prose}\nCafé\n\nend`)
    })

    test('markup in a plain text is text', async () => {
      const read = pagesOf(await extract('<html><script>1</script>', 'text/plain', 'a.txt'))
      expect(read).toMatchObject({ contentType: 'text/plain', title: null })
      expect(read.pages[0]?.text).toBe('<html><script>1</script>')
    })

    test('UTF-16 and Windows-1252 are read', async () => {
      const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('Zürich', 'utf16le')])
      expect(pagesOf(await extract(utf16, 'text/plain')).pages[0]?.text).toBe('Zürich')
      const legacy = Buffer.from('Müller zahlt 5 \x80', 'latin1')
      expect(pagesOf(await extract(legacy, 'text/plain')).pages[0]?.text).toBe('Müller zahlt 5 €')
    })

    test('Markdown gives sections with their trail; a repeated trail gets a number', async () => {
      const text = '# Plan\n\nintro\n\n## Cost\n\n```\n# no heading\n```\n\n## Cost\n\nmore\n'
      const read = pagesOf(await extract(text, 'text/plain', 'plan.md'))
      expect(read).toMatchObject({ contentType: 'text/markdown', title: 'Plan' })
      expect(read.pages.map((page) => page.path)).toEqual([
        ['Plan'],
        ['Plan', 'Cost'],
        ['Plan', 'Cost (2)'],
      ])
      expect(read.pages[1]?.text).toContain('# no heading')
    })

    test('HTML gives its visible text by headings, without scripts and styles', async () => {
      const html =
        '<!doctype html><title>Report</title><style>p{}</style><h1>One</h1><p>a <b>b</b>c</p>' +
        '<script>evil()</script><h2>Two</h2><table><tr><td>x</td><td>y</td></tr></table>'
      const read = pagesOf(await extract(html, 'application/octet-stream'))
      expect(read).toMatchObject({ contentType: 'text/html', title: 'Report' })
      expect(read.pages.map(({ path, text }) => [path, text])).toEqual([
        [['One'], 'One\n\na bc'],
        [['One', 'Two'], 'Two\n\nx | y'],
      ])
    })
  })

  describe('records', () => {
    test('CSV gives a record for each row, with the columns that have a value', async () => {
      const read = pagesOf(
        await extract('name;city;note\nAda;Köln;\n"B;c";Malmö;"x\ny"', 'text/csv'),
      )
      expect(read.pages).toMatchObject([
        { kind: 'record', number: 1, columns: ['name', 'city'], text: 'name: Ada\ncity: Köln' },
        { kind: 'record', number: 2, text: 'name: B;c\ncity: Malmö\nnote: x\ny' },
      ])
    })

    test('CSV without a header numbers its columns', async () => {
      const read = pagesOf(await extract('1,2\n3,4\n', 'text/csv'))
      expect(read.pages[1]?.text).toBe('column 1: 3\ncolumn 2: 4')
    })

    test('JSON gives a record for each object, and numbers keep their digits', async () => {
      const json =
        '{"items":[{"id":12345678901234567890,"price":10.50,"to":{"city":"Kiel"}}],"n":1}'
      const read = pagesOf(await extract(json, 'application/json'))
      expect(read.pages.map((page) => page.text)).toEqual([
        'id: 12345678901234567890\nprice: 10.50\nto.city: Kiel',
        'n: 1',
      ])
      expect(read.pages[0]?.columns).toEqual(['id', 'price', 'to.city'])
    })

    test('NDJSON gives a record for each line; a broken line refuses the file', async () => {
      const read = pagesOf(await extract('{"a":1}\n{"a":["x","y"]}\n', 'application/x-ndjson'))
      expect(read.pages.map((page) => page.text)).toEqual(['a: 1', 'a: x, y'])
      expect(codeOf(await extract('{"a":1}\n{"a":', 'application/x-ndjson'))).toBe('corrupt_file')
    })
  })

  describe('documents', { timeout: 120_000 }, () => {
    test('a PDF gives its pages, and its title', async () => {
      const bytes = await pdfOf(['First page. ', 'Second page. '].map((it) => it + prose))
      const read = pagesOf(await extract(bytes, 'application/pdf'))
      expect(read).toMatchObject({ contentType: 'application/pdf', title: 'Stock list' })
      expect(read.pages).toMatchObject([
        { kind: 'page', number: 1 },
        { kind: 'page', number: 2 },
      ])
      expect(read.pages[1]?.text.replace(/\s+/g, ' ')).toBe(`Second page. ${prose}`)
    })

    test('a PDF that wants a password says so', async () => {
      const bytes = await pdfOf([prose], 'secret')
      expect(codeOf(await extract(bytes, 'application/pdf'))).toBe('password_protected')
    })

    test('a scanned page and an image give words with their places', async () => {
      const image = await pictureOf('SHIPMENT 4711 LEFT HAMBURG')
      const read = pagesOf(await extract(image, 'image/png'))
      const [page] = read.pages
      expect(page).toMatchObject({ kind: 'box', number: 1, text: 'SHIPMENT 4711 LEFT HAMBURG' })
      const box = page?.boxes[1]
      expect(page?.text.slice(box?.start, box?.end)).toBe('4711')
      expect(box?.x).toBeGreaterThan(0.2)
      expect(box?.x).toBeLessThan(0.5)

      const scan = await pdfOf([image])
      const scanned = pagesOf(await extract(scan, 'application/pdf')).pages[0]
      expect(scanned).toMatchObject({ kind: 'box', text: 'SHIPMENT 4711 LEFT HAMBURG' })
    })

    test('a picture that lies on its side is read, with places over it as it lies', async () => {
      const upright = await pictureOf('SHIPMENT 4711 LEFT HAMBURG')
      const turned = await sharp(upright).rotate(90).png().toBuffer()
      const [page] = pagesOf(await extract(turned, 'image/png')).pages
      expect(page?.text).toBe('SHIPMENT 4711 LEFT HAMBURG')
      const [first] = page?.boxes ?? []
      expect(first?.height).toBeGreaterThan(first?.width ?? 1)
      expect(first?.y).toBeLessThan(0.2)
    })

    test('a DOCX gives sections by its headings', async () => {
      const children = [
        new Paragraph({ text: 'Stock', heading: HeadingLevel.HEADING_1 }),
        new Paragraph(prose),
      ]
      const bytes = await Packer.toBuffer(new Document({ title: 'List', sections: [{ children }] }))
      const read = pagesOf(await extract(bytes, docxType))
      expect(read).toMatchObject({ contentType: docxType, title: 'List' })
      expect(read.pages).toMatchObject([{ kind: 'section', path: ['Stock'] }])
      expect(read.pages[0]?.text).toBe(`Stock\n\n${prose}`)
    })
  })

  describe('page images', { timeout: 120_000 }, () => {
    test('the first ten pages of a PDF are drawn, whatever their number and form', async () => {
      const pages = await draw(await pdfOf(Array(12).fill(prose)), 'application/pdf')
      expect(pages.map(({ page }) => page)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
      const letter = await measuresOf(pages[9])
      expect(letter).toMatchObject({ format: 'jpeg', width: 1_236, height: 1_600 })
      // There is print on the paper, and most of it is paper.
      expect(letter.deviation).toBeGreaterThan(5)
      expect(letter.mean).toBeGreaterThan(200)
    })

    test.each(['png', 'jpeg', 'webp', 'tiff', 'gif', 'avif'] as const)(
      'an image (%s) is drawn on white, and not enlarged',
      async (format) => {
        const create = { width: 90, height: 60, channels: 4, background: '#f000' } as const
        const isOpaque = format === 'jpeg' || format === 'tiff'
        const picture = sharp({ create }).flatten(isOpaque && { background: '#fff' })
        const bytes = await picture.toFormat(format).toBuffer()
        const [only, ...rest] = await draw(bytes, '')
        expect(rest).toEqual([])
        expect(only?.page).toBe(1)
        const measures = await measuresOf(only)
        expect(measures).toMatchObject({ format: 'jpeg', width: 90, height: 60 })
        expect(measures.mean).toBeGreaterThan(250)
      },
    )

    test('what was written into a form is drawn', async () => {
      const pdf = new PdfDocument()
      pdf.initForm()
      pdf.font('Helvetica').formText('holder', 50, 50, 300, 40, { value: 'JANE DOE', fontSize: 30 })
      pdf.end()
      const [only] = await draw(await buffer(pdf), 'application/pdf')
      const { channels } = await sharp(only?.jpeg).stats()
      expect(channels.map(({ min }) => min < 100)).toEqual([true, true, true])
    })

    test('a photo is drawn upright, at most 1,600 pixels long, and without what its file says', async () => {
      const create = { width: 1_990, height: 1_000, channels: 3, background: '#fff' } as const
      const left = { create: { ...create, width: 990, background: '#000' } }
      const photo = await sharp({ create })
        .composite([{ input: left, left: 0, top: 0 }])
        .withExif({ IFD0: { Copyright: 'taken at home' } })
        .withMetadata({ orientation: 6 })
        .jpeg()
        .toBuffer()
      expect(photo.includes('taken at home')).toBe(true)
      const [only] = await draw(photo, 'image/jpeg')
      const measures = await measuresOf(only)
      expect(measures).toMatchObject({ width: 804, height: 1_600, exif: undefined })
      expect(only?.jpeg.includes('taken at home')).toBe(false)
      // What was left is on top after a turn to the right.
      const top = await sharp(only?.jpeg)
        .extract({ left: 0, top: 0, width: 804, height: 700 })
        .toBuffer()
      expect((await measuresOf({ page: 1, jpeg: top })).mean).toBeLessThan(5)
    })

    test('each page of a TIFF is drawn, and one that cannot be costs no other its image', async () => {
      const raw = { width: 40, height: 150, channels: 1, pageHeight: 50 } as const
      const tiff = await sharp(Buffer.alloc(40 * 150, 128), { raw })
        .tiff()
        .toBuffer()
      expect((await draw(tiff, 'image/tiff')).map(({ page }) => page)).toEqual([1, 2, 3])
      // The second page now says that it is 100,000 pixels wide.
      const second = nextDirectory(tiff, tiff.readUInt32LE(4))
      const width = second + 14
      expect(tiff.readUInt16LE(width)).toBe(256)
      tiff.writeUInt16LE(4, width + 2)
      tiff.writeUInt32LE(100_000, width + 8)
      expect((await draw(tiff, 'image/tiff')).map(({ page }) => page)).toEqual([1, 3])
    })

    test('noise is drawn within the bytes of an image', async () => {
      const raw = { width: 1_600, height: 1_600, channels: 3 } as const
      const noise = await sharp(randomBytes(1_600 * 1_600 * 3), { raw })
        .png()
        .toBuffer()
      const [only] = await draw(noise, 'image/png')
      expect(only?.jpeg.length).toBeLessThanOrEqual(imageBytesMax)
      expect(await measuresOf(only)).toMatchObject({ width: 1_600, height: 1_600 })
    })

    test.each([
      ['plain text', prose, 'text/plain'],
      ['HTML', '<!doctype html><img src="https://example.com/a.png">', 'text/html'],
      ['CSV', 'a,b\n1,2', 'text/csv'],
      ['an SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', 'image/svg+xml'],
      ['no bytes', '', 'image/png'],
      ['a PDF of nothing', '%PDF-1.7 and no more', 'application/pdf'],
      ['a PDF that says it is an image', '%PDF-1.7', 'image/png'],
      ['a broken image', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), 'image/png'],
    ])('%s has no page images', async (_, bytes, contentType) => {
      expect(await draw(bytes, contentType)).toEqual([])
    })

    test('nor has what is locked, or larger than the limits', async () => {
      expect(await draw(await pdfOf([prose], 'secret'), 'application/pdf')).toEqual([])
      const create = { width: 2_001, height: 2_000, channels: 3, background: '#fff' } as const
      expect(await draw(await sharp({ create }).png().toBuffer(), 'image/png')).toEqual([])
    })
  })

  describe('refusals', () => {
    test.each([
      ['empty_file', '', 'text/plain'],
      ['no_text', ' \n ', 'text/plain'],
      ['type_mismatch', prose, 'application/pdf'],
      ['type_mismatch', '%PDF-1.7', 'image/png'],
      ['corrupt_file', '%PDF-1.7 and no more', 'application/pdf'],
      ['corrupt_file', '{"a":', 'application/json'],
      ['corrupt_file', '['.repeat(200_000), 'application/json'],
      ['unsupported_type', '<?xml version="1.0"?><a/>', 'application/xml'],
      ['unsupported_type', Buffer.from('ID3\x04\0\0\0\0\0\0'), 'audio/mpeg'],
      ['unsupported_type', Buffer.from('\0\x01\x02\x03\xff\xfe\0\0', 'latin1'), ''],
    ])('%s', async (code, bytes, contentType) => {
      expect(codeOf(await extract(bytes, contentType))).toBe(code)
    })

    test('more pages, text, records or pixels than the limits are refused', async () => {
      const pages = await pdfOf(Array.from({ length: 11 }, () => prose))
      expect(codeOf(await extract(pages, 'application/pdf'))).toBe('too_many_pages')
      const rows = 'a,b\n'.concat('1,x\n'.repeat(501))
      expect(codeOf(await extract(rows, 'text/csv'))).toBe('too_many_pages')
      const text = prose.repeat(1_500)
      expect(codeOf(await extract(text, 'text/plain'))).toBe('too_much_text')
      const create = { width: 2_001, height: 2_000, channels: 3, background: '#fff' } as const
      const image = await sharp({ create }).png().toBuffer()
      expect(codeOf(await extract(image, 'image/png'))).toBe('too_many_pixels')
    })
  })
}

/** Small enough to be reached by a test. */
export const suiteLimits = {
  timeoutMs: 60_000,
  memoryBytesMax: 1_073_741_824,
  pagesMax: 10,
  textUnitsMax: 100_000,
  pixelsMax: 4_000_000,
}

export function pagesOf(result: ExtractResult) {
  if (result.kind === 'failed') throw new Error(`${result.code}: ${result.message}`)
  return result
}

export function codeOf(result: ExtractResult): string {
  return result.kind === 'failed' ? result.code : result.kind
}

/** Where the directory of the next page of a TIFF begins. */
function nextDirectory(tiff: Buffer, at: number): number {
  return tiff.readUInt32LE(at + 2 + tiff.readUInt16LE(at) * 12)
}

async function measuresOf(image: PageImage | undefined) {
  const { format, width, height, exif } = await sharp(image?.jpeg).metadata()
  const [channel] = (await sharp(image?.jpeg).stats()).channels
  return { format, width, height, exif, mean: channel?.mean, deviation: channel?.stdev }
}

async function pdfOf(contents: (string | Buffer)[], password?: string): Promise<Buffer> {
  const locked = password === undefined ? {} : { userPassword: password }
  const pdf = new PdfDocument({ autoFirstPage: false, info: { Title: 'Stock list' }, ...locked })
  const parts: Buffer[] = []
  pdf.on('data', (part: Buffer) => parts.push(part))
  const isDone = new Promise((resolve) => pdf.on('end', resolve))
  for (const content of contents) {
    pdf.addPage()
    if (typeof content === 'string') pdf.text(content)
    else pdf.image(content, 50, 50, { width: 500 })
  }
  pdf.end()
  await isDone
  return Buffer.concat(parts)
}

function pictureOf(text: string): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="300">
    <rect width="1200" height="300" fill="#fff"/>
    <text x="60" y="170" font-size="60" font-family="sans-serif">${text}</text></svg>`
  return sharp(Buffer.from(svg)).png().toBuffer()
}

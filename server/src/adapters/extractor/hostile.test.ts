// Files made to break readers, each by what its manifest expects. All are read once, by few workers.
import { existsSync, readFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import { chunkPages } from '../../domains/ingest/chunk.ts'
import type { ExtractResult, PageImage } from '../../domains/ingest/extractor.ts'
import { codeOf, pagesOf } from './extractor.suite.ts'
import { openExtractor } from './open.ts'
import { outsideFolder } from './outside.fixture.ts'

interface Case {
  file: string
  expect: string
}

const { folder, isMissing } = outsideFolder('hostile')
const cases: Case[] = isMissing
  ? []
  : JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))

const limits = {
  timeoutMs: 60_000,
  memoryBytesMax: 1_073_741_824,
  pagesMax: 2_000,
  textUnitsMax: 20_000_000,
  pixelsMax: 50_000_000,
}

/** As a browser would declare them, by their endings. */
const typeByEnding: Record<string, string> = {
  '.pdf': 'application/pdf',
  '.txt': 'text/plain',
  '.html': 'text/html',
  '.csv': 'text/csv',
  '.json': 'application/json',
  '.xml': 'application/xml',
  '.svg': 'image/svg+xml',
  '.jpg': 'image/jpeg',
  '.png': 'image/png',
  '.zip': 'application/zip',
  '.docx': 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
}

const drawable = cases.filter(({ file }) => /\.(pdf|jpg|png)$/.test(file))

/** Files without any text end with a code, although a reader need not refuse them. */
const nothingInside = new Set(['truncated/empty.txt', 'truncated/empty.zip'])

const needles = [
  ['active/html-script.html', 'visible needle alpha'],
  ['active/html-script.html', '<img src=y onerror=alert(5)> as text'],
  ['active/prompt-injection.txt', '412 pallets'],
  ['active/sql-and-nosql.json', '__proto__.admin: true'],
  ['types/html-named.txt', '<body><script>alert(1)</script>plain needle bravo'],
  ['encodings/latin1.csv', 'name: José Müller\ncity: Köln'],
  ['encodings/utf16le-bom.txt', 'Grüße aus Zürich – naïve café'],
  ['encodings/shift-jis.txt', '日本語の文書です'],
  ['encodings/nul-bytes.txt', 'needle charlie'],
  ['encodings/lone-surrogate.json', 'needle delta'],
  ['encodings/mixed-line-ends.csv', 'b: q"q'],
  ['paths/zip-slip.zip', ''],
] as const

describe.skipIf(isMissing)(`hostile files (skipped where ${folder} is missing)`, () => {
  const results = new Map<string, ExtractResult>()
  const images = new Map<string, PageImage[]>()

  beforeAll(async () => {
    const extractor = await openExtractor({ limits, workers: 2, isolate: true })
    const { signal } = new AbortController()
    const requestOf = (file: string) => {
      const contentType = typeByEnding[extname(file)] ?? 'application/octet-stream'
      return { path: join(folder, file), contentType, filename: basename(file) }
    }
    const read = async ({ file }: Case) => {
      results.set(file, await extractor.extract(requestOf(file), signal))
    }
    const draw = async ({ file }: Case) => {
      images.set(file, await extractor.draw(requestOf(file), signal))
    }
    await Promise.all([...cases.map(read), ...drawable.map(draw)])
    await extractor.close()
  }, 600_000)

  const resultOf = (file: string): ExtractResult => {
    const result = results.get(file)
    if (!result) throw new Error(`${file} has no result`)
    return result
  }

  test.each(cases.map((it) => [it.file, it.expect]))('%s: %s', (file, expected) => {
    const code = codeOf(resultOf(file))
    expect(code).not.toBe('extractor_crashed')
    if (expected === 'reject') expect(code).not.toBe('extracted')
    if (expected === 'reject-needs-password') expect(code).toBe('password_protected')
    if (/^extract(-safe)?$/.test(expected) && !nothingInside.has(file)) {
      expect(code).toBe('extracted')
    }
  })

  test.each(needles)('%s: its text is found: %j', (file, needle) => {
    const text = pagesOf(resultOf(file))
      .pages.map((page) => page.text)
      .join('\n')
    expect(text).toContain(needle)
  })

  test.each(drawable.map((it) => [it.file, it.expect]))(
    '%s: %s: its page images',
    async (file, expected) => {
      const drawn = images.get(file) ?? []
      if (/^reject(-needs-password)?$/.test(expected))
        expect(drawn.map(({ page }) => page)).toEqual([])
      for (const { jpeg } of drawn) {
        const { format, width, height } = await sharp(jpeg).metadata()
        expect([format, Math.max(width, height) <= 1_600]).toEqual(['jpeg', true])
      }
    },
  )

  test('what was read can be cut into passages, and shows no file of this machine', () => {
    for (const result of results.values()) {
      if (result.kind === 'failed') continue
      for (const { text } of chunkPages(result.pages)) {
        expect(text).not.toMatch(/root:.*:0:0:/)
        expect(text.isWellFormed()).toBe(true)
      }
    }
  })

  test('no entry of an archive was written to the disk', () => {
    expect(existsSync('/tmp/zip-slip-proof.txt')).toBe(false)
    expect(existsSync('/tmp/zip-absolute-proof.txt')).toBe(false)
  })
})

// What a file is, by its content. The declared type only chooses among kinds of text, where the content
// cannot tell; where it contradicts the content the file is refused, never read as what it is not.
import { fileTypeFromBuffer } from 'file-type'
import type { ExtractRequest } from '../../domains/ingest/extractor.ts'
import { decodeText, hasUtf16Mark } from './decode.ts'
import { Refusal } from './refusal.ts'

export type TextKind = 'text' | 'markdown' | 'html' | 'csv' | 'json'

export type Recognised =
  | { kind: TextKind; contentType: string; text: string }
  | { kind: 'pdf' | 'docx' | 'image' | 'zip'; contentType: string }

type Family = 'pdf' | 'word' | 'image' | 'text' | 'audio' | 'video' | 'unknown'

const docxType = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
const imageTypes = new Set(
  ['png', 'jpeg', 'tiff', 'webp', 'gif', 'avif'].map((it) => `image/${it}`),
)

const kindByType = new Map<string, TextKind>([
  ['text/html', 'html'],
  ['application/xhtml+xml', 'html'],
  ['text/markdown', 'markdown'],
  ['text/x-markdown', 'markdown'],
  ['text/csv', 'csv'],
  ['application/csv', 'csv'],
  ['text/tab-separated-values', 'csv'],
  ['application/json', 'json'],
  ['text/json', 'json'],
  ['application/ld+json', 'json'],
  ['application/x-ndjson', 'json'],
  ['application/ndjson', 'json'],
  ['application/jsonl', 'json'],
])

const kindByEnding = new Map<string, TextKind>([
  ['md', 'markdown'],
  ['markdown', 'markdown'],
  ['csv', 'csv'],
  ['tsv', 'csv'],
  ['json', 'json'],
  ['ndjson', 'json'],
  ['jsonl', 'json'],
])

const typeByKind: Record<TextKind, string> = {
  text: 'text/plain',
  markdown: 'text/markdown',
  html: 'text/html',
  csv: 'text/csv',
  json: 'application/json',
}

/** Throws `Refusal`: `empty_file`, `type_mismatch`, `unsupported_type`, `password_protected`. */
export async function recognise(bytes: Buffer, request: ExtractRequest): Promise<Recognised> {
  if (bytes.length === 0) throw new Refusal('empty_file', 'The file has no bytes.')
  const declared = essence(request.contentType)
  if (declared === 'image/svg+xml') throw unsupported(declared)
  const found = await typeByContent(bytes)
  const isXml = found === 'application/xml'
  const text = found === null || isXml ? decodeText(bytes) : null
  if (text === null || (isXml && !isReadableXml(declared))) {
    return recogniseBinary(found ?? 'application/octet-stream', declared)
  }
  requireFamily(declared, 'text', 'text')
  const kind = textKind(declared, request.filename, text)
  return { kind, contentType: typeByKind[kind], text }
}

function essence(contentType: string): string {
  return contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

async function typeByContent(bytes: Buffer): Promise<string | null> {
  // The mark of UTF-16 is also the beginning of some MP3 frames, which are no text.
  if (hasUtf16Mark(bytes) && decodeText(bytes) !== null) return null
  // Readers of PDF accept junk before the header, and many real files have it.
  if (bytes.subarray(0, 1_024).includes('%PDF-')) return 'application/pdf'
  const found = await fileTypeFromBuffer(bytes).catch(() => undefined)
  return found?.mime ?? null
}

/** XML is no format of documents; as a page of the web or as plain text it is readable. */
function isReadableXml(declared: string): boolean {
  return kindByType.get(declared) === 'html' || declared === 'text/plain'
}

function recogniseBinary(contentType: string, declared: string): Recognised {
  if (contentType === 'application/x-cfb' && declared === docxType) {
    throw new Refusal('password_protected', 'The file is encrypted; upload it without a password.')
  }
  requireFamily(declared, familyOf(contentType), contentType)
  if (contentType === 'application/pdf') return { kind: 'pdf', contentType }
  if (contentType === docxType) return { kind: 'docx', contentType }
  if (contentType === 'application/zip') return { kind: 'zip', contentType }
  if (imageTypes.has(contentType)) return { kind: 'image', contentType }
  throw unsupported(contentType)
}

function requireFamily(declared: string, family: Family, found: string): void {
  const promised = familyOf(declared)
  if (promised === 'unknown' || promised === family) return
  if (promised === 'audio' || promised === 'video') throw unsupported(declared)
  throw new Refusal('type_mismatch', `The file is declared as ${declared}, but holds ${found}.`)
}

function familyOf(contentType: string): Family {
  if (contentType === 'application/pdf') return 'pdf'
  if (contentType === docxType) return 'word'
  if (kindByType.has(contentType)) return 'text'
  const [family] = contentType.split('/', 1)
  if (family === 'image' || family === 'text' || family === 'audio' || family === 'video') {
    return family
  }
  return 'unknown'
}

function unsupported(contentType: string): Refusal {
  return new Refusal(
    'unsupported_type',
    `Files of type ${contentType.slice(0, 100)} cannot be read. Readable are PDF, DOCX, HTML, ` +
      'Markdown, plain text, CSV, JSON, images (PNG, JPEG, TIFF, WebP, GIF, AVIF), zip of text files.',
  )
}

function textKind(declared: string, filename: string, text: string): TextKind {
  const byType = kindByType.get(declared)
  if (byType) return byType
  const ending = filename.toLowerCase().split('.').at(-1) ?? ''
  const byEnding = kindByEnding.get(ending)
  if (byEnding) return byEnding
  // Who says text means text: markup in it is shown, not obeyed.
  if (familyOf(declared) === 'text') return 'text'
  const start = text.slice(0, 1_000).trimStart().toLowerCase()
  if (/^(<!doctype html|<html)/.test(start) || ending === 'html' || ending === 'htm') return 'html'
  return /^[[{]/.test(start) && isJson(text) ? 'json' : 'text'
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

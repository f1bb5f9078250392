// DOCX by mammoth, which reads the parts through our own archive, so that sizes are checked on every
// read. Pictures, links to the outside and document type declarations never reach a parser.
import mammoth from 'mammoth'
import type { Output, Parsed } from '../output.ts'
import { Refusal } from '../refusal.ts'
import { readHtml } from './html.ts'
import { SafeZip } from './zip.ts'

export async function parseDocx(bytes: Buffer, output: Output): Promise<Parsed> {
  const zip = new SafeZip(bytes)
  const html = await convert(zip)
  const { title, sections } = readHtml(`<body>${html}</body>`)
  let number = 0
  for (const section of sections) {
    number += 1
    await output.add({ kind: 'section', number, ...section })
  }
  return { title: ownTitle(zip) ?? title }
}

/** The part of mammoth's own archive that it reads through (lib/zipfile.js of 1.13.0). */
function archiveOf(zip: SafeZip) {
  return {
    exists: (name: string) => zip.has(name),
    read: async (name: string, encoding?: string) => {
      const part = zip.read(name)
      if (encoding === undefined) return new Uint8Array(part)
      if (encoding === 'base64') return part.toString('base64')
      return new TextDecoder(encoding).decode(requirePlainXml(part))
    },
  }
}

async function convert(zip: SafeZip): Promise<string> {
  // The types of mammoth leave out `file`, its way to give an archive that is already open.
  const input = { file: archiveOf(zip) } as unknown as { buffer: Buffer }
  const { value } = await mammoth.convertToHtml(input, {
    externalFileAccess: false,
    includeEmbeddedStyleMap: false,
    convertImage: mammoth.images.imgElement(async () => ({ src: '' })),
  })
  return value
}

/** Word never writes a document type; with one come entities, that copy text or read other files. */
function requirePlainXml(part: Buffer): Buffer {
  if (part.includes('<!DOCTYPE') || part.includes('<!ENTITY')) {
    throw new Refusal(
      'corrupt_file',
      'A part of the file declares entities, which no Word file does.',
    )
  }
  return part
}

function ownTitle(zip: SafeZip): string | null {
  if (!zip.has('docProps/core.xml')) return null
  const xml = requirePlainXml(zip.read('docProps/core.xml')).toString('utf8')
  const title = /<dc:title>([^<]*)<\/dc:title>/.exec(xml)?.[1]
  return title ? unescapeXml(title).trim() || null : null
}

const entities = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])

function unescapeXml(text: string): string {
  return text.replace(/&(\w+);/g, (whole, name: string) => entities.get(name) ?? whole)
}

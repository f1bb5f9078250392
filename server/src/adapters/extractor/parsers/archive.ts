// A zip of text files: each becomes sections under its name. Names are only labels; nothing is written
// anywhere, and archives in the archive are not opened.

import { decodeText } from '../decode.ts'
import type { Output, Parsed } from '../output.ts'
import { Refusal } from '../refusal.ts'
import { readHtml } from './html.ts'
import { outlineOfMarkdown } from './markdown.ts'
import { SafeZip } from './zip.ts'

const readable = /\.(txt|text|md|markdown|html?|csv|tsv|json|ndjson|jsonl)$/i

export async function parseArchive(bytes: Buffer, output: Output): Promise<Parsed> {
  const zip = new SafeZip(bytes)
  const names = zip.names.filter(
    (name) => readable.test(name) && !name.split(/[/\\]/).includes('..'),
  )
  if (names.length === 0 && zip.names.length > 0) {
    throw new Refusal('unsupported_type', 'Of an archive only text files are read; it holds none.')
  }
  let number = 0
  for (const name of names) {
    for (const { path, text } of sectionsOf(name, decodeText(zip.read(name)) ?? '')) {
      number += 1
      await output.add({ kind: 'section', number, path: [name, ...path], text })
    }
  }
  return { title: null }
}

function sectionsOf(name: string, text: string) {
  if (/\.html?$/i.test(name)) return readHtml(text).sections
  if (/\.(md|markdown)$/i.test(name)) return outlineOfMarkdown(text).close()
  return [{ path: [], text }]
}

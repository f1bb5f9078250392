// The source documents, and the list of everything in them that can be run or compared: `blocks/`, one
// file for each document. A block is a range of lines; what is run are its bytes, taken from there.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../../shared/spec/seeds/', import.meta.url))

export const haveSources = existsSync(`${folder}making-requests.txt`)
if (!haveSources && process.env.CI) throw new Error(`The source documents are missing: ${folder}`)

export const documents = [
  'making-requests',
  'faq',
  'buyer',
  'hypatos-introduction',
  'platform-template',
] as const
export type DocumentName = (typeof documents)[number]

/** A value of JSON. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json }

/** What a text is replaced by, in a request; nothing else of a block may change. */
export const roles = ['host', 'credential', 'sample id', 'sample cursor'] as const
type Role = (typeof roles)[number]

export interface Block {
  /** First and last, counted from 1. */
  lines: [number, number]
  /** First and last column, where the text shares its first or last line with other text. */
  columns?: [number, number]
  /** `endpoint`: method and path in a heading or a sentence. It is sent with host and credential. */
  kind: 'curl' | 'python' | 'javascript' | 'typescript' | 'http' | 'endpoint' | 'json' | 'table'
  sha256: string
  /** Examples of requests, answers and errors; of tables, what they list. */
  is: 'request' | 'answer' | 'error' | 'fields' | 'statuses' | 'headers' | 'job statuses'
  operation?: string
  replaced?: Record<string, Role>
  /** Names that the block uses and does not declare, with what they are given. */
  free?: Record<string, string>
  /** A header that HTTP cannot do without, and why. */
  added?: Record<string, string>
  /** Of an endpoint that takes one, after the document's table of its fields. */
  body?: Json
  /** Expressions over the variables of the block, read after it has run. */
  reads?: { status?: string; body: string }
  /** What must come back: the shape of the example that begins at this line, or the part of it. */
  answer?: { status?: number; shape?: number; part?: string; fields?: Json }
  /** The example of a table of fields, and the part that the table is about. */
  shape?: number
  part?: string
  /** Asked for by a request that the document describes in words. */
  case?: string
  /** What answers hold beside the example, at whatever depth; without it there may be more. */
  more?: string[]
  /** Parts that are the example's to the letter. */
  same?: string[]
}

const textByName = new Map<DocumentName, string>()

/** Empty where the documents are missing: then nothing of them is run. */
export function readDocument(name: DocumentName): string {
  const text =
    textByName.get(name) ?? (haveSources ? readFileSync(`${folder}${name}.txt`, 'utf8') : '')
  textByName.set(name, text)
  return text
}

const lists = fileURLToPath(new URL('./blocks/', import.meta.url))

export function blocksOf(name: DocumentName): Block[] {
  return JSON.parse(readFileSync(`${lists}${name}.json`, 'utf8'))
}

/** From where to where in the text, the end excluded. */
export function rangeOf(text: string, { lines, columns }: Block): [number, number] {
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1), text.length + 1]
  const [first = 0, last = 0] = lines.map((line) => starts[line - 1])
  const lineEnd = (starts[lines[1]] ?? 0) - 1
  return columns ? [first + columns[0] - 1, last + columns[1]] : [first, lineEnd]
}

export function textOf(name: DocumentName, block: Block): string {
  const text = readDocument(name)
  return text.slice(...rangeOf(text, block))
}

export function nameOf({ kind, lines: [first, last] }: Block): string {
  return first === last ? `${kind} at line ${first}` : `${kind} at lines ${first} to ${last}`
}

/** What counts as run or compared; other tables are read by the tests of their document. */
export function isCounted({ kind, is }: Block): boolean {
  return kind !== 'table' || is === 'fields'
}

/** The rows of the one table that lists this. */
export function rowsOf(name: DocumentName, is: Block['is']): string[] {
  if (!haveSources) return []
  const found = blocksOf(name).filter((block) => block.kind === 'table' && block.is === is)
  return found.flatMap((block) => textOf(name, block).split('\n'))
}

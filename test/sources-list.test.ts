// The list of blocks holds all that the source documents show of code, byte for byte; so what the other
// tests run is every block, and not a choice of them.
import { createHash } from 'node:crypto'
import type { Operation } from '@ipto/contract/operation.ts'
import { allOperations } from '@ipto/contract/operations.ts'
import { describe, expect, test } from 'vitest'
import {
  type Block,
  blocksOf,
  type DocumentName,
  documents,
  haveSources,
  isCounted,
  nameOf,
  rangeOf,
  readDocument,
  roles,
  textOf,
} from './sources/documents.ts'

const suite = haveSources
  ? 'the list of blocks'
  : 'the list of blocks (skipped: ../shared/spec/seeds is not there)'

// What only code looks like, at the start of a line unless it cannot be mistaken anywhere.
const codeLike = [
  /\bcurl (-|"|https?:)/g,
  /^[ \t]*-[A-Za-z] ['"]/gm,
  /\\$/gm,
  /^[ \t]*(import|from|export) \w/gm,
  /\brequests\.\w+\(/g,
  /\b(fetch|JSON\.\w+|await \S*)\(/g,
  /\bawait \w/g,
  /^[ \t]*(const|let|var|while|do|if|for|return|break|def|print)\b/gm,
  /^[ \t]*[\w.]+ = \S/gm,
  /^# /gm,
  /\b(GET|HEAD|POST|PUT|PATCH|DELETE) \//g,
  /\bHTTP\/1\.1\b/g,
  /^[ \t]+[A-Z][\w-]*: \S/gm,
  /^[ \t]+\w+=\w/gm,
  /[{[(]$/gm,
  /^[ \t]*[{}[\]()]/gm,
  /^[ \t]*"\w+": /gm,
]

/** Lines that look like code and stand in none of the blocks. */
function outside(text: string, blocks: readonly Block[]): string[] {
  const ranges = blocks.map((block) => rangeOf(text, block))
  const found = codeLike.flatMap((pattern) =>
    [...text.matchAll(pattern)].filter((match) => {
      // Past the indent, which belongs to the line and not to the code.
      const at = match.index + (/^[ \t]*/.exec(match[0])?.[0].length ?? 0)
      return !ranges.some(([from, to]) => at >= from && at < to)
    }),
  )
  return found.map(({ index }) => {
    const line = text.slice(0, index).split('\n').length
    return `${line}: ${text.split('\n')[line - 1]}`
  })
}

/** Whether a request is one of this operation: by its method and path, or by the SDK's method. */
function calls(text: string, { id, method, path }: Operation): boolean {
  if (text.includes(`client.${id}(`)) return true
  const [before = '', parameter] = path.split('{')
  const isThere = parameter ? text.includes(before) : new RegExp(`${path}(?![/\\w])`).test(text)
  return isThere && (method === 'GET' || new RegExp(`\\b${method}\\b`, 'i').test(text))
}

describe.skipIf(!haveSources)(suite, () => {
  const each: [DocumentName, Block[]][] = documents.map((name) => [name, blocksOf(name)])

  test.each(each)('has the bytes of %s', (name, blocks) => {
    const hash = (text: string) => createHash('sha256').update(text).digest('hex')
    const digests = blocks.map((block) => [nameOf(block), hash(textOf(name, block))])
    expect(digests).toEqual(blocks.map((block) => [nameOf(block), block.sha256]))
  })

  test.each(each)('has all code of %s', (name, blocks) => {
    const text = readDocument(name)
    expect(outside(text, blocks)).toEqual([])
    // Without any one of them a line would be found: the search sees every block.
    const code = blocks.filter(({ kind }) => kind !== 'table')
    const unseen = code.filter(
      (block) =>
        outside(
          text,
          blocks.filter((other) => other !== block),
        ).length === 0,
    )
    expect(unseen).toEqual([])
  })

  test.each(each)('names no text of %s twice', (name, blocks) => {
    const text = readDocument(name)
    const ranges = blocks.map((block) => rangeOf(text, block))
    const overlaps = ranges.filter(([from], at) => from < (ranges[at - 1]?.[1] ?? 0))
    expect(overlaps).toEqual([])
  })

  test.each(each)('says what each block of %s is, and all that is replaced', (name, blocks) => {
    const operations = new Map(allOperations.map((op) => [op.id, op]))
    for (const block of blocks.filter(isCounted)) {
      const text = textOf(name, block)
      const { operation = '', replaced = {}, free = {} } = block
      const op = operations.get(operation)
      expect(op?.id).toBe(operation)
      if (op && block.is === 'request') expect([nameOf(block), calls(text, op)]).toContain(true)
      for (const [sample, role] of Object.entries(replaced)) {
        expect(text).toContain(sample)
        expect(roles).toContain(role)
      }
      for (const variable of Object.keys(free)) expect(text).toContain(variable)
    }
  })

  test.each(each)('has a request for every example of %s', (_, blocks) => {
    const shapes = new Set(blocks.map(({ answer }) => !answer?.part && answer?.shape))
    const examples = blocks.filter(({ is }) => is === 'answer' || is === 'error')
    const alone = examples.filter((one) => !one.case && !shapes.has(one.lines[0]))
    expect(alone).toEqual([])
  })
})

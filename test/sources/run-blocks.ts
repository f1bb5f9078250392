// One test for each block of a document: requests are run as they stand and their answers held against
// the document's examples; then each example is shown to have been the shape of a real answer. What is
// replaced in a block is in its line of the list, and nothing else is.
import { describe, expect, test } from 'vitest'
import {
  type Block,
  blocksOf,
  type DocumentName,
  documents,
  isCounted,
  type Json,
  nameOf,
  textOf,
} from './documents.ts'
import { missingProgram, type Ran, runProgram } from './programs.ts'
import { headerOf, type Message, messageFor, readMessage, sendMessage } from './raw-http.ts'
import { fieldProblems, partOf, readExample, shapeProblems } from './shapes.ts'

declare module 'vitest' {
  interface TaskMeta {
    sourceBlock?: { document: string; kind: string; ofDocument: number; ofAll: number }
  }
}

type Value = string | ((block: Block) => string | Promise<string>)

/** What the blocks of a document run against. Functions, because the world is opened later. */
export interface Setting {
  url: () => string
  token: () => string
  /** Sample ids and cursors, credentials other than the token, and free names other than it. */
  values?: Record<string, Value>
  /** Requests that the document describes in words, by the name that the list gives them. */
  cases?: Record<string, () => Promise<Json>>
  /** JavaScript that declares free names that are no texts. */
  prelude?: () => string
}

export interface Answers {
  /** Of the request that begins at this line. */
  at(line: number): { body: Json | undefined; message: Message | undefined }
}

interface Held extends Ran {
  block: Block
  message?: Message
}

export function runBlocks(name: DocumentName, setting: Setting): Answers {
  const held: Held[] = []
  const blocks = blocksOf(name).filter(isCounted)
  const count = (document: DocumentName) => blocksOf(document).filter(isCounted).length
  const ofAll = documents.reduce((sum, document) => sum + count(document), 0)

  const each = (block: Block, title: string, work: () => Promise<void> | void) => {
    const missing = missingProgram(block.kind)
    const skipped = missing ? ` (skipped: ${missing} is not there)` : ''
    test.skipIf(missing)(`${title}${skipped}`, async ({ task }) => {
      task.meta.sourceBlock = { document: name, kind: block.kind, ofDocument: blocks.length, ofAll }
      await work()
    })
  }

  describe('block by block', () => {
    for (const block of blocks.filter(({ is }) => is === 'request')) {
      each(block, `${nameOf(block)} asks for ${block.operation}`, async () => {
        const ran = await run(name, block, setting)
        expect(problemsOf(name, block, ran)).toEqual([])
        held.push({ ...ran, block })
      })
    }
    for (const block of blocks.filter(({ is }) => is === 'answer' || is === 'error')) {
      each(block, `${nameOf(block)} is an ${block.is} of ${block.operation}`, async () => {
        if (!block.case) return expect(held.filter((one) => isShapeOf(block, one))).not.toEqual([])
        const ask = setting.cases?.[block.case]
        if (!ask) throw new Error(`nobody asks for ${block.case}`)
        expect(exampleProblems(readExample(textOf(name, block)), block, await ask())).toEqual([])
      })
    }
    for (const block of blocks.filter(({ is }) => is === 'fields')) {
      each(block, `${nameOf(block)} lists fields of ${block.operation}`, () => {
        const rows = textOf(name, block).split('\n').slice(1)
        const things = held
          .filter(({ block: { answer } }) => answer?.shape === block.shape)
          .flatMap(({ body }) => partOf(body, block.part) ?? [])
        expect(things).not.toEqual([])
        expect(fieldProblems(rows, things)).toEqual([])
      })
    }
  })

  return {
    at: (line) => {
      const found = held.find(({ block }) => block.lines[0] === line)
      if (!found) throw new Error(`no request at line ${line} of ${name} was answered`)
      return { body: found.body, message: found.message }
    },
  }
}

function isShapeOf({ lines: [first] }: Block, { block }: Held): boolean {
  return block.answer?.shape === first && block.answer.part === undefined
}

async function run(
  name: DocumentName,
  block: Block,
  setting: Setting,
): Promise<Omit<Held, 'block'>> {
  let text = textOf(name, block)
  const url = setting.url()
  for (const [sample, role] of Object.entries(block.replaced ?? {})) {
    const host = block.kind === 'http' ? new URL(url).host : url
    const value = role === 'host' ? host : await standIn(sample, block, setting)
    text = text.replaceAll(sample, value)
  }
  if (block.kind === 'endpoint') {
    const { body } = block
    return answered(await sendMessage(url, messageFor(text, { url, token: setting.token(), body })))
  }
  if (block.kind === 'http') return answered(await sendMessage(url, withAdded(block, text)))
  const free: Record<string, string> = {}
  for (const [variable, role] of Object.entries(block.free ?? {})) {
    if (role === 'credential') free[variable] = await standIn(variable, block, setting)
  }
  const prelude = Object.keys(block.free ?? {}).every((one) => one in free)
    ? ''
    : (setting.prelude?.() ?? '')
  return runProgram(block.kind, { text, free, reads: block.reads, prelude })
}

async function standIn(sample: string, block: Block, { values, token }: Setting): Promise<string> {
  const value = values?.[sample]
  if (typeof value === 'function') return value(block)
  if (value !== undefined) return value
  const isCredential = { ...block.replaced, ...block.free }[sample] === 'credential'
  if (!isCredential) throw new Error(`nothing stands for ${sample}`)
  return token()
}

function withAdded({ added = {} }: Block, text: string): Message {
  const message = readMessage(text)
  const length = String(Buffer.byteLength(message.body))
  const headers = Object.keys(added).map((name): [string, string] => [name, length])
  return { ...message, headers: [...message.headers, ...headers] }
}

function answered(message: Message): Omit<Held, 'block'> {
  const body = message.body === '' ? undefined : JSON.parse(message.body)
  return { status: Number(message.start.split(' ')[1]), body, message }
}

function problemsOf(name: DocumentName, block: Block, ran: Omit<Held, 'block'>): string[] {
  const { status, shape, part, fields } = block.answer ?? {}
  if (status !== undefined && ran.status !== status) {
    return [`answered ${ran.status}, not ${status}: ${JSON.stringify(ran.body)?.slice(0, 500)}`]
  }
  if (fields !== undefined) return shapeProblems(fields, ran.body)
  if (shape === undefined) return []
  const example = blocksOf(name).find((one) => one.lines[0] === shape && one.is === 'answer')
  if (!example) return [`there is no example at line ${shape}`]
  const text = textOf(name, example)
  if (example.kind === 'json') {
    return exampleProblems(partOf(readExample(text), part), part ? {} : example, ran.body)
  }
  const shown = readMessage(text)
  const heads = [shown.start, ...shown.headers.map(([header, value]) => `${header}: ${value}`)]
  const actual = [
    ran.message?.start,
    ...shown.headers.map(
      ([header]) => `${header}: ${ran.message && headerOf(ran.message, header)}`,
    ),
  ]
  const wrong = heads.flatMap((head, at) =>
    head === actual[at] ? [] : [`${actual[at]}, not ${head}`],
  )
  return [...wrong, ...exampleProblems(readExample(shown.body), example, ran.body)]
}

function exampleProblems(
  example: Json | undefined,
  { more, same = [] }: Pick<Block, 'more' | 'same'>,
  actual: Json | undefined,
): string[] {
  if (example === undefined) return ['the example has no such part']
  const others = same.filter(
    (path) => JSON.stringify(partOf(example, path)) !== JSON.stringify(partOf(actual, path)),
  )
  return [
    ...shapeProblems(example, actual, { more }),
    ...others.map((path) => `${path} is ${JSON.stringify(partOf(actual, path))}`),
  ]
}

// One test for each block of a document: requests are run as they stand and their answers held against
// the document's examples; then each example is shown to have been the shape of a real answer. What is
// replaced in a block is in its line of the list, and nothing else is.
import { describe, expect, test } from 'vitest'
import { type Answered, ask, type Setting } from './ask.ts'
import {
  type Block,
  blocksOf,
  type DocumentName,
  documents,
  isCounted,
  nameOf,
  textOf,
} from './documents.ts'
import { answerProblems, exampleProblems } from './examples.ts'
import { missingProgram } from './programs.ts'
import { fieldProblems, partOf, readExample } from './shapes.ts'

declare module 'vitest' {
  interface TaskMeta {
    sourceBlock?: { document: string; kind: string; ofDocument: number; ofAll: number }
  }
}

export interface Answers {
  /** Of the request that begins at this line. */
  at(line: number): Answered
}

interface Held {
  block: Block
  answered: Answered
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
        const answered = await ask(name, block, setting)
        expect(answerProblems(name, block, answered)).toEqual([])
        held.push({ block, answered })
      })
    }
    for (const block of blocks.filter(({ is }) => is === 'answer' || is === 'error')) {
      each(block, `${nameOf(block)} is an ${block.is} of ${block.operation}`, async () => {
        if (!block.case) return expect(held.filter((one) => isShapeOf(block, one))).not.toEqual([])
        const asking = setting.cases?.[block.case]
        if (!asking) throw new Error(`nobody asks for ${block.case}`)
        expect(exampleProblems(readExample(textOf(name, block)), block, await asking())).toEqual([])
      })
    }
    for (const block of blocks.filter(({ is }) => is === 'fields')) {
      each(block, `${nameOf(block)} lists fields of ${block.operation}`, () => {
        const rows = textOf(name, block).split('\n').slice(1)
        const things = held
          .filter(({ block: { answer } }) => answer?.shape === block.shape)
          .flatMap(({ answered }) => partOf(answered.body, block.part) ?? [])
        expect(things).not.toEqual([])
        expect(fieldProblems(rows, things)).toEqual([])
      })
    }
  })

  return {
    at: (line) => {
      const found = held.find(({ block }) => block.lines[0] === line)
      if (!found) throw new Error(`no request at line ${line} of ${name} was answered`)
      return found.answered
    },
  }
}

function isShapeOf({ lines: [first] }: Block, { block }: Held): boolean {
  return block.answer?.shape === first && block.answer.part === undefined
}

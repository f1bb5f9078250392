// Holds answers against the examples of a document: status, shown headers, and the shape of the body.
import type { Answered } from './ask.ts'
import { type Block, blocksOf, type DocumentName, type Json, textOf } from './documents.ts'
import { headerOf, readMessage } from './raw-http.ts'
import { partOf, readExample, shapeProblems } from './shapes.ts'

/** What an answer has otherwise than the document shows or says. */
export function answerProblems(name: DocumentName, block: Block, ran: Answered): string[] {
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

/** Against one example: `more` is allowed beside it, and `same` is the same to the letter. */
export function exampleProblems(
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

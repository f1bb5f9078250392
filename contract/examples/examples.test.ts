// Every example is what it says: a request that the contract takes, and an answer that it allows.
import { expect, test } from 'vitest'
import { answersJson, type Operation } from '../operation.ts'
import { operations } from '../operations.ts'
import { webhookEventTypes } from '../webhooks.ts'
import { examples } from './all.ts'
import { errorExamples, tokenMessages } from './errors.ts'
import { messageExample } from './events.ts'

const shown = new Map<string, { input: object; output: unknown }>(Object.entries(examples))

test.each(Object.values(operations).map((op): [string, Operation] => [op.id, op]))(
  'the example of %s is one',
  (id, op) => {
    const example = shown.get(id)
    expect(op.input.safeParse(example?.input).error).toBeUndefined()
    if (answersJson(op)) expect(op.output.safeParse(example?.output).error).toBeUndefined()
    else expect(example?.output).toBeNull()
  },
)

test('the example of an event is its whole message', () => {
  for (const type of webhookEventTypes) expect(messageExample(type)).toMatchObject({ type })
})

test('an error says something to people, and at the token endpoint nothing that RFC 6749 forbids', () => {
  const texts = Object.values(errorExamples).map(({ message }) => message)
  for (const text of texts) expect(text).toMatch(/^[A-Z].*\.$/)
  for (const text of Object.values(tokenMessages)) expect(text).toMatch(/^[^"\\]+\.$/)
})

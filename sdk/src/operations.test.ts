// The generated types against the contract that they are made from. `tsc` is the judge: where an input
// or an answer differs, the name of its operation stands in the error.
import type { CallerInput, OperationId, WireBody } from '@ipto/contract/operations.ts'
import { expect, expectTypeOf, test } from 'vitest'
import { Client } from './client.ts'

type Camel<Name extends string> = Name extends `${infer First}_${infer Rest}`
  ? `${First}${Capitalize<Camel<Rest>>}`
  : Name

type Method<K extends OperationId> = K extends `${infer Noun}.${infer Verb}`
  ? Camel<Noun> extends keyof Client
    ? Camel<Verb> extends keyof Client[Camel<Noun>]
      ? Client[Camel<Noun>][Camel<Verb>]
      : never
    : never
  : never

type Fn = (input: never, options?: never) => Promise<unknown>
type InputOf<K extends OperationId> = Method<K> extends Fn ? Parameters<Method<K>>[0] : never
type AnswerOf<K extends OperationId> = Method<K> extends Fn ? Awaited<ReturnType<Method<K>>> : never

/** What the operation answers, or one item of its list. */
type BodyOf<Answer> =
  Answer extends AsyncIterable<infer Item>
    ? Item
    : Answer extends { data: infer Data; request_id: string }
      ? Data
      : Answer

type Missing = { [K in OperationId]: Method<K> extends Fn ? never : K }[OperationId]
type WrongInput = {
  [K in OperationId]: CallerInput<K> extends InputOf<K> ? never : K
}[OperationId]
type WrongAnswer = {
  [K in OperationId]: WireBody<K> extends BodyOf<AnswerOf<K>>
    ? BodyOf<AnswerOf<K>> extends WireBody<K>
      ? never
      : K
    : K
}[OperationId]

test('every operation has a method that takes its input and returns its answer', () => {
  expectTypeOf<Missing>().toBeNever()
  expectTypeOf<WrongInput>().toBeNever()
  expectTypeOf<WrongAnswer>().toBeNever()
})

test('a client has every noun', () => {
  const client = new Client({ baseUrl: 'http://localhost' })
  expect(Object.keys(client)).toEqual(expect.arrayContaining(['datasets', 'apiKeys', 'search']))
  expect(Object.keys(client.uploads)).toEqual(['create', 'complete', 'put'])
})

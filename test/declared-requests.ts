// One request that is spoilt in one way, and what its answer must be: exactly the status and the word that
// the contract has for the code, in the form of the operation's profile.
import { type ErrorCode, statusOf, wordOf } from '@ipto/contract/errors.ts'
import { type Operation, readsQuery } from '@ipto/contract/operation.ts'
import type { OperationId } from '@ipto/contract/operations.ts'
import { expect } from 'vitest'
import { contractProblem } from './contract-check.ts'
import type { Faults } from './declared-faults.ts'
import type { Gate } from './gate.ts'
import type { OwnerCall, Seed } from './owner-calls.ts'
import { type Answer, codeOf, type Request, requestOf, send } from './send.ts'
import type { World } from './world.ts'

export type Credential = { token?: string; apiKey?: string }

export interface Stage {
  world: World
  seed: Seed
  gate: Gate
  faults: Faults
}

/** An operation with what its owner sends: valid, and still effective when all else was refused. */
export interface Case {
  op: Operation
  call: OwnerCall<OperationId>
  input: Record<string, unknown>
  /** Of its one success. */
  key: string
  /** The answer to the owner, once it has come. */
  served?: Promise<Answer>
}

/** How a request differs from the owner's. */
export interface Spoilt {
  /** Instead of the owner's; `{}` is nothing at all. */
  input?: object
  /** Instead of the owner's credential. */
  credential?: Credential
  wire?: Request
  /** What the answer must name: a field, or what it is about. */
  names?: string
  /** When the answer has come. */
  after?: () => void | Promise<void>
}

export function ownerOf({ world }: Stage, { call }: Case): Credential {
  const { by = 'provider' } = call
  return by === 'nobody' ? {} : { token: world[by].token }
}

export async function ask(stage: Stage, one: Case, spoilt: Spoilt = {}): Promise<Answer> {
  const { path, request } = requestOf(one.op, spoilt.input ?? one.input)
  const credential = spoilt.credential ?? ownerOf(stage, one)
  const { json, ...rest } = request
  const whole = spoilt.wire?.raw === undefined ? request : rest
  const headers = { ...request.headers, ...spoilt.wire?.headers }
  return send(stage.world.url + path, { ...whole, ...credential, ...spoilt.wire, headers })
}

export function expectDeclared(op: Operation, code: ErrorCode, answer: Answer, names?: string) {
  const { status, body, text } = answer
  expect({ status, code: codeOf(answer) }, text).toEqual({
    status: statusOf(code, op.profile, readsQuery(op) ? 'address' : 'body'),
    code: wordOf(code, op.profile),
  })
  const problem = contractProblem(op, status, body)
  // That one is always a problem, except where it was brought about.
  const isOurs = code === 'internal_error' && problem?.startsWith(`${op.id} answered 500`)
  if (!isOurs) expect(problem).toBeUndefined()
  // A body that is one field has no name for it.
  const hasNames = op.profile !== 'token' && op.bodyField === null
  if (names !== undefined && hasNames) expect(text).toContain(names)
}

// Each error that an operation declares, brought about by a real request: operation by operation and code by
// code, with exactly its status and its word. What cannot be brought about is not to be declared.
import { randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import type { ErrorCode } from '@ipto/contract/errors.ts'
import { commonErrors, type Operation } from '@ipto/contract/operation.ts'
import { allOperations, type OperationId } from '@ipto/contract/operations.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contractProblem } from './contract-check.ts'
import { type Cause, ownCauses } from './declared-causes.ts'
import { commonCauses } from './declared-common.ts'
import { openFaults } from './declared-faults.ts'
import { ask, type Case, expectDeclared, type Spoilt, type Stage } from './declared-requests.ts'
import { openGate } from './gate.ts'
import { type OwnerCall, openSeed, ownerCalls } from './owner-calls.ts'
import { send } from './send.ts'
import { openWorld, type World } from './world.ts'

// Complete for the compiler; here all rows are alike.
type OwnCauses = Partial<Record<string, Partial<Record<ErrorCode, Cause<OperationId>>>>>
const owned = ownCauses as OwnCauses
const calls = ownerCalls as unknown as Record<string, OwnerCall<OperationId>>

const pairs = new Set(
  allOperations.flatMap((op) =>
    [...commonErrors(op), ...op.errors].map((code) => `${op.id} ${code}`),
  ),
)
const seen = new Set<string>()

let stage: Stage
const problems: string[] = []
beforeAll(async () => {
  const gate = openGate()
  const faults = openFaults()
  const world = await openWorld({
    // An hour before the end of a month, so that sessions outlive its closing.
    startsAt: new Date('2026-03-31T23:00:00Z'),
    wrapDb: (db) => faults.wrap(gate.wrap(db)),
    // As every world notes them, except what is brought about here.
    log: {
      info() {},
      warn() {},
      error: ({ err, ...facts }, message) => {
        const isCutOff = err instanceof Error && err.name === 'AbortError'
        const text = `${message}: ${err instanceof Error ? inspect(err) : JSON.stringify(facts)}`
        if (!isCutOff && !faults.isTold(text)) problems.push(text)
      },
    },
    observe: (op, status, body) => {
      const problem = contractProblem(op, status, body)
      if (problem && !faults.isArmed()) problems.push(problem)
    },
  })
  stage = { world, gate, faults, seed: await openSeed(world) }
}, 240_000)
afterAll(async () => {
  await stage.world.close()
  expect(problems).toEqual([])
})

async function bringAbout(one: Case, code: ErrorCode, cause: () => Spoilt | Promise<Spoilt>) {
  const spoilt = await cause()
  try {
    expectDeclared(one.op, code, await ask(stage, one, spoilt), spoilt.names)
  } finally {
    await spoilt.after?.()
  }
  seen.add(`${one.op.id} ${code}`)
}

const cases = new Map<string, Case>()

async function caseOf(op: Operation): Promise<Case> {
  const call = calls[op.id]
  if (!call) throw new Error(`${op.id} has no row in owner-calls.ts`)
  const made = cases.get(op.id) ?? {
    op,
    call,
    input: { ...(await call.input(stage.seed)) },
    key: randomUUID(),
  }
  cases.set(op.id, made)
  return made
}

// Last of those that many share: it uses up what the owner may do once.
function inOrder(codes: readonly ErrorCode[]): ErrorCode[] {
  const last = 'idempotency_in_progress'
  return [...codes.filter((code) => code !== last), ...codes.filter((code) => code === last)]
}

describe.each(allOperations.map((op) => ({ id: op.id, op })))('$id', ({ op }) => {
  // Needs a server that counts, and has one below.
  const shared = inOrder(commonErrors(op).filter((code) => code !== 'rate_limited'))
  test.each(shared)('%s', async (code) => {
    const cause = commonCauses[code]
    if (!cause) throw new Error(`${code} has no cause in declared-common.ts`)
    const one = await caseOf(op)
    await bringAbout(one, code, () => cause(stage, one))
  })

  test('and serves the very request that was spoilt', async () => {
    const one = await caseOf(op)
    const { status, text } = await (one.served ?? ask(stage, one))
    expect(status, text).toBe(op.status)
    // Logging out and a new password end sessions, so the next operation needs a fresh one.
    const { by = 'provider' } = one.call
    if (by !== 'nobody' && op.auth === 'session') await stage.world.logIn(stage.world[by])
  })

  if (op.errors.length > 0)
    test.each(op.errors)('%s, of its own', async (code) => {
      const cause = owned[op.id]?.[code]
      if (!cause) throw new Error(`${op.id} declares ${code}: what brings it about?`)
      await bringAbout(await caseOf(op), code, () => cause(stage.seed) as Promise<Spoilt>)
    })
})

test('there is no cause for an error that is not declared', () => {
  const caused = Object.entries(owned).flatMap(([id, causes = {}]) =>
    Object.keys(causes).map((code) => `${id} ${code}`),
  )
  const declared = allOperations.flatMap((op) => op.errors.map((code) => `${op.id} ${code}`))
  expect(caused.filter((one) => !declared.includes(one))).toEqual([])
})

describe('over the limit of requests', () => {
  beforeAll(async () => {
    await stage.world.restart({ limits: 'on' })
    await useUp(stage.world)
  })

  test.each(allOperations.map((op) => ({ id: op.id, op })))('$id', async ({ op }) => {
    await bringAbout(await caseOf(op), 'rate_limited', () => ({}))
  })
})

/** All that each tenant and this address may ask in a minute; the clock stands still. */
async function useUp({ url, provider, buyer, operator }: World): Promise<void> {
  const statusOf = async (token: string | undefined) =>
    (await (token ? send(`${url}/v1/me`, { token }) : send(`${url}/v1/auth/signup`, { json: {} })))
      .status
  for (const token of [provider.token, buyer.token, operator.token, undefined]) {
    while ((await statusOf(token)) !== 429);
  }
}

test('every declared error was brought about', () => {
  console.log(`${pairs.size} pairs of operation and code, ${seen.size} brought about`)
  expect([...pairs].filter((pair) => !seen.has(pair))).toEqual([])
})

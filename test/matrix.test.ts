// Every operation before every caller: the members of its owner's tenant, keys with each scope and
// without the needed one, access tokens, another tenant, the platform's operator, nobody. What each of
// them must get is worked out from matrix-table.ts, which is written apart from the server.
import type { Operation } from '@ipto/contract/operation.ts'
import { type OperationId, operations } from '@ipto/contract/operations.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Caller,
  type Household,
  openHousehold,
  strangersOf,
  tokenOf,
} from './matrix-callers.ts'
import { admittance, holdsScope, type Rule, ruleOf } from './matrix-table.ts'
import { type OwnerCall, openSeed, ownerCalls, type Seed } from './owner-calls.ts'
import { type Answer, codeOf, comparable, requestOf, send } from './send.ts'
import { openWorld, type World } from './world.ts'

let world: World
let seed: Seed
let households: { provider: Household; buyer: Household }
beforeAll(async () => {
  // An hour before the end of a month, so that sessions outlive its closing.
  world = await openWorld({ startsAt: new Date('2026-03-31T23:00:00Z') })
  seed = await openSeed(world)
  households = {
    provider: await openHousehold(world, world.provider),
    buyer: await openHousehold(world, world.buyer),
  }
}, 240_000)
afterAll(() => world.close())

interface Row {
  op: Operation
  call: OwnerCall<OperationId>
  rule: Rule | undefined
}

const rows = Object.entries(operations).map(([id, op]) => ({
  id,
  op: op as unknown as Operation,
  call: ownerCalls[id as OperationId] as unknown as Row['call'],
  rule: ruleOf(op),
}))

test.each(rows)('the contract of $id asks for what the specification says', ({ op, rule }) => {
  const auths = { none: '-', operator: 'op', client: 'client', any: 'any', session: 'session' }
  expect({
    auth: auths[op.auth],
    scope: op.scope,
    roles: isLed(op) ? ['owner', 'admin'] : op.roles,
  }).toEqual(rule)
})

// Owner and admin hold every role; naming them says that no other does.
function isLed({ roles }: Operation): boolean {
  return roles.length === 2 && roles.includes('owner') && roles.includes('admin')
}

type Expected = 'served' | 401 | 403 | 404

function expectedOf({ op, call, rule }: Row, caller: Caller): Expected {
  if (!rule) throw new Error(`the specification knows no ${op.id}`)
  const admitted = admittance(rule, caller)
  if (admitted !== 'served') return admitted
  // A job is readable with the scope that started it; this one removed a dataset.
  const isJobHidden = op.id === 'jobs.get' && !holdsScope({ scope: 'datasets:write' }, caller)
  const isForeign = !caller.isAtHome && rule.auth !== 'op' && call.names !== undefined
  // It is a filter: nothing is found under the name.
  if (op.id === 'audit.list') return 'served'
  return isForeign || isJobHidden ? 404 : 'served'
}

/** In place of what the owner sends: what belongs to the caller itself, or what it may not discover. */
function inputFor({ op, call }: Row, caller: Caller, input: object): object {
  if (op.id === 'me.password' && caller.party) {
    const { password } = caller.party
    return { current_password: password, new_password: password }
  }
  return caller.isAtHome ? input : { ...input, ...call.hidden?.(seed) }
}

async function ask({ op }: Pick<Row, 'op'>, input: object, caller: Caller): Promise<Answer> {
  const { path, request } = requestOf(op, input)
  return send(world.url + path, { ...request, token: tokenOf(caller) })
}

async function callersOf({ call, rule }: Row): Promise<Caller[]> {
  const { always, fitted } = households[call.by === 'buyer' ? 'buyer' : 'provider']
  return [...always, ...(rule ? await fitted(rule) : []), ...strangersOf(world)]
}

describe('serves and refuses', () => {
  test.each(rows)(
    '$id',
    async (row) => {
      const { op, call } = row
      const shared = await call.input(seed)
      // A refused call uses nothing up, and neither does a look.
      const fresh = async () => (op.method === 'GET' ? shared : await call.input(seed))
      const got: [name: string, outcome: unknown][] = []
      const wanted: [name: string, outcome: unknown][] = []
      const refusals = new Map<Expected, { caller: Caller; answer: Answer }>()
      for (const caller of await callersOf(row)) {
        const expected = expectedOf(row, caller)
        const given = expected === 'served' ? await fresh() : shared
        const answer = await ask(row, inputFor(row, caller, given), caller)
        wanted.push([caller.name, expected])
        got.push([caller.name, outcomeOf(op, answer, expected)])
        if (!caller.isAtHome && !isOperators(row, caller)) expectNoSecrets(answer)
        if (expected !== 'served') refusals.set(expected, { caller, answer })
        if (expected === 'served' && op.id === 'auth.logout' && caller.party) {
          await world.logIn(caller.party)
        }
      }
      expect(got).toEqual(wanted)
      // Decided before a body is read: a wrong one changes nothing.
      for (const [status, { caller, answer }] of refusals) {
        if (status === 404) continue
        const wrong = await ask(row, { ...shared, no_such_field: 1 }, caller)
        expect(comparable(wrong)).toEqual(comparable(answer))
      }
    },
    120_000,
  )
})

// Who reviews and pays sees the objects of all.
function isOperators({ rule }: Row, { isPlatformAdmin }: Caller): boolean {
  return rule?.auth === 'op' && isPlatformAdmin
}

function outcomeOf(op: Operation, answer: Answer, expected: Expected): unknown {
  const { status, body } = answer
  if (expected === 'served') return status === op.status ? 'served' : [status, body]
  if (expected === 401 && !isChallenged(op, answer)) return [status, 'without a challenge']
  const codes = { 401: ['unauthorized', 'invalid_client'], 403: ['forbidden'], 404: ['not_found'] }
  return status === expected && codes[expected].includes(codeOf(answer)) ? status : [status, body]
}

function isChallenged({ auth }: Operation, { headers }: Answer): boolean {
  const challenge = headers.get('www-authenticate') ?? ''
  return challenge.startsWith(auth === 'client' ? 'Basic' : 'Bearer')
}

// Ids and names that nobody but the provider may learn.
function expectNoSecrets({ text }: Answer): void {
  for (const secret of [seed.privateId, seed.objectId, seed.keyId, seed.jobId, 'Hidden tides']) {
    expect(text).not.toContain(secret)
  }
}

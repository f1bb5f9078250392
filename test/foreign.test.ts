// What a caller may not know of is answered like what does not exist: byte by byte, and with the same
// work. The statements of a request are written down, so that neither a second look-up nor an early end
// tells a foreign id from an unknown one, or from one that no id can be.
import { idPrefixes } from '@ipto/contract/ids.ts'
import type { Operation } from '@ipto/contract/operation.ts'
import { type OperationId, operations } from '@ipto/contract/operations.ts'
import { scopes } from '@ipto/contract/scopes.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OwnerCall, openSeed, ownerCalls, type Seed } from './owner-calls.ts'
import { type Answer, comparable, requestOf, send } from './send.ts'
import { openTrace } from './trace.ts'
import { openWorld, type World } from './world.ts'

type Input = Record<string, unknown>
interface Row {
  id: string
  op: Operation
  call: OwnerCall<OperationId>
}

const rows = Object.entries(operations)
  .map(([id, op]) => ({
    id,
    op: op as unknown as Operation,
    call: ownerCalls[id as OperationId] as unknown as Row['call'],
  }))
  .filter(({ call }) => call.names !== undefined)

let world: World
let seed: Seed
let strangers: { name: string; token: string }[]
const inputs = new Map<string, Input>()
const trace = openTrace()
beforeAll(async () => {
  world = await openWorld({ startsAt: new Date('2026-03-31T23:00:00Z'), wrapDb: trace.wrap })
  seed = await openSeed(world)
  for (const { id, call } of rows) {
    inputs.set(id, { ...(await call.input(seed)), ...call.hidden?.(seed) })
  }
  const key = await world.stranger.client.apiKeys.create({ name: 'all', scopes: [...scopes] })
  strangers = [
    { name: 'a session', token: world.stranger.token },
    { name: 'a key', token: key.secret },
    { name: 'an operator', token: world.operator.token },
  ]
  // From here on nothing runs but what is asked for.
  await world.restart({ works: false })
  for (const { token } of strangers) await send(`${world.url}/v1/me`, { token })
}, 120_000)
afterAll(() => world.close())

interface Seen extends Answer {
  statements: string[]
}

async function ask({ op }: Row, input: Input, token: string): Promise<Seen> {
  const { path, request } = requestOf(op, input)
  trace.clear()
  const answer = await send(world.url + path, { ...request, token })
  return { ...answer, statements: trace.statements() }
}

/** A well-formed id of the same kind that nothing has. */
function unknownLike(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unknownLike)
  const [prefix = '', body = ''] = String(value).split('_')
  expect(Object.keys(idPrefixes)).toContain(prefix)
  return `${prefix}_${body.slice(0, 10)}${'0123456789abcdef'.slice(0, body.length - 10)}`
}

function malformed(value: unknown): unknown {
  return Array.isArray(value) ? ['x'] : 'x'
}

/** The names of an input, all of them or one, changed. */
function renamed({ call }: Row, input: Input, change: (value: unknown) => unknown, only?: string) {
  const changed = { ...input }
  for (const name of call.names ?? []) {
    if (only === undefined || name === only) changed[name] = change(input[name])
  }
  return changed
}

const ofTenants = rows.filter(({ op }) => op.auth !== 'operator')
const ofOperators = rows.filter(({ op }) => op.auth === 'operator')

describe('a foreign id is answered like an unknown one, with the same work', () => {
  test.each(ofTenants)('$id', async (row) => {
    const input = inputs.get(row.id) ?? {}
    for (const { name, token } of strangers) {
      const foreign = await ask(row, input, token)
      if (foreign.status === 403 && row.op.auth === 'session') continue
      // A filter finds nothing; everything else is not there.
      if (row.op.id === 'audit.list') expect(foreign.body.items, name).toEqual([])
      else expect([name, foreign.status]).toEqual([name, 404])
      const unknown = await ask(row, renamed(row, input, unknownLike), token)
      expect(comparable(unknown), name).toEqual(comparable(foreign))
      expect(unknown.statements, name).toEqual(foreign.statements)
      const broken = await ask(row, renamed(row, input, malformed), token)
      expect(comparable(broken), name).toEqual(comparable(foreign))
      expect(broken.statements, name).toEqual(foreign.statements)
    }
  })
})

describe('an operator, too, is told the same of every id that names nothing', () => {
  test.each(ofOperators)('$id', async (row) => {
    const input = inputs.get(row.id) ?? {}
    for (const only of row.call.names ?? []) {
      const unknown = await ask(row, renamed(row, input, unknownLike, only), world.operator.token)
      expect([only, unknown.status]).toEqual([only, 404])
      const broken = await ask(row, renamed(row, input, malformed, only), world.operator.token)
      expect(comparable(broken), only).toEqual(comparable(unknown))
    }
  })
})

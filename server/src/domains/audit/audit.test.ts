import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestDb } from '../../adapters/db/db.fixture.ts'
import { type Call, systemActor } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import { asId, type Id, newId } from '../../base/ids.ts'
import { changesOf, genesis, hashOf, list, record, seal, verifyChain } from './audit.ts'

let db: Db
const now = new Date('2026-04-05T10:00:00.123Z')

beforeAll(async () => {
  db = (await openTestDb()).db
})
afterAll(() => db.close())

const write = (tenantId: Id<'tnt'>, action: string, changes: Record<string, unknown> = {}) =>
  db.tx((tx) => record(tx, { actor: systemActor(tenantId, 'test'), now }, { action, changes }))

const callOf = (tenantId: Id<'tnt'>): Call => ({
  actor: systemActor(tenantId, 'test'),
  requestId: newId('req'),
  chargeKey: newId('req'),
  isRepeat: false,
  address: '',
  now,
  signal: new AbortController().signal,
  after: null,
})

const everything = { actorId: null, action: null, targetId: null, from: null, to: null, limit: 100 }
const entriesOf = async (tenantId: Id<'tnt'>) => {
  const page = await list({ db }, callOf(tenantId), everything)
  return page.items.toReversed()
}

describe('the chain of a tenant', () => {
  test('links every entry to the one before, in the order of writing, from the first', async () => {
    const tenantId = newId('tnt')
    for (const action of ['one', 'two', 'three']) await write(tenantId, action)
    expect((await entriesOf(tenantId)).map((entry) => entry.sequence)).toEqual([null, null, null])
    await seal({ db })
    await write(tenantId, 'four')
    await seal({ db })

    const entries = await entriesOf(tenantId)
    expect(entries.map((entry) => entry.action)).toEqual(['one', 'two', 'three', 'four'])
    expect(entries.map((entry) => entry.sequence)).toEqual([1n, 2n, 3n, 4n])
    const before = [genesis, ...entries.map((entry) => entry.hash)].slice(0, -1)
    expect(entries.map((entry) => entry.previousHash)).toEqual(before)
    expect(await verifyChain(db, tenantId)).toEqual({ firstBad: null })
  })

  test('is sealed once: another round finds nothing left', async () => {
    await write(newId('tnt'), 'one')
    expect(await seal({ db })).toBeGreaterThan(0)
    expect(await seal({ db })).toBe(0)
  })

  test('does not depend on what other tenants do', async () => {
    const [a, b] = [newId('tnt'), newId('tnt')]
    for (const tenantId of [a, b, a, b, a]) await write(tenantId, 'mixed')
    await seal({ db })
    expect((await entriesOf(a)).map((entry) => entry.sequence)).toEqual([1n, 2n, 3n])
    expect((await entriesOf(b)).map((entry) => entry.sequence)).toEqual([1n, 2n])
    expect(await verifyChain(db, b)).toEqual({ firstBad: null })
  })

  test('survives the trip of its changes through the database, in any order of their fields', async () => {
    const tenantId = newId('tnt')
    await write(tenantId, 'odd', {
      z: [1, { b: 'ä"\\\n', a: null }],
      a: 1e21,
      name: { before: 0.1 },
    })
    await seal({ db })
    expect(await verifyChain(db, tenantId)).toEqual({ firstBad: null })
  })
})

describe('a broken chain names its first bad entry', () => {
  const chainOf = async (count: number) => {
    const tenantId = newId('tnt')
    for (let entry = 0; entry < count; entry++) await write(tenantId, `step ${entry}`)
    await seal({ db })
    return { tenantId, ids: (await entriesOf(tenantId)).map((entry) => entry.id) }
  }

  test.each([
    ['an action', 'action'],
    ['an actor', 'actor_id'],
    ['a link', 'previous_hash'],
    ['a hash', 'hash'],
  ])('where %s was changed', async (_, column) => {
    const { tenantId, ids } = await chainOf(4)
    const id = ids[1] ?? ''
    await db.run`
      update audit_events
      set action = case when ${column}::text = 'action' then 'forged' else action end,
        actor_id = case when ${column}::text = 'actor_id' then 'forged' else actor_id end,
        previous_hash = case when ${column}::text = 'previous_hash' then 'f' else previous_hash end,
        hash = case when ${column}::text = 'hash' then 'f' else hash end
      where id = ${id}`
    expect(await verifyChain(db, tenantId)).toEqual({ firstBad: id })
  })

  test('where an entry was taken out', async () => {
    const { tenantId, ids } = await chainOf(3)
    await db.run`delete from audit_events where id = ${ids[1] ?? ''}`
    expect(await verifyChain(db, tenantId)).toEqual({ firstBad: ids[2] })
  })

  test('where a forger made the hash of the entry fit: then the next one does not follow', async () => {
    const { tenantId, ids } = await chainOf(3)
    const entry = (await entriesOf(tenantId))[1]
    if (!entry?.previousHash || entry.sequence === null) throw new Error('it is sealed')
    const { sequence, previousHash } = entry
    const hash = hashOf({ ...entry, sequence, previousHash, action: 'forged' })
    await db.run`update audit_events set action = 'forged', hash = ${hash} where id = ${entry.id}`
    expect(await verifyChain(db, tenantId)).toEqual({ firstBad: ids[2] })
  })
})

test('a tenant reads its own entries only, and every filter narrows', async () => {
  const [tenantId, other] = [newId('tnt'), newId('tnt')]
  await write(tenantId, 'wanted')
  await write(tenantId, 'unwanted')
  await write(other, 'wanted')
  const page = await list({ db }, callOf(tenantId), { ...everything, action: 'wanted' })
  expect(page.items.map((entry) => entry.tenantId)).toEqual([tenantId])
  const late = await list({ db }, callOf(tenantId), { ...everything, from: new Date(+now + 1) })
  expect(late.items).toEqual([])
})

test('pages meet without a gap and without a repetition', async () => {
  const tenantId = newId('tnt')
  for (let entry = 0; entry < 5; entry++) await write(tenantId, `step ${entry}`)
  const call = callOf(tenantId)
  const first = await list({ db }, call, { ...everything, limit: 3 })
  const second = await list({ db }, { ...call, after: first.next }, { ...everything, limit: 3 })
  const actions = [...first.items, ...second.items].map((entry) => entry.action)
  expect(actions).toEqual(['step 4', 'step 3', 'step 2', 'step 1', 'step 0'])
  expect(second.next).toBeNull()
})

test('an entry exists only with its change', async () => {
  const tenantId = asId('tnt', 'tnt_rolled_back')
  const failing = db.tx(async (tx) => {
    await record(tx, { actor: systemActor(tenantId, 'test'), now }, { action: 'never' })
    throw new Error('the change fails')
  })
  await expect(failing).rejects.toThrow('the change fails')
  expect(await entriesOf(tenantId)).toEqual([])
})

test('only fields that differ are told, amounts and times as text', () => {
  const before = { name: 'a', same: [1, 2], amountMicros: 5n, endsAt: null, gone: undefined }
  const after = { name: 'b', same: [1, 2], amountMicros: 7n, endsAt: now, gone: undefined }
  expect(changesOf(before, after)).toEqual({
    name: { before: 'a', after: 'b' },
    amountMicros: { before: '5', after: '7' },
    endsAt: { before: null, after: now.toISOString() },
  })
})

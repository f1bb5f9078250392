import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openTestDb } from '../../adapters/db/db.fixture.ts'
import type { Actor, Call, OpenCall } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import { type Id, newId } from '../../base/ids.ts'
import * as identity from '../identity/identity.ts'
import * as ledger from '../ledger/ledger.ts'
import type * as metering from '../metering/metering.ts'
import { type Charge, charge, closeUse, remainingOf, type UsageDraft } from './billing.ts'

let db: Db
let deps: { db: Db; settings: { sessionHours: number } }
let now: Date
let owner: Actor
let providerId: Id<'tnt'>

beforeAll(async () => {
  db = (await openTestDb()).db
  deps = { db, settings: { sessionHours: 24 * 365 } }
})
beforeEach(async () => {
  now = new Date('2026-04-05T10:00:00Z')
  owner = await addTenant()
  providerId = newId('tnt')
})
afterAll(() => db.close())

const openCall = (): OpenCall => {
  const requestId = newId('req')
  const signal = new AbortController().signal
  return {
    requestId,
    chargeKey: requestId,
    isRepeat: false,
    address: requestId,
    now,
    signal,
    after: null,
  }
}
const callOf = (actor: Actor): Call => ({ ...openCall(), actor })

async function addTenant(): Promise<Actor> {
  const email = `${newId('usr')}@example.com`
  const input = { email, password: 'correct horse', displayName: 'Ada', tenantName: 'Ada' }
  const { token } = await identity.signUp(deps, openCall(), input)
  return identity.authenticate(db, { kind: 'session', token: token.reveal() }, now)
}

async function addKey(budgetMicros: bigint | null): Promise<Actor> {
  const { secret } = await identity.issueKey(deps, callOf(owner), {
    name: 'agent',
    scopes: ['search:query'],
    datasetIds: null,
    budgetMicros,
    expiresAt: null,
  })
  return identity.authenticate(db, { kind: 'key', token: secret.reveal() }, now)
}

const price: metering.UnitPrice = {
  baseMicros: 30_000n,
  factorPpm: 1_000_000,
  model: 'fixed',
  priceBookVersion: 1,
  pricePointId: null,
  d7: null,
  d28: null,
  ageDays: null,
  halfLifeDays: null,
  platformBps: 4_000n,
}

const hit = (change: Partial<UsageDraft> = {}): UsageDraft => ({
  eventType: 'retrieval',
  datasetId: newId('dset'),
  datasetName: 'Contracts',
  objectId: newId('obj'),
  chunkNo: 1n,
  searchActivityId: newId('sa'),
  quantity: 1n,
  price,
  providerTenantId: providerId,
  isBillable: true,
  ...change,
})
const costing = (micros: bigint) => hit({ price: { ...price, baseMicros: micros } })

const pay = (
  actor: Actor,
  usage: UsageDraft[],
  { chargeKey = newId('req') as string, maxMicros = null as bigint | null } = {},
): Promise<Charge> => db.tx((tx) => charge(tx, { actor, chargeKey, now, usage, maxMicros }))

const owedBy = (actor: Actor) =>
  ledger.balanceOf(db, { purpose: 'receivable', tenantId: actor.tenantId })
const eventsOf = (actor: Actor) =>
  db.rows<metering.UsageEvent>`select * from usage_events where tenant_id = ${actor.tenantId}`

/** Of the tenant: no event, no charge, no transfer. */
async function expectNothingBooked(actor: Actor): Promise<void> {
  expect(await eventsOf(actor)).toEqual([])
  expect(await db.rows`select 1 from charges where tenant_id = ${actor.tenantId}`).toEqual([])
  expect(await owedBy(actor)).toBe(0n)
}

describe('a charge', () => {
  test('debits the buyer, and credits provider and platform with the whole of it', async () => {
    const made = await pay(owner, [hit(), hit({ price: { ...price, baseMicros: 33_333n } })])
    expect(made).toMatchObject({ amountMicros: 63_333n, isRepeated: false })
    expect(await owedBy(owner)).toBe(63_333n)
    // 40 % of 33,333 is 13,333.2: the platform's part is rounded down, the rest is the provider's.
    expect(await ledger.balanceOf(db, { purpose: 'payable', tenantId: providerId })).toBe(-38_000n)
  })

  test('under one key happens once, and answers the same events again', async () => {
    const chargeKey = newId('req')
    const usage = [hit(), hit({ chunkNo: 2n })]
    const first = await pay(owner, usage, { chargeKey })
    const second = await pay(owner, usage, { chargeKey })
    expect(second).toMatchObject({ id: first.id, amountMicros: 60_000n, isRepeated: true })
    const byId = (events: readonly metering.UsageEvent[]) =>
      [...events].sort((a, b) => (a.id < b.id ? -1 : 1))
    expect(byId(second.events)).toEqual(byId(first.events))
    expect(await eventsOf(owner)).toHaveLength(2)
    expect(await owedBy(owner)).toBe(60_000n)
  })

  test('under the key of another tenant is never answered with theirs', async () => {
    const chargeKey = newId('req')
    await pay(owner, [hit()], { chargeKey })
    const stranger = await addTenant()
    await expect(pay(stranger, [hit()], { chargeKey })).rejects.toThrow()
    await expectNothingBooked(stranger)
  })

  test('for use of an own dataset is zero and moves nothing', async () => {
    const own = hit({ providerTenantId: owner.tenantId, isBillable: false })
    const made = await pay(owner, [own])
    expect(made).toMatchObject({ amountMicros: 0n, events: [{ billable: false }] })
    expect(await owedBy(owner)).toBe(0n)
  })

  test('over max_amount is refused by a micro, and nothing is booked', async () => {
    const over = pay(owner, [hit(), hit()], { maxMicros: 59_999n })
    await expect(over).rejects.toMatchObject({ code: 'budget_exceeded' })
    await expectNothingBooked(owner)
    const made = await pay(owner, [hit(), hit()], { maxMicros: 60_000n })
    expect(made.amountMicros).toBe(60_000n)
  })

  test('of a key that was revoked meanwhile is unauthorized, and nothing is booked', async () => {
    const agent = await addKey(null)
    await identity.revokeKey(deps, callOf(owner), agent.id)
    await expect(pay(agent, [hit()])).rejects.toMatchObject({ code: 'unauthorized' })
    await expectNothingBooked(owner)
  })

  test('of a session that ended meanwhile is unauthorized, and nothing is booked', async () => {
    await identity.logOut(deps, callOf(owner))
    await expect(pay(owner, [hit()])).rejects.toMatchObject({ code: 'unauthorized' })
    await expectNothingBooked(owner)
  })

  test('that fails later in its transaction never was', async () => {
    const agent = await addKey(100_000n)
    const failing = db.tx(async (tx) => {
      await charge(tx, { actor: agent, chargeKey: 'req_x', now, usage: [hit()], maxMicros: null })
      throw new Error('the hits cannot be stored')
    })
    await expect(failing).rejects.toThrow('cannot be stored')
    await expectNothingBooked(owner)
    expect(await remainingOf(db, agent, now)).toBe(100_000n)
  })
})

describe('a month', () => {
  test('of one tenant has an end of its own, so that every sum can be told', async () => {
    await pay(owner, [costing(10n ** 14n)])
    const more = pay(owner, [costing(1n)])
    await expect(more).rejects.toMatchObject({ code: 'budget_exceeded' })
    expect(await owedBy(owner)).toBe(10n ** 14n)
  })

  test('that was closed for somebody is closed for all, whenever they came', async () => {
    const early = await addTenant()
    now = new Date('2026-03-05T10:00:00Z')
    await pay(early, [hit()])
    now = new Date('2026-04-01T00:00:00Z')
    const periodStart = new Date('2026-03-01T00:00:00Z')
    await db.tx((tx) => closeUse(tx, early.tenantId, { periodStart, now }))
    // The clock goes back, and somebody signs up.
    now = new Date('2026-03-31T10:00:00Z')
    const late = await addTenant()
    for (const at of ['2026-03-31T10:00:00Z', '2026-02-01T00:00:00Z']) {
      now = new Date(at)
      const charged = pay(late, [hit()])
      await expect(charged).rejects.toMatchObject({ code: 'service_unavailable' })
    }
    await expectNothingBooked(late)
  })
})

describe('the budget of a key', () => {
  test('is hard: what would pass it by a micro is refused whole', async () => {
    const agent = await addKey(60_000n)
    await pay(agent, [costing(30_000n)])
    const over = pay(agent, [costing(15_000n), costing(15_001n)])
    await expect(over).rejects.toMatchObject({ code: 'budget_exceeded', details: { scope: 'key' } })
    expect(await owedBy(owner)).toBe(30_000n)
    await pay(agent, [costing(30_000n)])
    expect(await remainingOf(db, agent, now)).toBe(0n)
    await expect(pay(agent, [costing(1n)])).rejects.toMatchObject({ code: 'budget_exceeded' })
  })

  test('holds against callers at the same moment', async () => {
    const agent = await addKey(100_000n)
    const calls = Array.from({ length: 8 }, () => pay(agent, [costing(30_000n)]))
    const settled = await Promise.allSettled(calls)
    expect(settled.filter((one) => one.status === 'fulfilled')).toHaveLength(3)
    expect(await owedBy(owner)).toBe(90_000n)
  })

  test('is its own: another key and the owner go on', async () => {
    const agent = await addKey(10_000n)
    await expect(pay(agent, [hit()])).rejects.toMatchObject({ code: 'budget_exceeded' })
    await pay(await addKey(30_000n), [hit()])
    await pay(owner, [hit()])
    expect(await owedBy(owner)).toBe(60_000n)
  })

  test('starts anew with the calendar month in UTC', async () => {
    const agent = await addKey(30_000n)
    now = new Date('2026-04-30T23:59:59.999Z')
    await pay(agent, [hit()])
    await expect(pay(agent, [hit()])).rejects.toMatchObject({ code: 'budget_exceeded' })
    now = new Date('2026-05-01T00:00:00Z')
    expect(await remainingOf(db, agent, now)).toBe(30_000n)
    await pay(agent, [hit()])
  })

  test('counts what the key spent before it was set, and is gone when it is taken away', async () => {
    const agent = await addKey(null)
    const withBudget = async (keyBudgetMicros: bigint | null) => {
      await db.run`
        update api_keys set budget_micros = ${keyBudgetMicros}
        where id = ${agent.id} and tenant_id = ${agent.tenantId}`
      return { ...agent, keyBudgetMicros }
    }
    await pay(agent, [costing(30_000n)])
    const limited = await withBudget(50_000n)
    expect(await remainingOf(db, limited, now)).toBe(20_000n)
    await expect(pay(limited, [costing(30_000n)])).rejects.toMatchObject({
      code: 'budget_exceeded',
    })
    // Also where the call began before it was set.
    await expect(pay(agent, [costing(30_000n)])).rejects.toMatchObject({ code: 'budget_exceeded' })
    await pay(limited, [costing(20_000n)])
    const free = await withBudget(null)
    expect(await remainingOf(db, free, now)).toBeNull()
    await pay(free, [costing(30_000n)])
  })

  test('is not needed for what is free', async () => {
    const agent = await addKey(0n)
    const own = hit({ providerTenantId: owner.tenantId, isBillable: false })
    expect((await pay(agent, [own])).amountMicros).toBe(0n)
    expect(await remainingOf(db, agent, now)).toBe(0n)
  })
})

test('a limit of the tenant holds for all its keys together', async () => {
  const [one, two] = [await addKey(null), await addKey(1_000_000n)]
  await pay(one, [hit()])
  await db.run`
    update budgets set limit_micros = 70000
    where tenant_id = ${owner.tenantId} and scope = 'tenant'`
  expect(await remainingOf(db, two, now)).toBe(40_000n)
  await pay(two, [hit()])
  await expect(pay(owner, [hit()])).rejects.toMatchObject({ code: 'budget_exceeded' })
  expect(await owedBy(owner)).toBe(60_000n)
})

test('any charges leave the books at zero, the ledger explained and nothing lost to rounding', async () => {
  const drafts = fc.array(
    fc.record({
      micros: fc.bigInt({ min: 0n, max: 10n ** 9n }),
      factorPpm: fc.integer({ min: 250_000, max: 1_414_214 }),
      platformBps: fc.constantFrom(3_000n, 4_000n),
      provider: fc.constantFrom(0, 1, 2),
      isBillable: fc.boolean(),
    }),
    { minLength: 1, maxLength: 8 },
  )
  const providers = [newId('tnt'), newId('tnt'), newId('tnt')]
  let owedMicros = 0n
  const earned = new Map<string, bigint>()
  await fc.assert(
    fc.asyncProperty(drafts, async (drawn) => {
      const made = await pay(
        owner,
        drawn.map(({ micros, factorPpm, platformBps, provider, isBillable }) =>
          hit({
            price: { ...price, baseMicros: micros, factorPpm, platformBps },
            providerTenantId: providers[provider] ?? providerId,
            isBillable,
          }),
        ),
      )
      for (const event of made.events) {
        const share = event.amountMicros - event.platformMicros
        owedMicros += event.amountMicros
        earned.set(event.providerTenantId, (earned.get(event.providerTenantId) ?? 0n) + share)
      }
      expect(made.amountMicros).toBe(made.events.reduce((sum, one) => sum + one.amountMicros, 0n))
      expect(await owedBy(owner)).toBe(owedMicros)
      for (const id of providers) {
        const payable = await ledger.balanceOf(db, { purpose: 'payable', tenantId: id })
        expect(-payable).toBe(earned.get(id) ?? 0n)
      }
    }),
    { numRuns: 12 },
  )
  expect((await ledger.trialBalance(db)).totalMicros).toBe(0n)
  expect(await ledger.verify(db)).toEqual([])
})

// `npm run bench:money`: what booking costs, on PostgreSQL. In one run: charges of 20 hits through
// billing, and bare transactions of the very statements that such a charge sends, by as many clients;
// the same with one buyer and one provider that all clients share. BENCH_DATABASE_URL names an empty
// database.
import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { openDb } from '../server/src/app.ts'
import type { Actor } from '../server/src/base/call.ts'
import type { Db, SqlValue, Tx } from '../server/src/base/db.ts'
import { newId } from '../server/src/base/ids.ts'
import * as billing from '../server/src/domains/billing/billing.ts'
import * as identity from '../server/src/domains/identity/identity.ts'

const { values: flags } = parseArgs({
  options: { json: { type: 'string' }, seconds: { type: 'string', default: '10' } },
})
const seconds = Number(flags.seconds)
const clients = 8
const hits = 20

const url = process.env.BENCH_DATABASE_URL
if (!url) {
  console.error('Set BENCH_DATABASE_URL to an empty PostgreSQL database.')
  process.exit(2)
}
const { db } = await openDb({ kind: 'postgres', url })

async function buyer(): Promise<Actor> {
  const deps = { db, settings: { sessionHours: 12 } }
  const now = new Date()
  const call = () => {
    const requestId = newId('req')
    const signal = new AbortController().signal
    const open = { requestId, chargeKey: requestId, isRepeat: false, address: requestId }
    return { ...open, now, signal, after: null }
  }
  const { token } = await identity.signUp(deps, call(), {
    email: `${randomUUID()}@example.com`,
    password: 'a long password',
    displayName: 'buyer',
    tenantName: 'buyer',
  })
  const owner = await identity.authenticate(db, { kind: 'session', token: token.reveal() }, now)
  const { secret } = await identity.issueKey(
    deps,
    { ...call(), actor: owner },
    {
      name: 'agent',
      scopes: ['search:query'],
      datasetIds: null,
      budgetMicros: 10n ** 14n,
      expiresAt: null,
    },
  )
  return identity.authenticate(db, { kind: 'key', token: secret.reveal() }, now)
}

let chunkNo = 0n
function basket(providerTenantId: ReturnType<typeof newId<'tnt'>>): billing.UsageDraft[] {
  const searchActivityId = newId('sa')
  return Array.from({ length: hits }, () => ({
    eventType: 'retrieval',
    datasetId: `dset_${providerTenantId}`,
    datasetName: 'Bench',
    objectId: newId('obj'),
    chunkNo: ++chunkNo,
    searchActivityId,
    quantity: 1n,
    price: {
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
    },
    providerTenantId,
    isBillable: true,
  }))
}

/** How often a second all clients together finish `work`. */
async function rateOf(work: (client: number) => Promise<unknown>): Promise<number> {
  let done = 0
  const endsAt = performance.now() + seconds * 1_000
  const startedAt = performance.now()
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      while (performance.now() < endsAt) {
        await work(client)
        done += 1
      }
    }),
  )
  return done / ((performance.now() - startedAt) / 1_000)
}

interface Statement {
  text: TemplateStringsArray
  values: SqlValue[]
}

/** The statements of one charge, as they are sent. */
async function statementsOf(actor: Actor, usage: billing.UsageDraft[]): Promise<Statement[]> {
  const sent: Statement[] = []
  const chargeKey = newId('req')
  await db.tx((tx) => {
    const listening = Object.assign(Object.create(Object.getPrototypeOf(tx) as object), tx, {
      rows: (text: TemplateStringsArray, ...values: SqlValue[]) => {
        sent.push({ text, values })
        return tx.rows(text, ...values)
      },
      first: (text: TemplateStringsArray, ...values: SqlValue[]) => {
        sent.push({ text, values })
        return tx.first(text, ...values)
      },
      run: (text: TemplateStringsArray, ...values: SqlValue[]) => {
        sent.push({ text, values })
        return tx.run(text, ...values)
      },
    }) as Tx
    return billing.charge(listening, { actor, chargeKey, now: new Date(), usage, maxMicros: null })
  })
  return sent
}

/** The same statements under other ids: every id of the charge gets a new ending. */
function renewed(statements: readonly Statement[], names: readonly string[]): Statement[] {
  const ending = randomUUID().slice(0, 8)
  const renew = (text: string) =>
    names.reduce((all, name) => all.replaceAll(name, `${name.slice(0, -8)}${ending}`), text)
  return statements.map(({ text, values }) => ({
    text,
    values: values.map((value) => {
      if (typeof value === 'string') return renew(value)
      if (value !== null && typeof value === 'object' && 'json' in value) {
        return { json: renew(value.json) }
      }
      return value
    }),
  }))
}

const idsIn = (statements: readonly Statement[]): string[] => {
  const text = JSON.stringify(statements, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  )
  return [...new Set(text.match(/\b(?:req|chg|ue|sa)_[0-9a-z]{26}/g) ?? [])]
}

async function replay(statements: readonly Statement[]): Promise<void> {
  await db.tx(async (tx) => {
    for (const { text, values } of statements) await tx.rows(text, ...values)
  })
}

async function main(database: Db): Promise<void> {
  const buyers = await Promise.all(Array.from({ length: clients }, buyer))
  const providers = buyers.map(() => newId('tnt'))
  const charge = (actor: Actor | undefined, provider: (typeof providers)[number] | undefined) => {
    if (!actor || !provider) throw new Error('every client has its buyer and its provider')
    const usage = basket(provider)
    return database.tx((tx) =>
      billing.charge(tx, {
        actor,
        chargeKey: newId('req'),
        now: new Date(),
        usage,
        maxMicros: null,
      }),
    )
  }
  const templates = await Promise.all(
    buyers.map(async (actor, client) => {
      const provider = providers[client]
      if (!provider) throw new Error('every client has its provider')
      const statements = await statementsOf(actor, basket(provider))
      return { statements, names: idsIn(statements) }
    }),
  )
  const bareOf = (template: (typeof templates)[number] | undefined) =>
    replay(template ? renewed(template.statements, template.names) : [])

  // Once unmeasured: plans and pages are warm then.
  await rateOf((client) => charge(buyers[client], providers[client]))
  const spread = await rateOf((client) => charge(buyers[client], providers[client]))
  const bare = await rateOf((client) => bareOf(templates[client]))
  const hot = await rateOf(() => charge(buyers[0], providers[0]))
  const bareHot = await rateOf(() => bareOf(templates[0]))

  const show = (name: string, rate: number) =>
    console.log(
      `${name.padEnd(52)} ${rate.toFixed(0).padStart(6)} charges/s  ${(rate * hits).toFixed(0).padStart(7)} usage events/s  ${(rate * 2).toFixed(0).padStart(6)} transfers/s`,
    )
  show(`charges of ${hits} hits, ${clients} clients`, spread)
  show('bare transactions of the same statements', bare)
  show('charges, one buyer and one provider for all', hot)
  show('bare transactions, one buyer and one provider', bareHot)
  const results = {
    chargesPerSecond: spread,
    barePerSecond: bare,
    hotPerSecond: hot,
    bareHotPerSecond: bareHot,
    ofBare: spread / bare,
    hotCost: spread / hot,
  }
  console.log(
    `charges reach ${results.ofBare.toFixed(2)} of the bare rate; one hot buyer and provider cost ${results.hotCost.toFixed(2)} ×`,
  )
  if (flags.json) {
    const [cpu] = cpus()
    const machine = { cpu: cpu?.model ?? 'unknown', cores: cpus().length, node: process.version }
    writeFileSync(flags.json, `${JSON.stringify({ machine, seconds, results }, null, 2)}\n`)
  }
}

await main(db)
await db.close()
process.exit(0)

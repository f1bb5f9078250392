// `npm run bench:close`: what closing a month costs, on PostgreSQL. In one run: the invoices of a month of a
// million usage events, and one bare `sum … group by` over the same rows. BENCH_DATABASE_URL names an
// empty database. Nobody follows the events of the closing here: what they lead to is not part of it.
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { openDb } from '../server/src/adapters/db/open.ts'
import { monthOf } from '../server/src/base/clock.ts'
import type { Db } from '../server/src/base/db.ts'
import * as invoices from '../server/src/domains/invoices/invoices.ts'

const { values: flags } = parseArgs({
  options: {
    json: { type: 'string' },
    events: { type: 'string', default: '1000000' },
    tenants: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '3' },
  },
})
const events = Number(flags.events)
const tenants = Number(flags.tenants)
const rounds = Number(flags.rounds)
const datasetsOfTenant = 10

const url = process.env.BENCH_DATABASE_URL
if (!url) {
  console.error('Set BENCH_DATABASE_URL to an empty PostgreSQL database.')
  process.exit(2)
}
const { db } = await openDb({ kind: 'postgres', url })

/** One month for each round, all alike: a month is closed once. */
const months = Array.from({ length: rounds }, (_, at) => monthOf(new Date(Date.UTC(2026, at, 1))))

async function fill(database: Db): Promise<void> {
  const first = months[0]?.from ?? new Date(0)
  await database.run`
    insert into tenants (id, name, created_at)
    select 'tnt_' || lpad(n::text, 26, '0'), 'Tenant ' || n, ${first}
    from generate_series(1, ${tenants}::integer) as n`
  for (const [at, month] of months.entries()) {
    await database.run`
      insert into usage_events (id, charge_id, tenant_id, provider_tenant_id, event_type, dataset_id,
        dataset_name, object_id, principal_id, quantity, unit_price_micros, amount_micros,
        platform_micros, billable, price_book_version, price_inputs, occurred_at)
      select 'ue_' || ${at}::text || lpad(n::text, 25, '0'), 'chg_' || (n / 20),
        'tnt_' || lpad((n % ${tenants}::integer + 1)::text, 26, '0'), 'tnt_provider',
        case when n % 10 = 0 then 'citation' else 'retrieval' end,
        'dset_' || (n / 7 % ${datasetsOfTenant}::integer), 'Dataset ' || (n / 7 % ${datasetsOfTenant}::integer),
        'obj_1', 'key_1', 1, 30000, 30000, 12000, true, 1,
        '{"baseMicros": "30000", "factorPpm": 1000000, "model": "fixed", "platformBps": "4000"}',
        ${month.from}::timestamptz + n * (${month.to}::timestamptz - ${month.from}::timestamptz)
          / (${events}::integer + 1)
      from generate_series(1, ${events}::integer) as n`
  }
  await database.run`vacuum analyze usage_events`
  await database.run`analyze tenants`
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1_000
}

const median = (list: number[]) => [...list].sort((a, b) => a - b)[list.length >> 1] ?? 0

async function main(database: Db): Promise<void> {
  await fill(database)
  const bare: number[] = []
  const closed: number[] = []
  let peakBytes = 0
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss())
  }, 20)
  const startBytes = process.memoryUsage.rss()
  for (const month of months) {
    const sum = () => database.rows`
      select tenant_id, dataset_id, event_type, sum(quantity)::bigint as quantity,
        sum(amount_micros)::bigint as amount
      from usage_events
      where occurred_at >= ${month.from} and occurred_at < ${month.to}
      group by tenant_id, dataset_id, event_type`
    // In turns: neither always finds the pages warm.
    bare.push(await secondsOf(sum))
    const run = { now: month.to, signal: new AbortController().signal }
    closed.push(await secondsOf(() => invoices.closeMonths({ db: database }, run)))
    bare.push(await secondsOf(sum))
  }
  clearInterval(watch)
  const total = await database.first<{ count: bigint; micros: bigint }>`
    select count(*) as count, sum(total_micros)::bigint as micros from invoices`
  const results = {
    events,
    tenants,
    bareSeconds: bare,
    closeSeconds: closed,
    ratio: median(closed) / median(bare),
    invoices: Number(total?.count ?? 0),
    isExact: total?.micros === BigInt(events) * BigInt(rounds) * 30_000n,
    startMegabytes: Math.round(startBytes / 1e6),
    peakMegabytes: Math.round(peakBytes / 1e6),
  }
  const show = (list: number[]) => list.map((one) => one.toFixed(2)).join(' ')
  console.log(`${events} usage events of ${tenants} tenants a month, ${rounds} months`)
  console.log(`one sum … group by    ${show(bare)} s`)
  console.log(`closing the month     ${show(closed)} s, ${results.invoices} invoices`)
  console.log(
    `closing costs ${results.ratio.toFixed(2)} ×; every amount is there: ${results.isExact}`,
  )
  console.log(`memory ${results.startMegabytes} MB before, ${results.peakMegabytes} MB at most`)
  if (flags.json) {
    const [cpu] = cpus()
    const machine = { cpu: cpu?.model ?? 'unknown', cores: cpus().length, node: process.version }
    writeFileSync(flags.json, `${JSON.stringify({ machine, results }, null, 2)}\n`)
  }
}

await main(db)
await db.close()
process.exit(0)

// `npm run bench:overhead`: what the request pipeline costs beside the statements it sends. In one run and
// in turns: a request through `http/mount.ts` whose operation does nothing (authenticate, limit, scope,
// idempotency, parse, still live, present, headers), and each statement of such a request by itself, sent
// to the driver as bare text and values. The pipeline is called without a socket: HTTP is not measured.
// Where counts stand in the database, the first statement also counts, in both. BENCH_DATABASE_URL names
// an empty PostgreSQL database; without it PGlite in a folder.
import { randomBytes, randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Operation } from '@ipto/contract/operation.ts'
import { operations } from '@ipto/contract/operations.ts'
import { openCounters } from '../server/src/adapters/counters/open.ts'
import { type OpenDb, openDb } from '../server/src/adapters/db/open.ts'
import { systemClock } from '../server/src/base/clock.ts'
import type { Db, SqlValue } from '../server/src/base/db.ts'
import { newId } from '../server/src/base/ids.ts'
import { silentLog } from '../server/src/base/log.ts'
import * as identity from '../server/src/domains/identity/identity.ts'
import { mount } from '../server/src/http/mount.ts'

const { values: flags } = parseArgs({
  options: { json: { type: 'string' }, rounds: { type: 'string', default: '1000' } },
})
const rounds = Number(flags.rounds)
const warmUpRounds = Math.min(300, rounds)

interface Statement {
  text: string
  values: unknown[]
}

interface Credentials {
  session: string
  key: string
  'access token': string
}

async function credentialsIn(db: Db): Promise<Credentials> {
  const deps = { db, settings: { sessionHours: 12 } }
  const open = () => {
    const requestId = newId('req')
    const call = { requestId, chargeKey: requestId, isRepeat: false, address: requestId }
    const signal = new AbortController().signal
    return { ...call, now: systemClock.now(), signal, after: null }
  }
  const signedUp = await identity.signUp(deps, open(), {
    email: `${randomUUID()}@example.com`,
    password: 'a long password',
    displayName: 'agent',
    tenantName: 'agent',
  })
  const session = signedUp.token.reveal()
  const actor = await identity.authenticate(
    db,
    { kind: 'session', token: session },
    systemClock.now(),
  )
  const issued = await identity.issueKey(
    deps,
    { ...open(), actor },
    {
      name: 'agent',
      scopes: ['datasets:read', 'datasets:write'],
      datasetIds: null,
      budgetMicros: null,
      expiresAt: null,
    },
  )
  const key = issued.secret.reveal()
  const clientId = key.slice(0, key.lastIndexOf('_'))
  const { token } = await identity.issueAccessToken(deps, open(), {
    grantType: 'client_credentials',
    clientId,
    clientSecret: key.slice(clientId.length + 1),
    scopes: null,
  })
  return { session, key, 'access token': token.reveal() }
}

/** Writes down what passes, as it reaches the driver. */
function listening(db: Db, sent: Statement[]): Db {
  const note = (parts: TemplateStringsArray, values: SqlValue[]) => {
    const text = parts.reduce((joined, part, at) => `${joined}$${at}${part}`)
    sent.push({
      text,
      values: values.map((one) => (one instanceof Date ? one.toISOString() : one)),
    })
  }
  return {
    ...db,
    rows: (text, ...values) => {
      note(text, values)
      return db.rows(text, ...values)
    },
    first: (text, ...values) => {
      note(text, values)
      return db.first(text, ...values)
    },
    run: (text, ...values) => {
      note(text, values)
      return db.run(text, ...values)
    },
  }
}

type Handler = ReturnType<typeof mount>

const resource = {
  id: newId('res'),
  object: 'resource',
  name: 'Agent',
  description: null,
  status: 'active',
  metadata: {},
  createdAt: '2026-04-05T10:00:00.000Z',
  updatedAt: '2026-04-05T10:00:00.000Z',
}

/** The pipeline around an operation that does nothing. */
function pipeline(opened: OpenDb, db: Db, op: Operation): Handler {
  const deps = {
    db,
    clock: systemClock,
    log: silentLog,
    counters: openCounters(isShared ? { kind: 'shared', db: opened.db } : { kind: 'memory' }),
    secretKey,
    limits: 'off' as const,
    observe: null,
  }
  return mount(deps, { db }, op, { kind: 'one', handle: async () => resource })
}
const secretKey = randomBytes(32)

/** What the pipeline reads of a request and writes of an answer, and nothing of the router. */
async function through(handler: Handler, op: Operation, token: string): Promise<void> {
  const isPost = op.method === 'POST'
  const authorization = `Bearer ${token}`
  const request = {
    params: isPost ? {} : { id: resource.id },
    query: {},
    ip: '127.0.0.1',
    raw: { headersDistinct: { authorization: [authorization] } },
    headers: {
      authorization,
      ...(isPost && { 'content-type': 'application/json', 'idempotency-key': randomUUID() }),
    },
    body: isPost ? Buffer.from('{"name":"Agent"}') : undefined,
  }
  let status = 0
  const reply = {
    raw: new EventEmitter(),
    code: (code: number) => {
      status = code
      return reply
    },
    headers: () => reply,
    type: () => reply,
    send: () => reply,
  }
  await handler(...([request, reply] as unknown as Parameters<Handler>))
  if (status !== op.status) throw new Error(`${op.id} answered ${status}`)
}

// A record is made once: its id, and the hash of its key, are new each time.
function renewed(statements: readonly Statement[]): Statement[] {
  const made = statements.find(({ text }) => text.includes('insert into idempotency_records'))
  const [id, , , keyHash] = made?.values ?? []
  const fresh = new Map<unknown, unknown>([
    [id, newId('idem')],
    [keyHash, randomBytes(32)],
  ])
  return statements.map(({ text, values }) => ({
    text,
    values: values.map((one) => (made && fresh.get(one)) ?? one),
  }))
}

const msOf = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

/** Of one thing, in milliseconds. `p10`: what it takes where nothing else held up the machine. */
interface Times {
  p50: number
  p10: number
}

function timesOf(measured: readonly number[]): Times {
  const sorted = [...measured].sort((a, b) => a - b)
  const at = (part: number) => sorted[Math.floor(sorted.length * part)] ?? 0
  return { p50: at(0.5), p10: at(0.1) }
}

interface Measured {
  what: string
  statements: Times[]
  /** All of them, one after another: the sum of one round. */
  bare: Times
  pipeline: Times
  /** Of the pipeline to the sum of the p50 of its statements, each by itself: the promise is 1.5. */
  ratio: number
  /** To the p50 of the sums. On a busy machine what takes longer is interrupted more often, which this shares. */
  ratioOfSums: number
  ratioOfSumsP10: number
}

async function measure(
  opened: OpenDb,
  { op, kind, token }: { op: Operation; kind: string; token: string },
): Promise<Measured> {
  const sent: Statement[] = []
  const handler = pipeline(opened, opened.db, op)
  const noting = pipeline(opened, listening(opened.db, sent), op)
  // The first one of a minute also writes the key's last use; the second is what all others are.
  await through(noting, op, token)
  sent.length = 0
  await through(noting, op, token)

  const whole: number[] = []
  const bare: number[] = []
  const each: number[][] = sent.map(() => [])
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    const wholeMs = await msOf(() => through(handler, op, token))
    const eachMs: number[] = []
    for (const { text, values } of renewed(sent)) {
      eachMs.push(await msOf(() => opened.executeSql(text, values)))
    }
    if (round < warmUpRounds) continue
    whole.push(wholeMs)
    bare.push(eachMs.reduce((sum, ms) => sum + ms, 0))
    for (const [at, ms] of eachMs.entries()) each[at]?.push(ms)
  }
  const times = { pipeline: timesOf(whole), bare: timesOf(bare), statements: each.map(timesOf) }
  return {
    what: `${op.method === 'POST' ? 'POST with an idempotency key' : 'GET'} by ${kind}`,
    ...times,
    ratio: times.pipeline.p50 / times.statements.reduce((sum, { p50 }) => sum + p50, 0),
    ratioOfSums: times.pipeline.p50 / times.bare.p50,
    ratioOfSumsP10: times.pipeline.p10 / times.bare.p10,
  }
}

const url = process.env.BENCH_DATABASE_URL
const isShared = url !== undefined
const folder = mkdtempSync(join(tmpdir(), 'ipto-bench-'))
const opened = await openDb(url ? { kind: 'postgres', url } : { kind: 'pglite', folder })
const credentials = await credentialsIn(opened.db)
await opened.maintain()

const results: Measured[] = []
for (const op of [operations['resources.get'], operations['resources.create']]) {
  for (const [kind, token] of Object.entries(credentials)) {
    const measured = await measure(opened, { op, kind, token })
    results.push(measured)
    const { what, statements, bare, pipeline, ratio, ratioOfSums, ratioOfSumsP10 } = measured
    console.log(
      `${what.padEnd(46)} ${statements.length} statements, pipeline p50 ${pipeline.p50.toFixed(2)} ms: ${ratio.toFixed(2)} × the sum of their p50; ${ratioOfSums.toFixed(2)} × the p50 of their sum (${bare.p50.toFixed(2)} ms), ${ratioOfSumsP10.toFixed(2)} × at p10 (${pipeline.p10.toFixed(2)} of ${bare.p10.toFixed(2)} ms)`,
    )
  }
}
if (flags.json) {
  const [cpu] = cpus()
  // More than there are cores: others were at work, and the figures say less.
  const load = loadavg()[0]
  const machine = {
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    node: process.version,
    load,
  }
  const database = isShared ? 'postgres' : 'pglite'
  writeFileSync(flags.json, `${JSON.stringify({ machine, database, rounds, results }, null, 2)}\n`)
}
await opened.db.close()
rmSync(folder, { recursive: true, force: true })
process.exit(0)

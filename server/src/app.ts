// Joins everything: config → adapters → routes, tasks and schedules. The one file that sees all.
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { openBlobs } from './adapters/blobs/open.ts'
import { openCounters } from './adapters/counters/open.ts'
import { type OpenDb, openDb } from './adapters/db/open.ts'
import { openEngine } from './adapters/engine/open.ts'
import { openExtractor } from './adapters/extractor/open.ts'
import { openOutbound } from './adapters/outbound/open.ts'
import { openPayoutRail } from './adapters/payouts/open.ts'
import { type Clock, msPerDay, systemClock } from './base/clock.ts'
import { assert } from './base/errors.ts'
import { type Log, silentLog } from './base/log.ts'
import type { Routes } from './base/route.ts'
import type { Config } from './config.ts'
import { accessRoutes } from './domains/access/routes.ts'
import { accessSchedules } from './domains/access/tasks.ts'
import { auditRoutes } from './domains/audit/routes.ts'
import { auditSchedules } from './domains/audit/tasks.ts'
import { billingRoutes } from './domains/billing/routes.ts'
import { billingSchedules } from './domains/billing/tasks.ts'
import { catalogRoutes } from './domains/catalog/routes.ts'
import { catalogSchedules } from './domains/catalog/tasks.ts'
import { disputesRoutes } from './domains/disputes/routes.ts'
import * as identity from './domains/identity/identity.ts'
import { identityRoutes } from './domains/identity/routes.ts'
import { identitySchedules } from './domains/identity/tasks.ts'
import { ingestRoutes } from './domains/ingest/routes.ts'
import { ingestSchedules, ingestTasks } from './domains/ingest/tasks.ts'
import { insightsRoutes } from './domains/insights/routes.ts'
import { insightsSchedules } from './domains/insights/tasks.ts'
import { invoicesRoutes } from './domains/invoices/routes.ts'
import { invoicesSchedules } from './domains/invoices/tasks.ts'
import { jobRoutes } from './domains/jobs/routes.ts'
import { ledgerRoutes } from './domains/ledger/routes.ts'
import { objectDefaults } from './domains/objects/objects.ts'
import { objectsRoutes } from './domains/objects/routes.ts'
import { objectsSchedules, objectsTasks } from './domains/objects/tasks.ts'
import { payoutsRoutes } from './domains/payouts/routes.ts'
import { payoutsSchedules } from './domains/payouts/tasks.ts'
import { resourcesRoutes } from './domains/resources/routes.ts'
import { reviewRoutes } from './domains/review/routes.ts'
import { reviewSchedules, reviewTasks } from './domains/review/tasks.ts'
import { searchRoutes } from './domains/search/routes.ts'
import * as search from './domains/search/search.ts'
import { searchSchedules } from './domains/search/tasks.ts'
import { webhooksRoutes } from './domains/webhooks/routes.ts'
import { webhooksSchedules, webhooksTasks } from './domains/webhooks/tasks.ts'
import { openSecretBox } from './domains/webhooks/webhooks.ts'
import { forgetOld } from './http/idempotency.ts'
import { forgetCounts } from './http/limits.ts'
import type { MountDeps } from './http/mount.ts'
import { buildServer, type Patience } from './http/server.ts'
import { type Schedule, subscribe, type Task } from './jobs/queue.ts'
import { startWorker } from './jobs/worker.ts'

export interface AppOptions {
  config: Config
  clock?: Clock
  log?: Log
  /** `off` for tests, benches and the demo; a running server has no way to say so. */
  limits?: 'on' | 'off'
  /** Sees every answer; tests hold it against the contract. */
  observe?: MountDeps['observe']
  /** Another database, such as one that counts statements. */
  database?: OpenDb
  patience?: Partial<Patience>
  /** False: answers requests only; another process does the tasks. */
  works?: boolean
}

export interface App {
  /** Where it listens, such as http://127.0.0.1:4786. */
  url: string
  publicUrl: string
  services: Services
  /** Files are read in a child without network. */
  isIsolated: boolean
  hasOperator(): Promise<boolean>
  /** Does at once what is due by the clock: for the demo and for tests, which move it by hand. */
  runSchedules(names?: readonly string[]): Promise<void>
  close(): Promise<void>
}

export type Services = Awaited<ReturnType<typeof openServices>>

export async function openApp(options: AppOptions): Promise<App> {
  const { config, clock = systemClock, log = silentLog } = options
  // A free port is known only once it is taken, and presigned addresses need it.
  const port = await reservePort(config)
  const publicUrl = config.publicUrl ?? `http://localhost:${port}`
  const services = await openServices(options, publicUrl)
  const { db, engine, blobs, extractor } = services

  if (config.operator) await identity.ensureOperator(db, clock.now(), config.operator)
  // Who fills an engine takes over the feeding, so a process without one leaves it to the one that has it.
  const hasEngine = config.engine.kind !== 'none'
  if (hasEngine) await search.fillEngine({ db, engine })
  const worker = await startWorker<Services>({
    executeSql: services.executeSql,
    tasks,
    schedules,
    deps: services,
    clock,
    log,
    works: options.works ?? true,
  })
  const counters = openCounters(
    config.db.kind === 'postgres' ? { kind: 'shared', db } : { kind: 'memory' },
  )
  const server = buildServer({
    deps: {
      db,
      clock,
      log,
      counters,
      secretKey: config.secretKey,
      limits: options.limits ?? 'on',
      observe: options.observe ?? null,
    },
    services: { ...services, worker },
    routes,
    gateway: services.gateway,
    publicKeys: services.receipts.publicKeys,
    health: {
      checks: {
        database: () => identity.checkDatabase(db),
        blobs: () => blobs.check(),
        engine: hasEngine ? () => engine.check() : 'none',
      },
      queueDepths: () => worker.counts(),
    },
    patience: options.patience ?? {},
  })
  await server.listen({ host: config.host, port })
  return {
    url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`,
    publicUrl,
    services,
    isIsolated: extractor.isolated,
    hasOperator: () => identity.hasOperator(db),
    runSchedules: worker.runSchedules,
    close: async () => {
      // First no new requests, then the tasks that run, then what both stand on.
      const cut = setTimeout(() => server.server.closeAllConnections(), requestGraceMs)
      await server.close()
      clearTimeout(cut)
      await worker.stop(shutdownGraceMs)
      await extractor.close()
      await engine.close()
      await counters.close()
      await blobs.close()
      await db.close()
    },
  }
}

/** Brings the database up to date and ends. */
export async function migrateDatabase(config: Config): Promise<void> {
  const { db } = await openDb(config.db)
  await db.close()
}

/** Makes the first operator. Answers false where there is one already. */
export async function makeOperator(
  config: Config,
  login: { email: string; password: string },
): Promise<boolean> {
  const { db } = await openDb(config.db)
  try {
    return await identity.ensureOperator(db, systemClock.now(), login)
  } finally {
    await db.close()
  }
}

// A request that has not ended by then is cut off.
const requestGraceMs = 2_000
// A task that has not ended by then is taken up again after the next start.
const shutdownGraceMs = 5_000

async function openServices(options: AppOptions, publicUrl: string) {
  const { config, clock = systemClock, log = silentLog, database } = options
  const { db, executeSql, maintain } = database ?? (await openDb(config.db))
  const { blobs, gateway } = await openBlobs({
    kind: 'folder',
    folder: join(config.dataDir, 'blobs'),
    publicUrl,
    secret: config.secretKey,
    clock,
  })
  return {
    db,
    log,
    executeSql,
    maintain,
    blobs,
    gateway,
    engine: await openEngine(config.engine),
    embedder: null,
    receipts: await search.openReceipts(config.secretKey),
    extractor: await openExtractor(config.extractor),
    payoutRail: openPayoutRail({ kind: 'manual' }),
    outbound: openOutbound(config.outbound),
    secretBox: openSecretBox(config.secretKey),
    settings: {
      ...objectDefaults,
      sessionHours: config.settings.sessionHours,
      reviewHours: config.settings.reviewHours,
      reviewSamplePercent: config.settings.reviewSamplePercent,
      searchTimeoutMs: config.settings.searchTimeoutMs,
      uploadLifeMs: config.settings.uploadMinutes * 60_000,
      uploadBytesMax: config.settings.uploadBytesMax,
      removalGraceMs: config.settings.graceDays * msPerDay,
    },
  }
}

export { openDb } from './adapters/db/open.ts'
export { readConfig } from './config.ts'

const routes: Routes<Services & { worker: Awaited<ReturnType<typeof startWorker>> }> = {
  ...identityRoutes,
  ...accessRoutes,
  ...catalogRoutes,
  ...objectsRoutes,
  ...ingestRoutes,
  ...searchRoutes,
  ...insightsRoutes,
  ...billingRoutes,
  ...invoicesRoutes,
  ...payoutsRoutes,
  ...disputesRoutes,
  ...reviewRoutes,
  ...ledgerRoutes,
  ...auditRoutes,
  ...resourcesRoutes,
  ...jobRoutes,
  ...webhooksRoutes,
}

const tasks: Task<Services>[] = [...objectsTasks, ...reviewTasks, ...ingestTasks, ...webhooksTasks]

const schedules: Schedule<Services>[] = [
  ...identitySchedules,
  ...billingSchedules,
  ...invoicesSchedules,
  ...payoutsSchedules,
  ...accessSchedules,
  ...catalogSchedules,
  ...objectsSchedules,
  ...reviewSchedules,
  ...ingestSchedules,
  ...searchSchedules,
  ...insightsSchedules,
  ...auditSchedules,
  ...webhooksSchedules,
  { name: 'db.maintain', everySeconds: 60, run: ({ maintain }) => maintain() },
  {
    name: 'http.forget-answers',
    everySeconds: 3_600,
    run: ({ db }, { now }) => forgetOld(db, now),
  },
  {
    name: 'http.forget-counts',
    everySeconds: 600,
    run: ({ db }, { now }) => forgetCounts(db, now),
  },
]

subscribe(tasks)

function portOf(address: string | AddressInfo | null): number {
  assert(address !== null && typeof address === 'object', 'the server listens on a port')
  return address.port
}

// Tried before anything is opened: a start that cannot listen must leave nothing behind.
async function reservePort({ host, port }: Config): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error: Error & { code?: string }) => {
      if (error.code === 'EADDRINUSE') {
        error.message = `Port ${port} on ${host} is in use. Stop what holds it, or set PORT.`
      }
      reject(error)
    })
    probe.listen(port, host, () => {
      const taken = portOf(probe.address())
      probe.close(() => resolve(taken))
    })
  })
}

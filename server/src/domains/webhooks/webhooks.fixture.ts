// A database with tenants whose endpoints are real servers, on a clock set by hand. Tasks stand in the real
// queue, and are run when a test says so. For tests only.
import { openTestDb } from '../../adapters/db/db.fixture.ts'
import { openOutbound } from '../../adapters/outbound/open.ts'
import { openReceiver, type Receiver } from '../../adapters/outbound/outbound.fixture.ts'
import { type Call, systemActor } from '../../base/call.ts'
import { type Id, newId } from '../../base/ids.ts'
import { silentLog } from '../../base/log.ts'
import { emit, subscribe } from '../../jobs/queue.ts'
import { startWorker } from '../../jobs/worker.ts'
import * as resources from '../resources/resources.ts'
import { openSecretBox } from './secrets.ts'
import { webhooksTasks } from './tasks.ts'
import { createEndpoint } from './webhooks.ts'

export type World = Awaited<ReturnType<typeof openWorld>>

interface QueuedTask {
  name: string
  data: object
}

export async function openWorld() {
  const { db, executeSql } = await openTestDb()
  let ms = Date.parse('2026-04-05T10:00:00Z')
  const now = () => new Date(ms)
  const signal = new AbortController().signal
  const receivers: Receiver[] = []
  const deps = {
    db,
    outbound: openOutbound({ kind: 'http', allowPrivate: true }),
    secretBox: openSecretBox(new Uint8Array(32).fill(7)),
  }
  const worker = await startWorker({
    executeSql,
    tasks: webhooksTasks,
    schedules: [],
    deps,
    clock: { now },
    log: silentLog,
    works: false,
  })
  subscribe(webhooksTasks)

  const callOf = (tenantId: Id<'tnt'>, chargeKey: Id<'req'> = newId('req')): Call => ({
    actor: systemActor(tenantId, 'test'),
    requestId: chargeKey,
    chargeKey,
    isRepeat: false,
    address: '',
    now: now(),
    signal,
    after: null,
  })
  const takeTasks = async (): Promise<QueuedTask[]> => {
    const { rows } = await executeSql<QueuedTask>(
      'delete from pgboss.job returning name, data, created_on',
    )
    return rows
  }
  const runTask = async ({ name, data }: QueuedTask, ending = signal) => {
    const task = webhooksTasks.find(({ queue }) => queue === name)
    await task?.run(deps, data, { now: now(), signal: ending })
  }

  return {
    ...deps,
    now,
    run: () => ({ now: now(), signal }),
    forward: (forwardMs: number) => {
      ms += forwardMs
    },
    callOf,
    /** Answers with these statuses in turn, and with the last one ever after. */
    receiver: async (...statuses: number[]): Promise<Receiver & { url: string }> => {
      const last = statuses.at(-1) ?? 204
      const made = await openReceiver((_, response) => {
        response.writeHead(statuses.shift() ?? last).end('noted')
      })
      receivers.push(made)
      return { ...made, url: `http://127.0.0.1:${made.port}/hook` }
    },
    endpoint: async (tenantId: Id<'tnt'>, url: string, events = ['*']) => {
      const { endpoint, secret } = await createEndpoint(deps, callOf(tenantId), { url, events })
      return { id: endpoint.id, secret }
    },
    /** Something that endpoints may ask for. */
    happen: (tenantId: Id<'tnt'>, resourceId: Id<'res'> = newId('res')) =>
      db.tx((tx) => emit(tx, resources.events.updated, { tenantId, resourceId })),
    takeTasks,
    runTask,
    /** Runs everything in the queue, and what comes of it. */
    work: async () => {
      for (let tasks = await takeTasks(); tasks.length > 0; tasks = await takeTasks()) {
        for (const task of tasks) await runTask(task)
      }
    },
    audited: async (tenantId: Id<'tnt'>) =>
      db.rows<{ action: string; changes: Record<string, unknown> }>`
        select action, changes from audit_events where tenant_id = ${tenantId} order by id`,
    end: async () => {
      subscribe([])
      for (const receiver of receivers) receiver.close()
      await worker.stop(0)
      await db.close()
    },
  }
}

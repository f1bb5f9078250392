// A database, a folder of bytes, a clock set by hand, and tenants with datasets. For tests only.
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { scopes } from '@ipto/contract/scopes.ts'
import { openBlobs } from '../../adapters/blobs/open.ts'
import { openTestDb } from '../../adapters/db/db.fixture.ts'
import { type Actor, type Call, systemActor } from '../../base/call.ts'
import { assert } from '../../base/errors.ts'
import { asId, type Id, newId } from '../../base/ids.ts'
import type { TaskRun } from '../../jobs/queue.ts'
import * as catalog from '../catalog/catalog.ts'
import * as identity from '../identity/identity.ts'
import { decide, objectDefaults, recordStage, type StoredObject } from './objects.ts'
import { confirmUpload, type NewUpload, type StartedUpload, startUpload } from './upload.ts'

export type World = Awaited<ReturnType<typeof openWorld>>

export async function openWorld() {
  const folder = await mkdtemp(join(tmpdir(), 'ipto-objects-'))
  let ms = Date.parse('2026-04-05T10:00:00Z')
  const clock = { now: () => new Date(ms) }
  const { db, executeSql } = await openTestDb()
  const { blobs, gateway } = await openBlobs({
    kind: 'folder',
    folder,
    publicUrl: 'http://localhost:4786',
    secret: randomBytes(32),
    clock,
  })
  assert(gateway, 'the folder store serves its own addresses')
  // The clock jumps over weeks; nobody signs in again.
  const settings = { ...objectDefaults, sessionHours: 24 * 365 }
  const deps = { db, blobs, settings }

  const callOf = (actor: Actor): Call => {
    const requestId = newId('req')
    const signal = new AbortController().signal
    return {
      actor,
      requestId,
      chargeKey: requestId,
      isRepeat: false,
      address: '',
      now: clock.now(),
      signal,
      after: null,
    }
  }

  const start = (actor: Actor, datasetId: string, body: string, change: Partial<NewUpload> = {}) =>
    startUpload(deps, callOf(actor), { ...uploadOf(datasetId, body), ...change })

  const send = async ({ address }: StartedUpload, body: string): Promise<void> => {
    const url = new URL(address.url)
    const request = {
      token: url.pathname.slice(url.pathname.lastIndexOf('/') + 1),
      query: Object.fromEntries(url.searchParams),
      headers: address.headers,
    }
    await gateway.receive(request, Readable.from([Buffer.from(body)]))
  }

  const upload = async (actor: Actor, datasetId: string, body: string): Promise<StoredObject> => {
    const started = await start(actor, datasetId, body)
    await send(started, body)
    return confirmUpload(deps, callOf(actor), started.object.id)
  }

  const judge = (object: StoredObject, decision: 'approved' | 'rejected' | 'expired') =>
    db.tx((tx) =>
      decide(
        tx,
        { actor: systemActor(object.tenantId, 'test'), now: clock.now() },
        { ...named(object), decision, reason: null, isAutomatic: false },
      ),
    )

  const reach = (object: StoredObject, stage: 'extracting' | 'indexed', chunkCount = 0) =>
    db.tx((tx) => recordStage(tx, { ...named(object), now: clock.now(), stage, chunkCount }))

  return {
    ...deps,
    deps,
    clock,
    executeSql,
    callOf,
    passMs: (step: number) => {
      ms += step
    },
    run: (): TaskRun => ({ now: clock.now(), signal: new AbortController().signal }),

    /** A tenant with a signed-in owner. */
    addTenant: async (name: string): Promise<Actor> => {
      const chargeKey = newId('req')
      const open = { ...callOf(nobody), chargeKey }
      const email = `${newId('usr')}@example.com`
      const input = { email, password: 'correct horse', displayName: name, tenantName: name }
      const signedIn = await identity.signUp(deps, open, input)
      const credential = { kind: 'session', token: signedIn.token.reveal() } as const
      return identity.authenticate(db, credential, clock.now())
    },

    addDataset: async (actor: Actor, terms: Partial<NewDataset> = {}): Promise<Id<'dset'>> => {
      const dataset = await catalog.createDataset(deps, callOf(actor), { ...plainTerms, ...terms })
      return dataset.id
    },

    start,
    /** Sends bytes to a signed upload address, as a client does over HTTP. */
    send,
    /** Starts, sends and confirms. */
    upload,
    judge,
    reach,
    /** An object that can be found. */
    index: async (actor: Actor, datasetId: string, body: string, chunkCount = 1) => {
      const object = await upload(actor, datasetId, body)
      await judge(object, 'approved')
      await reach(object, 'indexed', chunkCount)
      return object
    },

    statesOf: async (id: string) =>
      db.first<Pick<StoredObject, 'uploadState' | 'reviewState' | 'indexState' | 'removedAt'>>`
        select upload_state, review_state, index_state, removed_at from objects where id = ${id}`,

    actionsOn: async (id: string): Promise<string[]> => {
      const rows = await db.rows<{ action: string }>`
        select action from audit_events where target_id = ${id} order by id`
      return rows.map((row) => row.action)
    },

    close: async () => {
      await blobs.close()
      await db.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export const named = ({ id, tenantId }: StoredObject) => ({ objectId: id, tenantId })

type NewDataset = Parameters<typeof catalog.createDataset>[2]

const plainTerms = { name: 'Contracts' } as NewDataset

export const sha256Of = (body: string) => createHash('sha256').update(body).digest('hex')

export function uploadOf(datasetId: string, body: string): NewUpload {
  return {
    datasetId,
    filename: 'Lease 7.txt',
    contentType: 'text/plain',
    sizeBytes: Buffer.byteLength(body),
    sha256: sha256Of(body),
    metadata: { internal_id: 7 },
  }
}

const nobody: Actor = {
  kind: 'user',
  id: 'nobody',
  tenantId: asId('tnt', 'tnt_nobody'),
  userId: null,
  keyId: null,
  sessionId: null,
  scopes,
  roles: [],
  isPlatformAdmin: false,
  plan: 'starter',
  datasetIds: null,
  keyBudgetMicros: null,
  resourceId: null,
}

import type { Scope } from '@ipto/contract/scopes.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestDb } from '../../adapters/db/db.fixture.ts'
import { type Call, systemActor } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import { type Id, newId } from '../../base/ids.ts'
import { complete, fail, get, list, open, start } from './jobs.ts'

let db: Db
const now = new Date('2026-04-05T10:00:00Z')
const later = new Date('2026-04-05T11:00:00Z')

beforeAll(async () => {
  db = (await openTestDb()).db
})
afterAll(() => db.close())

const callOf = (tenantId: Id<'tnt'>, scopes: Scope[] = ['objects:write']): Call => ({
  actor: { ...systemActor(tenantId, 'test'), scopes },
  requestId: newId('req'),
  chargeKey: newId('req'),
  isRepeat: false,
  address: '',
  now,
  signal: new AbortController().signal,
  after: null,
})

const openJob = (tenantId: Id<'tnt'>, scope: Scope = 'objects:write', id = newId('job')) =>
  db.tx((tx) => open(tx, { id, tenantId, kind: 'test', scope, now }))

const missing = { code: 'not_found' }

test('a job goes from pending over running to completed, with its result', async () => {
  const tenantId = newId('tnt')
  const id = await openJob(tenantId)
  expect(await get({ db }, callOf(tenantId), id)).toMatchObject({ status: 'pending', result: null })
  await db.tx((tx) => start(tx, tenantId, id))
  expect(await get({ db }, callOf(tenantId), id)).toMatchObject({ status: 'running' })
  await db.tx((tx) => complete(tx, { tenantId, id, result: { objects: 3 }, now: later }))
  const ended = { status: 'completed', result: { objects: 3 }, error: null, completedAt: later }
  expect(await get({ db }, callOf(tenantId), id)).toMatchObject(ended)
})

test('a job ends once: what comes later changes nothing', async () => {
  const tenantId = newId('tnt')
  const id = await openJob(tenantId)
  const error = { code: 'internal_error', message: 'It broke.' }
  await db.tx((tx) => fail(tx, { tenantId, id, error, now }))
  await db.tx((tx) => complete(tx, { tenantId, id, result: { late: true }, now: later }))
  await db.tx((tx) => start(tx, tenantId, id))
  const ended = { status: 'failed', result: null, error, completedAt: now }
  expect(await get({ db }, callOf(tenantId), id)).toMatchObject(ended)
})

test('opened twice under one id it is one job, as the first try left it', async () => {
  const tenantId = newId('tnt')
  const id = await openJob(tenantId)
  await db.tx((tx) => start(tx, tenantId, id))
  await openJob(tenantId, 'objects:write', id)
  const page = await list({ db }, callOf(tenantId), { status: null, limit: 10 })
  expect(page.items.map((job) => job.status)).toEqual(['running'])
})

test('to another tenant a job does not exist, and it cannot end it', async () => {
  const [tenantId, stranger] = [newId('tnt'), newId('tnt')]
  const id = await openJob(tenantId)
  await expect(get({ db }, callOf(stranger), id)).rejects.toMatchObject(missing)
  await expect(get({ db }, callOf(stranger), 'job_unknown')).rejects.toMatchObject(missing)
  await db.tx((tx) => complete(tx, { tenantId: stranger, id, result: {}, now }))
  expect(await get({ db }, callOf(tenantId), id)).toMatchObject({ status: 'pending' })
})

test('a job is read with the scope that started it, or with admin:*', async () => {
  const tenantId = newId('tnt')
  const id = await openJob(tenantId, 'datasets:write')
  await expect(get({ db }, callOf(tenantId, ['objects:write']), id)).rejects.toMatchObject(missing)
  expect(await get({ db }, callOf(tenantId, ['datasets:write']), id)).toMatchObject({ id })
  expect(await get({ db }, callOf(tenantId, ['admin:*']), id)).toMatchObject({ id })
  const hidden = await list({ db }, callOf(tenantId), { status: null, limit: 10 })
  expect(hidden.items).toEqual([])
})

test('the list goes newest first, page by page, by status', async () => {
  const tenantId = newId('tnt')
  const ids: string[] = []
  for (let job = 0; job < 3; job++) ids.unshift(await openJob(tenantId))
  const call = callOf(tenantId)
  const first = await list({ db }, call, { status: null, limit: 2 })
  const second = await list({ db }, { ...call, after: first.next }, { status: null, limit: 2 })
  expect([...first.items, ...second.items].map((job) => job.id)).toEqual(ids)
  expect(second.next).toBeNull()
  const completed = await list({ db }, call, { status: 'completed', limit: 2 })
  expect(completed.items).toEqual([])
})

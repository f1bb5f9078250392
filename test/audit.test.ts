// The record of what was done: an entry for every change of state, without secrets, in a chain that
// shows when an entry was changed afterwards.
import type { AuditEvent } from '@ipto/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyChain } from '../server/src/domains/audit/audit.ts'
import { publish, textFile, uploadFile } from './publish.ts'
import { until } from './wait.ts'
import { openWorld, type Party, type World } from './world.ts'

let world: World
let party: Party
let secrets: string[]
beforeAll(async () => {
  world = await openWorld()
  party = await world.signUp('audited')
  secrets = await liveALife(party)
}, 60_000)
afterAll(() => world.close())

/** Makes every change of state that a tenant can meet; answers what no entry may hold. */
async function liveALife({ client, tenantId, password }: Party): Promise<string[]> {
  const { operator, buyer, stranger } = world
  const key = await client.apiKeys.create({ name: 'k', scopes: ['usage:read'] })
  await client.apiKeys.update({ api_key_id: key.api_key_id, name: 'renamed' })
  await client.apiKeys.revoke({ api_key_id: key.api_key_id })
  await client.tenant.update({ name: 'Audited Ltd' })
  const made = await publish(world, {
    by: party,
    terms: { name: 'A', access_policy: 'approval' },
    files: [textFile('a.txt', 'The secretword of the harbour.')],
  })
  const dataset_id = made.datasetId
  const asked = (who: Party) =>
    who.client.accessRequests.create({ dataset_id, purpose: 'research' })
  const { access_request_id } = await asked(buyer)
  await client.accessRequests.approve({ access_request_id })
  const denied = await asked(stranger)
  await client.accessRequests.deny({
    access_request_id: denied.access_request_id,
    reason: 'no',
  })
  const { items } = await client.grants.list({ dataset_id })
  await client.grants.revoke({ dataset_id, grant_id: items[0]?.grant_id ?? '' })
  await client.grants.create({ dataset_id, tenant_id: stranger.tenantId })
  const rejected = await uploadFile(party, dataset_id, textFile('b.txt', 'unwanted'))
  const one = { tenant_id: tenantId, object_id: rejected }
  await operator.client.review.get(one)
  await operator.client.review.reject({ ...one, reason: 'not fit' })
  const upload = { filename: 'c.txt', content_type: 'text/plain', size_bytes: 1 }
  const { object_id } = await client.objects.upload({ dataset_id, ...upload })
  await client.objects.cancelUpload({ object_id })
  await client.datasets.update({ dataset_id, status: 'paused' })
  await operator.client.adminTenants.update({
    tenant_id: tenantId,
    plan: 'pro',
    curated_dataset_ids: [dataset_id],
  })
  await client.objects.delete({ object_id: made.objectIds[0] ?? '' })
  await client.datasets.delete({ dataset_id })
  await client.me.password({ current_password: password, new_password: 'another password' })
  party.password = 'another password'
  await world.logIn(party)
  return [key.secret.slice(16), password, 'another password', 'secretword']
}

/** Oldest first. */
async function entries(): Promise<AuditEvent[]> {
  const all: AuditEvent[] = []
  for await (const entry of await party.client.audit.list({ limit: 100 })) all.push(entry)
  return all.reverse()
}

test('every change of state has its entry, in the order of the changes', async () => {
  const actions = (await entries()).map(({ action }) => action)
  // Besides these: the stages between, and purges, which come when they come.
  expect(actions).toEqual(
    expect.arrayContaining([
      'tenant.create',
      'tenant.update',
      'user.password',
      'session.create',
      'api_key.create',
      'api_key.update',
      'api_key.revoke',
      'dataset.create',
      'dataset.update',
      'dataset.curate',
      'dataset.delete',
      'access_request.approve',
      'access_request.deny',
      'grant.create',
      'grant.revoke',
      'object.start_upload',
      'object.cancel_upload',
      'object.upload',
      'object.open_review',
      'object.approved',
      'object.rejected',
      'object.extracting',
      'object.indexed',
      'object.delete',
    ]),
  )
  expect(actions.indexOf('object.upload')).toBeLessThan(actions.indexOf('object.indexed'))
})

test('an entry tells who, when, in which request, and what it was before', async () => {
  const { items } = await party.client.audit.list({ action: 'api_key.update' })
  expect(items).toEqual([
    expect.objectContaining({
      actor_id: party.userId,
      actor_type: 'user',
      target_id: expect.stringMatching(/^key_/),
      request_id: expect.stringMatching(/^req_/),
      occurred_at: '2026-04-05T10:00:00Z',
      changes: { name: { before: 'k', after: 'renamed' } },
    }),
  ])
  const decided = await party.client.audit.list({ action: 'object.rejected' })
  expect(decided.items[0]?.actor_id).toBe(world.operator.userId)
})

test('no entry holds a secret, a password or what stands in a file', async () => {
  const text = JSON.stringify(await entries())
  for (const secret of secrets) expect(text).not.toContain(secret)
})

test('the entries are one chain, and one that was changed afterwards is found', async () => {
  await until(async () => (await entries()).every(({ hash }) => hash !== null))
  const all = await entries()
  const sequences = all.map(({ sequence }) => sequence)
  expect(sequences).toEqual(all.map((_, at) => at + 1))
  const { db } = world.app.services
  expect(await verifyChain(db, party.tenantId)).toEqual({ firstBad: null })
  const changed = all[5]?.audit_event_id ?? ''
  await db.run`update audit_events set actor_id = 'usr_other' where id = ${changed}`
  expect(await verifyChain(db, party.tenantId)).toEqual({ firstBad: changed })
})

// Reading the audit: who may, by what it is filtered, the operator's view over all tenants, and the whole
// of it in one stream.
import type { AuditEvent } from '@ipto/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { send } from './send.ts'
import { openWorld, type Party, type World } from './world.ts'

let world: World
let party: Party
/** More than two pages of an export. */
const changes = 205

beforeAll(async () => {
  world = await openWorld()
  party = await world.signUp('audited')
  const { client } = party
  const key = await client.apiKeys.create({ name: 'k0', scopes: ['usage:read'] })
  const { api_key_id } = key
  for (let at = 1; at <= changes; at++) await client.apiKeys.update({ api_key_id, name: `k${at}` })
  world.clock.forward(60_000)
  await client.tenant.update({ name: 'Later Ltd' })
})
afterAll(() => world.close())

const exportOf = (path: string, credential: { token?: string; apiKey?: string }) =>
  send(world.url + path, { ...credential, headers: { accept: 'application/x-ndjson' } })

const linesOf = (text: string): AuditEvent[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

describe('the audit of a tenant', () => {
  test('is filtered by actor, action, target and time', async () => {
    const { audit } = party.client
    const { items } = await audit.list({ action: 'tenant.update' })
    expect(items).toHaveLength(1)
    const [entry] = items
    const target_id = entry?.target_id ?? ''
    expect(target_id).toBe(party.tenantId)
    expect((await audit.list({ target_id, actor_id: party.userId })).items[0]).toEqual(entry)
    expect((await audit.list({ actor_id: world.buyer.userId })).items).toEqual([])
    const since = { from: '2026-04-05T10:01:00Z' }
    expect((await audit.list(since)).items).toEqual(items)
    expect((await audit.list({ to: since.from, action: 'tenant.update' })).items).toEqual([])
  })

  test('is exported whole as NDJSON, an entry a line, whatever the limit', async () => {
    const path = '/v1/audit?action=api_key.update&limit=1'
    const answer = await exportOf(path, { token: party.token })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8')
    const lines = linesOf(answer.text)
    expect(lines).toHaveLength(changes)
    const listed: AuditEvent[] = []
    const wanted = { action: 'api_key.update', limit: 100 }
    for await (const one of await party.client.audit.list(wanted)) listed.push(one)
    const names = (entries: AuditEvent[]) => entries.map((entry) => entry.audit_event_id)
    expect(names(lines)).toEqual(names(listed))
    expect(answer.text.endsWith('\n')).toBe(true)
    const nothing = await exportOf('/v1/audit?action=no.such', { token: party.token })
    expect([nothing.status, nothing.text]).toEqual([200, ''])
    expect((await exportOf('/v1/audit?limit=0', { token: party.token })).status).toBe(422)
  })

  test('is for owners and admins, and for a key with admin:* that names no datasets', async () => {
    const { client } = party
    const keyOf = (more: object) =>
      client.apiKeys.create({ name: 'a', scopes: ['admin:*'], ...more })
    const admin = await keyOf({})
    expect((await world.client({ apiKey: admin.secret }).audit.list()).items.length).toBe(20)
    const weak = await client.apiKeys.create({ name: 'w', scopes: ['usage:read', 'keys:write'] })
    const limited = await keyOf({ dataset_access_mode: 'allow_list', dataset_ids: [] })
    for (const apiKey of [weak.secret, limited.secret]) {
      const refused = world.client({ apiKey }).audit.list()
      await expect(refused).rejects.toMatchObject({ status: 403 })
      expect((await exportOf('/v1/audit', { apiKey })).status).toBe(403)
    }
  })
})

describe('the audit of the platform', () => {
  test('shows operators all tenants, counts them, and is filtered by tenant too', async () => {
    const all = (await world.operator.client.adminAudit.list({ limit: 100 })).data
    const tenants = new Set(all.audit_events.map((entry) => entry.tenant_id))
    expect(tenants).toContain(party.tenantId)
    const own = { tenant_id: party.tenantId, action: 'api_key.update' }
    const first = (await world.operator.client.adminAudit.list({ ...own, limit: 2 })).data
    expect(first).toMatchObject({ total: changes, has_more: true })
    const cursor = first.next_cursor ?? ''
    const second = (await world.operator.client.adminAudit.list({ ...own, limit: 2, cursor })).data
    expect(second.total).toBe(changes)
    const ids = [...first.audit_events, ...second.audit_events].map((entry) => entry.audit_event_id)
    expect(new Set(ids).size).toBe(4)
  })

  test('is exported as NDJSON, and is for operators only', async () => {
    const path = `/v1/admin/audit?tenant_id=${party.tenantId}`
    const answer = await exportOf(path, { token: world.operator.token })
    const lines = linesOf(answer.text)
    expect(lines.length).toBeGreaterThan(changes)
    expect(new Set(lines.map((line) => line.tenant_id))).toEqual(new Set([party.tenantId]))
    expect((await exportOf(path, { token: party.token })).status).toBe(403)
  })
})

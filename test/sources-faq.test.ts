// The FAQ's statements about what the server does, each held as a promise. What it says of plans,
// regions and encryption on the way is not the server's to show.
import { type Scope, scopes } from '@ipto/contract/scopes.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addFiles, approve, ingested, publish, textFile, uploadFile } from './publish.ts'
import { send } from './send.ts'
import { haveSources, readDocument } from './sources/documents.ts'
import { runBlocks } from './sources/run-blocks.ts'
import { until } from './wait.ts'
import { openWorld, type World } from './world.ts'

const faq = readDocument('faq')
const suite = haveSources ? 'the FAQ' : 'the FAQ (skipped: ../shared/spec/seeds is not there)'

/** A sentence of the document: a test that quotes what is not there tests nothing. */
function quote(sentence: string): string {
  if (haveSources && !faq.includes(sentence)) throw new Error(`The FAQ does not say: ${sentence}`)
  return sentence
}

const hourMs = 3_600_000
let world: World

describe.skipIf(!haveSources)(suite, () => {
  beforeAll(async () => {
    world = await openWorld()
  })
  afterAll(() => world.close())

  // The document shows no code: its blocks are the calls that its sentences name.
  runBlocks('faq', {
    url: () => world.url,
    token: () => world.provider.token,
    values: {
      '{api_key_id}': async () => (await newKey()).api_key_id,
      '{dataset_id}': newDataset,
    },
  })

  const csv = (word: string, rows: number) =>
    textFile(
      'rows.csv',
      ['a,b', ...Array.from({ length: rows }, (_, at) => `${word},${at}`)].join('\n'),
    )

  async function newDataset(): Promise<string> {
    return (await world.provider.client.datasets.create({ name: 'FAQ' })).dataset_id
  }

  const newKey = (list: Scope[] = ['search:query']) =>
    world.provider.client.apiKeys.create({ name: 'faq', scopes: list })

  describe('authentication', () => {
    test(
      quote('Every request resolves a tenant_id, principal_id, principal_type, and scopes'),
      async () => {
        const { secret, api_key_id } = await newKey()
        const { client, userId, tenantId } = world.provider
        expect(await client.me.get()).toMatchObject({
          tenant_id: tenantId,
          principal_id: userId,
          principal_type: 'user',
          scopes: [...scopes],
        })
        expect(await world.client({ token: secret }).me.get()).toMatchObject({
          tenant_id: tenantId,
          principal_id: api_key_id,
          principal_type: 'api_key',
          scopes: ['search:query'],
        })
      },
    )

    test(quote('The full secret is returned only once at creation time'), async () => {
      const { secret, api_key_id } = await newKey()
      const { token } = world.provider
      for (const path of ['/v1/api-keys', `/v1/api-keys/${api_key_id}`]) {
        const { text, status } = await send(world.url + path, { token })
        expect(status).toBe(200)
        expect(text).not.toContain(secret.split('_')[2])
      }
    })

    test(quote('Revocation is immediate and independent of user accounts'), async () => {
      const old = await newKey()
      const fresh = await newKey()
      const { api_key_id } = old
      const { client } = world.provider
      expect((await client.apiKeys.revoke({ api_key_id })).status).toBe('revoked')
      expect((await send(`${world.url}/v1/me`, { token: old.secret })).status).toBe(401)
      expect((await send(`${world.url}/v1/me`, { token: fresh.secret })).status).toBe(200)
      const { items } = await client.audit.list({ target_id: api_key_id, action: 'api_key.revoke' })
      expect(items).toHaveLength(1)
    })

    test(
      quote('When a session token expires, the API returns a 401 unauthorized error.'),
      async () => {
        const party = await world.signUp('sleeper')
        const key = await party.client.apiKeys.create({ name: 'k', scopes: ['usage:read'] })
        world.clock.forward(12 * hourMs)
        const expired = await send(`${world.url}/v1/me`, { token: party.token })
        expect([expired.status, expired.body.error?.code]).toEqual([401, 'unauthorized'])
        await world.logIn(party)
        expect((await party.client.me.get()).tenant_id).toBe(party.tenantId)
        // Keys do not expire on a session basis.
        expect((await send(`${world.url}/v1/me`, { token: key.secret })).status).toBe(200)
        for (const one of [world.provider, world.buyer, world.operator]) await world.logIn(one)
      },
    )
  })

  describe('objects', () => {
    test(quote('upload URLs expire after 15 minutes'), async () => {
      const upload = await world.provider.client.objects.upload({
        dataset_id: await newDataset(),
        filename: 'a.txt',
        content_type: 'text/plain',
        size_bytes: 1,
      })
      const lifeMs = Date.parse(upload.expires_at) - world.clock.now().getTime()
      expect(lifeMs).toBe(15 * 60_000)
    })

    test(quote('Newly uploaded objects start in review_state=staged'), async () => {
      const object_id = await uploadFile(
        world.provider,
        await newDataset(),
        textFile('a.txt', 'staged'),
      )
      const object = await world.provider.client.objects.get({ object_id })
      expect(object).toMatchObject({ review_state: 'staged', index_state: 'none' })
      const waitMs = Date.parse(object.review_expires_at ?? '') - world.clock.now().getTime()
      expect(waitMs).toBeGreaterThanOrEqual(48 * hourMs)
      expect(waitMs).toBeLessThanOrEqual(72 * hourMs)
      // Only a platform administrator approves.
      const tenant_id = world.provider.tenantId
      const own = world.provider.client.review.approve({ tenant_id, object_id })
      await expect(own).rejects.toMatchObject({ status: 403 })
      await approve(world, world.provider, object_id)
      expect((await ingested(world.provider, object_id)).index_state).toBe('indexed')
    })

    test(quote('Objects are immutable once uploaded.'), async () => {
      const object_id = await uploadFile(world.provider, await newDataset(), textFile('a.txt', 'a'))
      for (const method of ['PATCH', 'PUT', 'POST']) {
        const answer = await send(`${world.url}/v1/objects/${object_id}`, {
          method,
          token: world.provider.token,
          json: { filename: 'b.txt' },
        })
        expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, DELETE'])
      }
    })

    test(
      quote('They are purged from staging storage without creating any index artifacts.'),
      async () => {
        const { client, tenantId: tenant_id } = world.provider
        const object_id = await uploadFile(
          world.provider,
          await newDataset(),
          textFile('r.txt', 'rejectedmarker'),
        )
        await world.operator.client.review.reject({ tenant_id, object_id, reason: 'no' })
        expect(await client.objects.get({ object_id })).toMatchObject({
          review_state: 'rejected',
          index_state: 'none',
          chunk_count: 0,
        })
        const found = await client.search.query({ query: 'rejectedmarker' })
        expect(found.result_count).toBe(0)
        await until(async () => {
          const answer = await send(`${world.url}/v1/objects/${object_id}/download`, {
            token: world.provider.token,
          })
          return answer.status === 404
        })
        const { items } = await client.audit.list({
          target_id: object_id,
          action: 'object.rejected',
        })
        expect(items).toHaveLength(1)
      },
    )

    test(
      quote('Update the dataset status to pending_deletion via PATCH /v1/datasets/{dataset_id}.'),
      async () => {
        const { datasetId, objectIds } = await publish(world, { files: [csv('deleteme', 2)] })
        const { token, client } = world.provider
        const answer = await send(`${world.url}/v1/datasets/${datasetId}`, {
          method: 'PATCH',
          token,
          json: { status: 'pending_deletion' },
        })
        expect(answer.status).toBe(200)
        expect(answer.body).toMatchObject({ status: 'pending_deletion' })
        expect((await world.buyer.client.search.query({ query: 'deleteme' })).result_count).toBe(0)
        const id = String(answer.body.job_id)
        await until(async () => (await client.jobs.get({ id })).status === 'completed')
        const gone = await send(`${world.url}/v1/objects/${objectIds[0]}`, { token })
        expect(gone.status).toBe(404)
      },
    )
  })

  describe('search', () => {
    test(quote('IPTO supports four retrieval modes'), async () => {
      const { token } = world.buyer
      for (const retrieval_mode of ['lexical', 'dense', 'hybrid', 'auto']) {
        const { status, body } = await send(`${world.url}/v1/search`, {
          token,
          json: { query: 'anything', retrieval_mode },
        })
        // Where nothing has vectors a mode asked for by name is refused as such, not as an unknown word.
        if (status === 422) expect(body.error?.code).toBe('no_vectors')
        else expect(body).toMatchObject({ requested_mode: retrieval_mode })
      }
      const other = { query: 'anything', retrieval_mode: 'magic' }
      expect((await send(`${world.url}/v1/search`, { token, json: other })).status).toBe(422)
      const found = await world.buyer.client.search.query({ query: 'anything' })
      expect(found.requested_mode).toBe('auto')
    })

    test(
      quote(
        'If you omit dataset_ids or pass an empty array, the search fans out across all datasets',
      ),
      async () => {
        const made = [
          await publish(world, { files: [csv('fanout', 1)] }),
          await publish(world, { files: [textFile('f.txt', 'fanout again')] }),
        ].map(({ datasetId }) => datasetId)
        const { client } = world.buyer
        for (const input of [{}, { dataset_ids: [] }]) {
          const found = await client.search.query({ query: 'fanout', ...input })
          expect(found.datasets_searched).toEqual(expect.arrayContaining(made))
          expect(found.result_count).toBe(2)
        }
        const one = await client.search.query({ query: 'fanout', dataset_ids: made.slice(0, 1) })
        expect(one.result_count).toBe(1)
      },
    )

    test(quote('The maximum top_k per request is 100 (default 20).'), async () => {
      await publish(world, { files: [csv('manyrows', 101)] })
      const { client } = world.buyer
      expect((await client.search.query({ query: 'manyrows' })).result_count).toBe(20)
      const most = await client.search.query({ query: 'manyrows', top_k: 100 })
      expect(most).toMatchObject({ result_count: 100, has_more: true })
      const more = client.search.query({ query: 'manyrows', top_k: 101 })
      await expect(more).rejects.toMatchObject({ status: 422 })
    })
  })

  describe('money', () => {
    test(quote('The default split is 60% to the provider and 40% to the platform.'), async () => {
      const provider = await world.signUp('sharer')
      await publish(world, { by: provider, files: [csv('splitword', 10)] })
      const { charged_amount } = await world.buyer.client.search.query({ query: 'splitword' })
      expect(charged_amount).toBe(0.3)
      const { data } = await provider.client.payouts.list()
      expect(data.payouts[0]).toMatchObject({ gross: 0.3, net: 0.18, platform_fee: 0.12 })
    })

    test(quote('You can check payout status via GET /v1/provider/payouts'), async () => {
      const { status, body } = await send(`${world.url}/v1/provider/payouts`, {
        token: world.provider.token,
      })
      expect(status).toBe(200)
      const { payouts } = body.data as { payouts: { status: string }[] }
      expect(payouts.length).toBeGreaterThan(0)
      for (const payout of payouts) {
        expect(['pending', 'approved', 'paid', 'held', 'reversed']).toContain(payout.status)
      }
    })

    test(
      quote(
        'Providers choose a monetization mode (open, premium, or outcome_share) and a pricing model (fixed, time_decay, or demand_curve).',
      ),
      async () => {
        const { client } = world.provider
        expect((await client.datasets.create({ name: 'Default' })).pricing_model).toBe(
          'demand_curve',
        )
        for (const monetization_mode of ['open', 'premium', 'outcome_share'] as const) {
          for (const pricing_model of ['fixed', 'time_decay', 'demand_curve'] as const) {
            const input = { name: 'Mode', monetization_mode, pricing_model }
            expect(await client.datasets.create(input)).toMatchObject(input)
          }
        }
      },
    )
  })

  describe('keys', () => {
    test('each of the scopes that it names can be given to a key, and no other', async () => {
      const [, list = ''] = /Available scopes are (.*)\.\n/.exec(faq) ?? []
      const named = list.split(/, (?:and )?/)
      expect(named).toEqual([...scopes])
      for (const scope of scopes) expect((await newKey([scope])).scopes).toEqual([scope])
      const other = await send(`${world.url}/v1/api-keys`, {
        token: world.provider.token,
        json: { name: 'k', scopes: ['datasets:delete'] },
      })
      expect(other.status).toBe(422)
    })

    test(
      quote('The key will only be able to search and access those specific datasets.'),
      async () => {
        const inside = await publish(world, { files: [textFile('in.txt', 'narrowword in')] })
        const outside = await publish(world, { files: [textFile('out.txt', 'narrowword out')] })
        const { client } = world.buyer
        const key = await client.apiKeys.create({
          name: 'k',
          scopes: ['search:query', 'datasets:read'],
        })
        expect(key).toMatchObject({ dataset_access_mode: 'all_available', dataset_ids: [] })
        const agent = world.client({ apiKey: key.secret })
        expect((await agent.search.query({ query: 'narrowword' })).result_count).toBe(2)
        await client.apiKeys.update({
          api_key_id: key.api_key_id,
          dataset_access_mode: 'allow_list',
          dataset_ids: [inside.datasetId],
        })
        const found = await agent.search.query({ query: 'narrowword' })
        expect(found.results.map((hit) => hit.dataset_id)).toEqual([inside.datasetId])
        const download = agent.objects.download({ object_id: outside.objectIds[0] ?? '' })
        await expect(download).rejects.toMatchObject({ status: 403 })
      },
    )

    test(quote('Use GET /v1/api-keys to list all keys for your tenant.'), async () => {
      const party = await world.signUp('keys')
      for (let at = 0; at < 25; at++) {
        await party.client.apiKeys.create({ name: `key ${at}`, scopes: ['usage:read'] })
      }
      const names = new Set<string>()
      for await (const key of await party.client.apiKeys.list()) names.add(key.name)
      expect(names.size).toBe(25)
    })
  })

  test(quote('To replace content, delete the existing object and upload a new one.'), async () => {
    const { datasetId, objectIds } = await publish(world, {
      files: [textFile('v.txt', 'versionword one')],
    })
    await world.provider.client.objects.delete({ object_id: objectIds[0] ?? '' })
    const files = [textFile('v.txt', 'versionword two')]
    const [second] = await addFiles(world, world.provider, { datasetId, files })
    const found = await world.buyer.client.search.query({
      query: 'versionword',
      include_text: true,
    })
    expect(found.results.map(({ object_id, text }) => [object_id, text])).toEqual([
      [second, 'versionword two'],
    ])
  })

  // The statement itself is not kept yet: parts come with the object store. What holds until then is
  // that a large file is taken all the same, by one address.
  test('a file of 64 MiB is taken by one address, until parts are built', async () => {
    const upload = await world.provider.client.uploads.create({
      dataset_id: await newDataset(),
      filename: 'large.pdf',
      mime_type: 'application/pdf',
      size_bytes: 64 * 1024 ** 2,
      checksum_sha256: 'a'.repeat(64),
    })
    expect(upload).toMatchObject({ strategy: 'single', parts: null, part_size_bytes: null })
    expect(upload.upload_url).toContain('/storage/')
  })
})

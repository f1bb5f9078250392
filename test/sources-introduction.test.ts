// The introduction of the integration API: its requests, byte for byte over a socket, the answer that it
// shows with its headers, and what it says of quotas.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { publish, textFile } from './publish.ts'
import { haveSources, rowsOf } from './sources/documents.ts'
import { headerOf } from './sources/raw-http.ts'
import { runBlocks } from './sources/run-blocks.ts'
import { openWorld, type World } from './world.ts'

const suite = haveSources
  ? 'the introduction of the integration API'
  : 'the introduction of the integration API (skipped: ../shared/spec/seeds is not there)'

let world: World
let key: { id: string; secret: string }

describe.skipIf(!haveSources)(suite, () => {
  beforeAll(async () => {
    world = await openWorld()
    await publish(world, { files: [textFile('invoice.txt', 'an invoice')] })
    const made = await world.provider.client.apiKeys.create({
      name: 'integration',
      scopes: ['datasets:read', 'datasets:write'],
    })
    const id = `ipto_${made.key_prefix}`
    key = { id, secret: made.key.slice(id.length + 1) }
    // Its quotas are told where limits are on; what is published first would use them up.
    await world.restart({ limits: 'on' })
  }, 180_000)
  afterAll(() => world.close())

  const { at } = runBlocks('hypatos-introduction', {
    url: () => world.url,
    token: () => world.provider.token,
    values: {
      'dXNlcm5hbWU6cGFzc3dvcmQ=': () => Buffer.from(`${key.id}:${key.secret}`).toString('base64'),
      // The token that the block before was answered with, as in the document.
      'mF_9.B5f-4.1JqM': () => {
        const { access_token } = at(13).body as { access_token: string }
        return access_token
      },
    },
  })

  test('gives the scopes of the key, separated by spaces', () => {
    expect(at(13).body).toMatchObject({ scope: 'datasets:read datasets:write' })
  })

  test.each([13, 38])('sends the headers of its quotas with the answer to line %i', (line) => {
    const { message } = at(line)
    const rows = rowsOf('hypatos-introduction', 'headers')
    const names = rows.map((row) => row.match(/x-ratelimit-\w+/)?.[0] ?? '')
    expect(names).toHaveLength(3)
    const [limit, remaining, reset] = names.map((name) => message && headerOf(message, name))
    // The quota, then its policy: so many requests in a window of so many seconds.
    const [, quota, policyQuota, window] = /^(\d+), (\d+);w=(\d+)$/.exec(limit ?? '') ?? []
    expect(policyQuota).toBe(quota)
    expect(Number(remaining)).toBeLessThan(Number(quota))
    expect(Number(reset)).toBeGreaterThanOrEqual(1)
    expect(Number(reset)).toBeLessThanOrEqual(Number(window))
  })
})

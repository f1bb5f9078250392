import { randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { verifyWebhook, type WebhookMessage } from './client.ts'

const secret = `whsec_${randomBytes(32).toString('base64')}`
const at = new Date('2026-04-05T10:00:00Z')
const event = {
  id: 'evt_1',
  type: 'object.indexed',
  createdAt: '2026-04-05T10:00:00.000Z',
  data: { object_id: 'obj_ü' },
}
const body = JSON.stringify(event)

function message(change: Partial<WebhookMessage> = {}): WebhookMessage {
  return { body, headers: headersBy(secret), secret, now: at.getTime(), ...change }
}

function headersBy(...secrets: string[]): Record<string, string> {
  return {
    'webhook-id': event.id,
    'webhook-timestamp': String(at.getTime() / 1_000),
    'webhook-signature': secrets.map((one) => new Webhook(one).sign(event.id, at, body)).join(' '),
  }
}

describe('a genuine message', () => {
  test('gives its event, as text or as bytes', async () => {
    expect(await verifyWebhook(message())).toEqual(event)
    expect(await verifyWebhook(message({ body: Buffer.from(body) }))).toEqual(event)
  })

  test('may bring its headers as fetch, as Node or as somebody else writes them', async () => {
    const plain = headersBy(secret)
    const loud = Object.fromEntries(Object.entries(plain).map(([k, v]) => [k.toUpperCase(), v]))
    const listed = Object.fromEntries(Object.entries(plain).map(([k, v]) => [k, [v]]))
    for (const headers of [new Headers(plain), loud, listed, { ...plain, other: undefined }]) {
      expect(await verifyWebhook(message({ headers }))).toEqual(event)
    }
  })

  test('may have other signatures beside the right one', async () => {
    const other = `whsec_${randomBytes(32).toString('base64')}`
    for (const headers of [headersBy(other, secret), headersBy(secret, other)]) {
      expect(await verifyWebhook(message({ headers }))).toEqual(event)
      expect(await verifyWebhook(message({ headers, secret: other }))).toEqual(event)
    }
  })

  test('holds for five minutes, whoever has the slower clock', async () => {
    const limit = 5 * 60_000
    for (const off of [-limit, limit]) {
      expect(await verifyWebhook(message({ now: at.getTime() + off }))).toEqual(event)
    }
    for (const off of [-limit - 1_000, limit + 1_000]) {
      const late = verifyWebhook(message({ now: at.getTime() + off }))
      await expect(late).rejects.toThrow('too old')
    }
    await expect(verifyWebhook({ body, headers: headersBy(secret), secret })).rejects.toThrow('old')
  })
})

describe('any other message', () => {
  const plain = headersBy(secret)

  test.each([
    ['another body', { body: body.replace('ü', 'u') }],
    ['another id', { headers: { ...plain, 'webhook-id': 'evt_2' } }],
    [
      'another time',
      { headers: { ...plain, 'webhook-timestamp': String(at.getTime() / 1e3 + 1) } },
    ],
    ['another secret', { secret: `whsec_${randomBytes(32).toString('base64')}` }],
    ['another version', { headers: { ...plain, 'webhook-signature': 'v1a,xxxx' } }],
    ['a short signature', { headers: { ...plain, 'webhook-signature': 'v1,AAAA' } }],
    ['no base64', { headers: { ...plain, 'webhook-signature': 'v1,ü' } }],
    ['nothing after the version', { headers: { ...plain, 'webhook-signature': 'v1' } }],
    ['no time', { headers: { ...plain, 'webhook-timestamp': 'now' } }],
    ['an empty signature', { headers: { ...plain, 'webhook-signature': '' } }],
    ['no headers', { headers: {} }],
    ['no secret', { secret: '' }],
    ['a secret of another form', { secret: 'password' }],
    ['a secret that is no base64', { secret: 'whsec_ü' }],
  ])('is refused: %s', async (_, change) => {
    await expect(verifyWebhook(message(change))).rejects.toThrow(/webhook/)
  })
})

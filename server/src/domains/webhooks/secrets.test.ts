import { createHmac } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { newId } from '../../base/ids.ts'
import { newSecret, openSecretBox, signedHeaders } from './secrets.ts'

const body = '{"id":"evt_1","type":"object.indexed","data":{"text":"für 5 €"}}'
const message = { eventId: 'evt_1', body }

describe('the signature', () => {
  test('is right for the library of Standard Webhooks', () => {
    const secret = newSecret()
    const headers = signedHeaders(message, [secret], new Date())
    expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body))
    expect(() => new Webhook(newSecret()).verify(body, headers)).toThrow('No matching signature')
    expect(() => new Webhook(secret).verify(body.replace('5', '6'), headers)).toThrow()
    const other = { ...headers, 'webhook-id': 'evt_2' }
    expect(() => new Webhook(secret).verify(body, other)).toThrow()
    const old = signedHeaders(message, [secret], new Date(Date.now() - 6 * 60_000))
    expect(() => new Webhook(secret).verify(body, old)).toThrow('too old')
  })

  test('is there by each of two secrets', () => {
    const secrets: [string, string] = [newSecret(), newSecret()]
    const headers = signedHeaders(message, secrets, new Date())
    for (const secret of secrets)
      expect(() => new Webhook(secret).verify(body, headers)).not.toThrow()
  })

  test('of the template is over the body, by the whole text of the newest secret', () => {
    const [fresh, old] = [newSecret(), newSecret()]
    const headers = signedHeaders(message, [fresh, old], new Date())
    const expected = createHmac('sha256', fresh).update(body).digest('hex')
    expect(headers['x-signature']).toBe(expected)
  })
})

describe('a secret', () => {
  test('has 256 bits, and is another one each time', () => {
    const secrets = Array.from({ length: 100 }, newSecret)
    expect(new Set(secrets).size).toBe(100)
    for (const secret of secrets) {
      expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    }
  })

  test('opens for its own row and key only, and is not seen in what is stored', () => {
    const key = new Uint8Array(32).fill(1)
    const [id, other] = [newId('whk'), newId('whk')]
    const box = openSecretBox(key)
    const secret = newSecret()
    const sealed = box.seal(id, secret)
    expect(box.unseal(id, sealed)).toBe(secret)
    expect(Buffer.from(sealed).includes(secret.slice(6))).toBe(false)
    expect(() => box.unseal(other, sealed)).toThrow()
    expect(() => openSecretBox(new Uint8Array(32)).unseal(id, sealed)).toThrow()
  })
})

import type { RequestListener } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { openHttpOutbound } from './http.ts'
import { openOutbound } from './open.ts'
import { never, openReceiver, type Receiver, testCertificate } from './outbound.fixture.ts'
import { testOutbound } from './outbound.suite.ts'

describe('over HTTP', () => {
  testOutbound(({ allowPrivate }) => openOutbound({ kind: 'http', allowPrivate }))
})

const opened: Receiver[] = []
afterEach(() => {
  for (const one of opened.splice(0)) one.close()
})

async function receiver(answer: RequestListener, options = {}): Promise<Receiver> {
  const made = await openReceiver(answer, options)
  opened.push(made)
  return made
}

const loopback = { address: '127.0.0.1', family: 4 }
const outside = { address: '8.8.8.8', family: 4 }
const notAllowed = { kind: 'unanswered', problem: 'address_not_allowed' }
const to = (url: string) => ({ url, headers: {}, body: '{}' })

describe('a name', () => {
  test('is resolved once, and the connection goes to the address that was checked', async () => {
    const { port, seen } = await receiver((_, response) => response.end())
    const answers = [[loopback], [outside]]
    const resolve = async () => answers.shift() ?? []
    const outbound = openHttpOutbound({ allowPrivate: true, resolve })
    const url = `http://hooks.test:${port}/`
    expect(await outbound.post(to(url), never)).toMatchObject({ status: 200 })
    expect(seen[0]?.headers.host).toBe(`hooks.test:${port}`)
    expect(answers).toEqual([[outside]])
  })

  test('with one inner address among outer ones is refused', async () => {
    const { port, seen } = await receiver((_, response) => response.end())
    for (const inner of ['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', '::ffff:10.0.0.1']) {
      const family = inner.includes(':') ? 6 : 4
      const resolve = async () => [outside, { address: inner, family }]
      const outbound = openHttpOutbound({ allowPrivate: false, resolve })
      expect(await outbound.post(to(`https://hooks.test:${port}/`), never)).toEqual(notAllowed)
    }
    expect(seen).toEqual([])
  })

  test('without an address, or that is not resolved in time, is told so', async () => {
    const none = openHttpOutbound({ allowPrivate: false, resolve: async () => [] })
    const unreachable = { kind: 'unanswered', problem: 'unreachable' }
    expect(await none.post(to('https://hooks.test/'), never)).toEqual(unreachable)
    const late = openHttpOutbound({
      allowPrivate: false,
      resolve: () => new Promise(() => {}),
      timeLimitMs: 50,
    })
    const timeout = { kind: 'unanswered', problem: 'timeout' }
    expect(await late.post(to('https://hooks.test/'), never)).toEqual(timeout)
  })
})

describe('a slow receiver', () => {
  const open = () => openHttpOutbound({ allowPrivate: true, timeLimitMs: 200 })

  test('is left when it does not answer', async () => {
    const { port } = await receiver(() => {})
    const answer = await open().post(to(`http://127.0.0.1:${port}/`), never)
    expect(answer).toEqual({ kind: 'unanswered', problem: 'timeout' })
  })

  test('has answered once its status is there, also where the rest never comes', async () => {
    const { port } = await receiver((_, response) => response.writeHead(200).write('par'))
    const answer = await open().post(to(`http://127.0.0.1:${port}/`), never)
    expect(answer).toEqual({ kind: 'answered', status: 200, body: 'par' })
  })
})

describe('over TLS', () => {
  const resolve = async () => [loopback]

  test('the certificate must be of the name, although the connection goes to an address', async () => {
    const { port, seen } = await receiver((_, response) => response.end('ok'), { isTls: true })
    const trusting = openHttpOutbound({ allowPrivate: true, resolve, trusted: testCertificate })
    const answer = await trusting.post(to(`https://hooks.test:${port}/`), never)
    expect(answer).toEqual({ kind: 'answered', status: 200, body: 'ok' })
    expect(seen[0]?.headers.host).toBe(`hooks.test:${port}`)
    const unreachable = { kind: 'unanswered', problem: 'unreachable' }
    const other = await trusting.post(to(`https://other.test:${port}/`), never)
    expect(other).toEqual(unreachable)
  })

  test('a certificate that nobody vouches for is refused', async () => {
    const { port, seen } = await receiver((_, response) => response.end(), { isTls: true })
    const outbound = openHttpOutbound({ allowPrivate: true, resolve })
    const unreachable = { kind: 'unanswered', problem: 'unreachable' }
    expect(await outbound.post(to(`https://hooks.test:${port}/`), never)).toEqual(unreachable)
    expect(seen).toEqual([])
  })
})

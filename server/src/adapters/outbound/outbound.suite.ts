// What every way out must do. The receiver is a real server on loopback, so the adapter is opened with
// private addresses allowed where something is to arrive.
import type { RequestListener } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import type { Outbound } from '../../domains/webhooks/outbound.ts'
import { never, openReceiver, type Receiver } from './outbound.fixture.ts'

const opened: Receiver[] = []
afterEach(closeAll)

function closeAll(): void {
  for (const receiver of opened.splice(0)) receiver.close()
}

async function receiver(answer: RequestListener): Promise<Receiver> {
  const made = await openReceiver(answer)
  opened.push(made)
  return made
}

const notAllowed = { kind: 'unanswered', problem: 'address_not_allowed' }
export function testOutbound(open: (options: { allowPrivate: boolean }) => Outbound): void {
  const toPrivate = () => open({ allowPrivate: true })
  const post = (port: number, signal = never) =>
    toPrivate().post(
      { url: `http://127.0.0.1:${port}/hook?a=1`, headers: { 'x-own': 'b' }, body: '{"ü":1}' },
      signal,
    )

  test('posts headers and body as they are, and answers what came back', async () => {
    const { port, seen } = await receiver((_, response) => response.writeHead(201).end('ok'))
    expect(await post(port)).toEqual({ kind: 'answered', status: 201, body: 'ok' })
    expect(seen).toMatchObject([{ method: 'POST', url: '/hook?a=1', body: '{"ü":1}' }])
    expect(seen[0]?.headers).toMatchObject({ 'x-own': 'b', 'content-length': '8' })
  })

  test.each([301, 302, 303, 307, 308])('does not follow a redirect: %i', async (status) => {
    const inside = await receiver((_, response) => response.end('inside'))
    const location = `http://127.0.0.1:${inside.port}/secret`
    const { port } = await receiver((_, response) => response.writeHead(status, { location }).end())
    expect(await post(port)).toMatchObject({ kind: 'answered', status })
    expect(inside.seen).toEqual([])
  })

  test('reads one kilobyte of an answer that never ends', async () => {
    let isOver = false
    const { port } = await receiver((_, response) => {
      response.on('close', () => {
        isOver = true
      })
      const more = () => {
        while (!isOver && response.write('x'.repeat(10_000)));
        if (!isOver) response.once('drain', more)
      }
      more()
    })
    expect(await post(port)).toEqual({ kind: 'answered', status: 200, body: 'x'.repeat(1_024) })
  })

  test('keeps no half characters and no NUL of an answer', async () => {
    const { port } = await receiver((_, response) => response.end(`a\0${'ü'.repeat(600)}`))
    expect(await post(port)).toMatchObject({ body: `a${'ü'.repeat(511)}` })
  })

  test('tells that nobody is there, or hangs up without an answer', async () => {
    const gone = await receiver(() => {})
    closeAll()
    const unreachable = { kind: 'unanswered', problem: 'unreachable' }
    expect(await post(gone.port)).toEqual(unreachable)
    const rude = await receiver((request) => request.socket.destroy())
    expect(await post(rude.port)).toEqual(unreachable)
    const upgrading = await receiver((request) =>
      request.socket.end(
        'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
      ),
    )
    expect(await post(upgrading.port)).toEqual(unreachable)
    const unknown = { url: 'http://nobody.invalid/', headers: {}, body: '' }
    expect(await toPrivate().post(unknown, never)).toMatchObject({ kind: 'unanswered' })
  })

  test('ends at once when it is told to', async () => {
    const ending = new AbortController()
    const { port } = await receiver(() => ending.abort())
    await expect(post(port, ending.signal)).rejects.toMatchObject({ name: 'AbortError' })
  })

  test.each([
    'https://127.0.0.1/',
    'https://127.1/',
    'https://0x7f000001/',
    'https://2130706433/',
    'https://0/',
    'https://10.1.2.3/',
    'https://172.31.255.255/',
    'https://192.168.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://100.64.0.1/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://168.63.129.16/',
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:8.8.8.8]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[2002:7f00:1::]/',
    'https://[2001::1]/',
    'https://[fe80::1]/',
    'https://[fc00::1]/',
    'https://[fd00:ec2::254]/',
    'https://[ff02::1]/',
    'https://[2001:db8::1]/',
  ])('refuses %s, when it is named and when it is called', async (url) => {
    const outbound = open({ allowPrivate: false })
    expect(outbound.refusalOf(url)).toBe('must not be a private or loopback address')
    expect(await outbound.post({ url, headers: {}, body: '' }, never)).toEqual(notAllowed)
    expect(toPrivate().refusalOf(url)).toBeNull()
  })

  test.each(['https://8.8.8.8/', 'https://[2606:4700::1111]/', 'https://hooks.example.com:8443/a'])(
    'lets %s be named',
    (url) => expect(open({ allowPrivate: false }).refusalOf(url)).toBeNull(),
  )

  test.each([
    ['http://example.com/', 'must begin with https://'],
    ['ftp://example.com/', 'must begin with https://'],
    ['file:///etc/passwd', 'must begin with https://'],
    ['javascript:alert(1)', 'must begin with https://'],
    ['https://user:pass@example.com/', 'must not hold a name or a password'],
    ['example.com', 'must be an address such as https://example.com/hook'],
    ['https://', 'must be an address such as https://example.com/hook'],
    ['https://999.1.1.1/', 'must be an address such as https://example.com/hook'],
  ])('refuses %s', (url, reason) => {
    expect(open({ allowPrivate: false }).refusalOf(url)).toBe(reason)
  })

  test('takes plain HTTP where private addresses are allowed, and nothing else', () => {
    expect(toPrivate().refusalOf('http://example.com/')).toBeNull()
    expect(toPrivate().refusalOf('ftp://example.com/')).toBe('must begin with https://')
  })

  test('refuses a name that leads to loopback', async () => {
    const { port, seen } = await receiver((_, response) => response.end())
    const request = { url: `https://localhost:${port}/`, headers: {}, body: '' }
    expect(await open({ allowPrivate: false }).post(request, never)).toEqual(notAllowed)
    expect(seen).toEqual([])
  })
}

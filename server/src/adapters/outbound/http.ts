// Posts over HTTP. A name is resolved first, every address that it has is checked, and the connection
// goes to these very addresses: a name that is resolved once more could lead elsewhere. Redirects are
// answers and not followed, so nothing can lead elsewhere afterwards either.
import { type LookupAddress, lookup } from 'node:dns'
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import type { Outbound, OutboundAnswer, OutboundRequest } from '../../domains/webhooks/outbound.ts'
import { isPublicAddress } from './addresses.ts'

export interface HttpOutboundOptions {
  allowPrivate: boolean
  /** All addresses of a name; by default as the machine resolves it. */
  resolve?: (name: string) => Promise<LookupAddress[]>
  timeLimitMs?: number
  /** A certificate to trust instead of those of the machine. */
  trusted?: string
}

const answerBytesMax = 1_024

export function openHttpOutbound({
  allowPrivate,
  resolve = resolveName,
  timeLimitMs = 10_000,
  trusted,
}: HttpOutboundOptions): Outbound {
  const refusalOf = (url: string) => refusal(url, allowPrivate)
  return {
    refusalOf,
    post: async (request, signal) => {
      if (refusalOf(request.url) !== null) return unanswered('address_not_allowed')
      const late = AbortSignal.timeout(timeLimitMs)
      const stop = AbortSignal.any([signal, late])
      try {
        const url = new URL(request.url)
        const addresses = await before(stop, addressesOf(url, resolve))
        if (!allowPrivate && !addresses.every(({ address }) => isPublicAddress(address))) {
          return unanswered('address_not_allowed')
        }
        return await exchange({ ...request, url, addresses, trusted }, stop)
      } catch {
        // Whatever else went wrong, such as a refused connection or a bad certificate, is theirs to mend.
        signal.throwIfAborted()
        return unanswered(late.aborted ? 'timeout' : 'unreachable')
      }
    },
  }
}

function unanswered(problem: 'address_not_allowed' | 'unreachable' | 'timeout'): OutboundAnswer {
  return { kind: 'unanswered', problem }
}

function refusal(text: string, allowPrivate: boolean): string | null {
  if (!URL.canParse(text)) return 'must be an address such as https://example.com/hook'
  const url = new URL(text)
  const isPlain = allowPrivate && url.protocol === 'http:'
  if (url.protocol !== 'https:' && !isPlain) return 'must begin with https://'
  if (url.username !== '' || url.password !== '') return 'must not hold a name or a password'
  const host = hostOf(url)
  // Names are checked when they are resolved, each time: their addresses may change.
  if (!allowPrivate && isIP(host) !== 0 && !isPublicAddress(host)) {
    return 'must not be a private or loopback address'
  }
  return null
}

// An IPv6 address stands in brackets.
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

async function addressesOf(
  url: URL,
  resolve: (name: string) => Promise<LookupAddress[]>,
): Promise<LookupAddress[]> {
  const host = hostOf(url)
  const family = isIP(host)
  const found = family === 0 ? await resolve(host) : [{ address: host, family }]
  if (found.length === 0) throw new Error('the name has no address')
  return found
}

function resolveName(name: string): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    lookup(name, { all: true }, (error, found) => (error ? reject(error) : resolve(found)))
  })
}

/** Resolving a name cannot be stopped; it is no longer waited for. */
async function before<T>(stop: AbortSignal, work: Promise<T>): Promise<T> {
  stop.throwIfAborted()
  let give = () => {}
  const stopped = new Promise<never>((_, reject) => {
    give = () => reject(stop.reason)
    stop.addEventListener('abort', give, { once: true })
  })
  try {
    return await Promise.race([work, stopped])
  } finally {
    stop.removeEventListener('abort', give)
  }
}

interface Exchange extends Omit<OutboundRequest, 'url'> {
  url: URL
  addresses: LookupAddress[]
  trusted: string | undefined
}

function exchange(
  { url, headers, body, addresses, trusted }: Exchange,
  signal: AbortSignal,
): Promise<OutboundAnswer> {
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? requestHttps : requestHttp
    const sent = request(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' },
      // A connection of its own: one that is kept was opened to an address of another moment.
      agent: false,
      lookup: pinnedTo(addresses),
      signal,
      ...(trusted !== undefined && { ca: trusted }),
    })
    let isAnswered = false
    const fail = (error: Error) => {
      // The status counts, also where the rest never comes.
      if (!isAnswered) reject(error)
    }
    sent.on('error', fail)
    sent.on('close', () => fail(new Error('the connection ended without an answer')))
    sent.on('response', (response) => {
      isAnswered = true
      readStart(response, resolve)
    })
    sent.end(body)
  })
}

function pinnedTo(addresses: LookupAddress[]): LookupFunction {
  return (_name, options, found) => {
    const [first] = addresses
    if (options.all) found(null, addresses)
    else found(null, first?.address ?? '', first?.family ?? 0)
  }
}

// What is beyond the first kilobyte is not read.
function readStart(response: IncomingMessage, answer: (answer: OutboundAnswer) => void): void {
  const parts: Buffer[] = []
  let size = 0
  const finish = () => {
    const bytes = Buffer.concat(parts).subarray(0, answerBytesMax)
    answer({ kind: 'answered', status: response.statusCode ?? 0, body: plainText(bytes) })
    response.destroy()
  }
  response.on('data', (part: Buffer) => {
    parts.push(part)
    size += part.length
    if (size >= answerBytesMax) finish()
  })
  response.on('end', finish)
  response.on('error', finish)
  response.on('close', finish)
}

// As a database keeps it: no NUL, and no half of a character at the cut.
function plainText(bytes: Buffer): string {
  return new TextDecoder().decode(bytes, { stream: true }).replaceAll('\0', '')
}

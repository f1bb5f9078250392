// One exchange with the server: time-out, retries, and the errors that come of it. A request is sent
// again only where that cannot do the work twice: a GET, a PUT of bytes, or an Idempotency-Key.
import { ApiError, errorOf } from './api-error.ts'

export interface ClientOptions {
  /** Where the server is, such as `http://127.0.0.1:8080`; a path prefix is kept. */
  baseUrl: string
  /** A session token or an access token, sent as `Authorization: Bearer`. At most one credential is given. */
  token?: string | undefined
  /** An API key, sent as `X-API-Key`. */
  apiKey?: string | undefined
  /** An API key as an OAuth client: access tokens are fetched for it, and renewed before they end. */
  clientCredentials?: { clientId: string; clientSecret: string; scope?: string } | undefined
  /** For each attempt, until the whole answer has been read. Default 10,000. */
  timeoutMs?: number | undefined
  /** How often a failed attempt is repeated. Default 3. */
  retries?: number | undefined
  fetch?: typeof globalThis.fetch | undefined
  /** Waits before a retry; rejects when the signal aborts. For tests and hosts without timers. */
  wait?: ((ms: number, signal: AbortSignal | undefined) => Promise<void>) | undefined
  /** Called for every answer, also those that are retried. */
  onResponse?: ((info: ResponseInfo) => void) | undefined
}

export interface CallOptions {
  signal?: AbortSignal | undefined
  retries?: number | undefined
  timeoutMs?: number | undefined
  /** POST and PATCH only. Without it each call gets a fresh one, kept for its retries. */
  idempotencyKey?: string | undefined
}

export interface ResponseInfo {
  method: string
  url: string
  status: number
  headers: Headers
  requestId: string | undefined
  /** 0 for the first attempt. */
  attempt: number
  durationMs: number
}

export interface Exchange {
  method: string
  url: string
  headers: Record<string, string>
  body?: string | Blob | Uint8Array<ArrayBuffer> | undefined
  /** True where a second attempt cannot do the work twice. Else only what was turned away is repeated. */
  isRepeatable: boolean
  timeoutMs: number
}

export interface Answer {
  headers: Headers
  bytes: Uint8Array
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

export type Send = (exchange: Exchange, options: CallOptions) => Promise<Answer>

// Beyond this the caller decides: the error says how long the server wants us to wait.
const waitMsMax = 60_000

export const timeoutMsDefault = 10_000

const retryStatuses = new Set([429, 500, 502, 503, 504])

/** Makes the function that every call passes through. */
export function openTransport(client: ClientOptions): Send {
  const wait = client.wait ?? waitFor
  return async (exchange, options) => {
    const retries = options.retries ?? client.retries ?? 3
    for (let attempt = 0; ; attempt++) {
      try {
        return await sendOnce(client, exchange, { attempt, signal: options.signal })
      } catch (error) {
        if (!(error instanceof ApiError) || attempt >= retries || !mayRepeat(exchange, error)) {
          throw error
        }
        const waitMs = waitMsBefore(attempt + 1, error, Math.random())
        if (waitMs > waitMsMax) throw error
        // Aborted while the answer was read: there is no event left to wait for.
        options.signal?.throwIfAborted()
        await wait(waitMs, options.signal)
      }
    }
  }
}

/** `Retry-After` first, then `t` of RateLimit, then 1, 2, 4 s; `luck` (0 to 1) spreads the last by a quarter. */
export function waitMsBefore(retry: number, error: ApiError, luck: number): number {
  if (error.retryAfterSeconds !== undefined) return error.retryAfterSeconds * 1_000
  return 1_000 * 2 ** (retry - 1) * (0.75 + luck / 2)
}

// A request over the rate limit was turned away before anything was done.
// `idempotency_in_progress` follows a lost answer: the first attempt may still be at work.
function mayRepeat({ isRepeatable }: Exchange, error: ApiError): boolean {
  if (!isRepeatable) return error.status === 429
  return (
    error.status === 0 ||
    retryStatuses.has(error.status) ||
    error.code === 'idempotency_in_progress'
  )
}

async function sendOnce(
  client: ClientOptions,
  exchange: Exchange,
  { attempt, signal }: { attempt: number; signal: AbortSignal | undefined },
): Promise<Answer> {
  signal?.throwIfAborted()
  const deadline = AbortSignal.timeout(exchange.timeoutMs)
  const startedAt = performance.now()
  const send = client.fetch ?? fetch
  try {
    const response = await send(exchange.url, {
      method: exchange.method,
      headers: exchange.headers,
      ...(exchange.body === undefined ? {} : { body: exchange.body }),
      // A redirect would carry X-API-Key to wherever it points.
      redirect: 'error',
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
    })
    const bytes = new Uint8Array(await response.arrayBuffer())
    client.onResponse?.({
      method: exchange.method,
      url: exchange.url,
      status: response.status,
      headers: response.headers,
      requestId: response.headers.get('x-request-id') ?? undefined,
      attempt,
      durationMs: performance.now() - startedAt,
    })
    if (!response.ok) throw errorOf(response.status, response.headers, textOf(bytes))
    return { headers: response.headers, bytes }
  } catch (error) {
    if (error instanceof ApiError) throw error
    signal?.throwIfAborted()
    throw noAnswer(exchange, deadline.aborted, error)
  }
}

function noAnswer({ method, url, timeoutMs }: Exchange, isLate: boolean, cause: unknown): ApiError {
  const { origin, pathname } = new URL(url)
  return isLate
    ? new ApiError({
        status: 0,
        code: 'timeout',
        message: `${method} ${pathname} was not answered within ${timeoutMs} ms.`,
        cause,
      })
    : new ApiError({
        status: 0,
        code: 'network_error',
        message: `${method} ${pathname} did not reach ${origin}.`,
        cause,
      })
}

/** Leaves off waiting where the signal aborts; what was waited for goes on, as others may wait as well. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  signal?.throwIfAborted()
  if (!signal) return work
  let stop = () => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
  })
  return Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', stop))
}

function waitFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal?.addEventListener('abort', stop, { once: true })
  })
}

// From an operation and its input to a request, and from the answer to what a method returns: the body
// as the server wrote it. A list can also be iterated; it then goes on page after page.
import { bodyOf, fileOf } from './answer.ts'
import { ApiError } from './api-error.ts'
import { openCredentials } from './credentials.ts'
import {
  type CallOptions,
  type ClientOptions,
  orAborted,
  type Send,
  timeoutMsDefault,
} from './transport.ts'

/** What the generated methods know of an operation. */
export interface Route {
  method: string
  /** With `{name}` for parts that are taken from the input. */
  path: string
  /** Name of the list in the body (report profile: in its `data`), where it answers one. */
  list?: string
  /** The answer is a file, such as a PDF. */
  isFile?: boolean
  /** The input goes out as a form, and brings its own credential (RFC 6749). */
  isForm?: boolean
  /** The body goes out as a text. */
  isText?: boolean
  /** The part of the input that is the whole body. */
  bodyField?: string
}

/** The body of a list, which also yields every item of this page and of all that follow. */
export type Pages<Body, Item> = Body & AsyncIterable<Item>

export interface Page<Item> {
  items: Item[]
  next_cursor: string | null
  has_more: boolean
}

export interface ResourcePage<Item> {
  object: 'list'
  data: Item[]
  hasMore: boolean
  nextCursor: string | null
}

export interface WindowPage<Item> {
  data: Item[]
  limit: number
  offset: number
  totalCount: number
}

export interface Report<Data> {
  data: Data
  request_id: string
  timestamp: string
}

export type ReportPage<Name extends string, Item> = Report<
  Record<Name, Item[]> & { total: number; next_cursor: string | null; has_more: boolean }
>

export interface Caller {
  one<Body>(route: Route, input: object, options?: CallOptions): Promise<Body>
  list<Body extends object, Item>(
    route: Route,
    input: object,
    options?: CallOptions,
  ): Promise<Pages<Body, Item>>
}

export function openCaller(client: ClientOptions, send: Send): Caller {
  const base = baseOf(client)
  const credentials = openCredentials(client, base, send)

  const one = async <Body>(
    route: Route,
    input: object,
    options: CallOptions = {},
  ): Promise<Body> => {
    const { path, rest } = fillPath(route.path, input)
    const hasBody = route.method !== 'GET' && route.method !== 'DELETE'
    const key = hasBody && !route.isForm ? (options.idempotencyKey ?? freshKey()) : undefined
    const shown = route.isForm ? {} : await orAborted(credentials.headers(), options.signal)
    const answer = await send(
      {
        method: route.method,
        url: base + path + (hasBody ? '' : queryOf(rest)),
        headers: {
          accept: route.isFile ? 'application/pdf, application/json' : 'application/json',
          ...shown,
          ...(hasBody ? { 'content-type': mediaTypeOf(route) } : {}),
          ...(key === undefined ? {} : { 'idempotency-key': key }),
        },
        body: hasBody ? writtenBody(route, rest) : undefined,
        isRepeatable: route.method === 'GET' || key !== undefined || route.isForm === true,
        timeoutMs: options.timeoutMs ?? client.timeoutMs ?? timeoutMsDefault,
      },
      options,
    ).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 401) credentials.forget()
      throw error
    })
    return route.isFile ? fileOf(answer) : bodyOf(answer)
  }

  const list = async <Body extends object, Item>(
    route: Route,
    input: object,
    options: CallOptions = {},
  ): Promise<Pages<Body, Item>> => {
    const body = await one<Body>(route, input, options)
    const every = async function* (): AsyncGenerator<Item> {
      for (let page = body; ; ) {
        yield* itemsOf<Item>(route, page)
        const next = nextOf(page)
        if (next === undefined) return
        page = await one<Body>(route, { ...input, ...next }, options)
      }
    }
    makeIterable<Body, Item>(body, every)
    return body
  }
  return { one, list }
}

// Not enumerable: the page prints and compares as the body that it is.
function makeIterable<Body extends object, Item>(
  body: Body,
  every: () => AsyncGenerator<Item>,
): asserts body is Pages<Body, Item> {
  Object.defineProperty(body, Symbol.asyncIterator, { value: every, enumerable: false })
}

function baseOf({ baseUrl }: ClientOptions): string {
  if (!URL.canParse(baseUrl)) {
    throw new TypeError('baseUrl must say where the server is, such as http://127.0.0.1:4786')
  }
  const url = new URL(baseUrl)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TypeError('baseUrl must start with http:// or https://')
  }
  return url.origin + url.pathname.replace(/\/+$/, '')
}

/** As random as a UUID. `crypto.randomUUID` is not there on a page that came without TLS. */
function freshKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function fillPath(
  template: string,
  input: object,
): { path: string; rest: Record<string, unknown> } {
  const rest: Record<string, unknown> = { ...input }
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest[name]
    // Each would be another address, such as the list instead of one of its items: `fetch` takes dots away.
    if (typeof value !== 'string' || /^\.{0,2}$/.test(value)) {
      throw new TypeError(`${name} must not be empty, nor dots alone.`)
    }
    delete rest[name]
    return encodeURIComponent(value)
  })
  return { path, rest }
}

function mediaTypeOf({ isForm, isText }: Route): string {
  if (isText) return 'text/plain; charset=utf-8'
  return isForm ? 'application/x-www-form-urlencoded' : 'application/json'
}

function writtenBody(
  { isForm, isText, bodyField }: Route,
  fields: Record<string, unknown>,
): string {
  if (isForm) return formOf(fields)
  const body = bodyField === undefined ? fields : fields[bodyField]
  return isText ? String(body) : JSON.stringify(body)
}

function queryOf(fields: Record<string, unknown>): string {
  const text = formOf(fields)
  return text === '' ? '' : `?${text}`
}

function formOf(fields: Record<string, unknown>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null) query.append(name, String(one))
    }
  }
  return query.toString()
}

function listIn(body: object): Record<string, unknown> {
  // The report profile wraps its page in `data`; in the resource profile `data` is the list itself.
  if ('data' in body && typeof body.data === 'object' && !Array.isArray(body.data)) {
    return { ...body.data }
  }
  return { ...body }
}

function itemsOf<Item>(route: Route, body: object): Item[] {
  const items = listIn(body)[route.list ?? 'items']
  return Array.isArray(items) ? items : []
}

/** Where the next page starts: a cursor, or an offset until all were shown. */
function nextOf(body: object): { cursor: string } | { offset: number } | undefined {
  const page = listIn(body)
  if (typeof page.offset === 'number' && Array.isArray(page.data)) {
    const offset = page.offset + page.data.length
    return page.data.length > 0 && offset < Number(page.totalCount) ? { offset } : undefined
  }
  const cursor = page.next_cursor ?? page.nextCursor
  return typeof cursor === 'string' && cursor !== '' ? { cursor } : undefined
}

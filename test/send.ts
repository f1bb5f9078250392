// One request as it stands on the wire, for tests that look at headers, statuses and bytes. The SDK
// would mend or hide what they ask about.
import type { Operation } from '@ipto/contract/operation.ts'

/** A body of any profile; tests compare what they need of it. */
export interface Body {
  [field: string]: unknown
  error?: ErrorFields
}

/** The code of an error in any profile but the token endpoint's. */
export function codeOf({ body }: Answer): unknown {
  return body.error?.code ?? body.code
}

export interface ErrorFields {
  code: string
  message: string
  details?: { fields?: { field: string; reason: string }[]; [fact: string]: unknown }
  param?: string
}

export interface Answer {
  status: number
  headers: Headers
  text: string
  body: Body
}

export interface Request {
  method?: string
  /** Sent as `Authorization: Bearer`. */
  token?: string | undefined
  /** Sent as `X-API-Key`. */
  apiKey?: string | undefined
  headers?: Record<string, string>
  /** Sent as JSON. */
  json?: unknown
  /** Sent as it is; with `application/json` unless `headers` says something else. */
  raw?: string | Uint8Array<ArrayBuffer>
}

export async function send(url: string, request: Request = {}): Promise<Answer> {
  const { token, apiKey, json, raw } = request
  const body = json === undefined ? raw : JSON.stringify(json)
  const response = await fetch(url, {
    method: request.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(apiKey && { 'x-api-key': apiKey }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...request.headers,
    },
    ...(body !== undefined && { body }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: parsed(text) }
}

function parsed(text: string): Body {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    // A page or metrics: `text` has them.
    return {}
  }
}

/** Path parameters, query and body of an operation, from the fields of its input. */
export function requestOf(op: Operation, input: object): { path: string; request: Request } {
  const rest: Record<string, unknown> = { ...input }
  const path = op.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(rest[name])
    delete rest[name]
    return encodeURIComponent(value)
  })
  if (op.bodyMedia === 'form') {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const form = new URLSearchParams()
    for (const [name, value] of Object.entries(rest)) form.set(name, String(value))
    return { path, request: { method: op.method, raw: String(form), headers } }
  }
  if (op.bodyMedia === 'text' && op.bodyField) {
    const headers = { 'content-type': 'text/plain' }
    return { path, request: { method: op.method, raw: String(rest[op.bodyField] ?? ''), headers } }
  }
  if (op.bodyField) return { path, request: { method: op.method, json: rest[op.bodyField] } }
  if (op.method !== 'GET' && op.method !== 'DELETE') {
    return { path, request: { method: op.method, json: rest } }
  }
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(rest)) query.set(name, String(value))
  const search = query.size > 0 ? `?${query}` : ''
  return { path: path + search, request: { method: op.method } }
}

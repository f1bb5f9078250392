// Checks what arrives at a webhook, by Standard Webhooks: the signature over id, time and body, compared in
// constant time by the platform, and the time, so that an old message cannot be sent again.
import type { WebhooksCreateInput } from './operations.ts'

export type WebhookEventType = Exclude<WebhooksCreateInput['events'][number], '*'>

export interface WebhookEvent {
  /** The same each time that the event is sent. */
  id: string
  /** `webhook.test` is sent when somebody asks for it. */
  type: WebhookEventType | 'webhook.test'
  createdAt: string
  data: Record<string, unknown>
}

export interface WebhookMessage {
  /** As it arrived: JSON that was read and written again has another signature. */
  body: string | Uint8Array
  /** Of `fetch`, or of Node's `request.headers`. */
  headers: Headers | Record<string, string | readonly string[] | undefined>
  /** Of the endpoint, beginning with `whsec_`. */
  secret: string
  /** Milliseconds since 1970; by default the clock of the machine. */
  now?: number
}

const toleranceMs = 5 * 60_000
const prefix = 'whsec_'

/** The event, where the message is genuine and not older than five minutes; rejects with an Error otherwise. */
export async function verifyWebhook(message: WebhookMessage): Promise<WebhookEvent> {
  const { headers, secret, now = Date.now() } = message
  const id = headerOf(headers, 'webhook-id')
  const timestamp = headerOf(headers, 'webhook-timestamp')
  const signatures = headerOf(headers, 'webhook-signature')
  if (!/^\d{1,12}$/.test(timestamp)) throw new Error('webhook-timestamp is no time')
  if (Math.abs(now - Number(timestamp) * 1_000) > toleranceMs) {
    throw new Error('the webhook message is too old, or from the future')
  }
  const body = typeof message.body === 'string' ? encode(message.body) : message.body
  const signed = joined(encode(`${id}.${timestamp}.`), body)
  const key = await keyOf(secret)
  // A message carries a signature by each secret that is valid while one is being changed.
  for (const signature of signatures.split(' ')) {
    if (await isBy(key, signature, signed)) return eventOf(body)
  }
  throw new Error('the webhook message has no signature by this secret')
}

function headerOf(headers: WebhookMessage['headers'], name: string): string {
  const value = headers instanceof Headers ? headers.get(name) : fieldOf(headers, name)
  if (!value) throw new Error(`the webhook message has no ${name}`)
  return value
}

function fieldOf(headers: Exclude<WebhookMessage['headers'], Headers>, name: string) {
  const found = Object.entries(headers).find(([field]) => field.toLowerCase() === name)
  const value = found?.[1]
  return typeof value === 'string' ? value : value?.[0]
}

type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>

async function keyOf(secret: string): Promise<Key> {
  const raw = secret.startsWith(prefix) ? bytesOf(secret.slice(prefix.length)) : undefined
  if (!raw || raw.length === 0) throw new Error('the secret of a webhook begins with whsec_')
  return crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
}

async function isBy(
  key: Key,
  signature: string,
  signed: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const [version, text = ''] = signature.split(',')
  const bytes = version === 'v1' ? bytesOf(text) : undefined
  return bytes !== undefined && crypto.subtle.verify('HMAC', key, bytes, signed)
}

/** Undefined where the text is no base64. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
  } catch {
    return undefined
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function joined(head: Uint8Array, rest: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(head.length + rest.length)
  all.set(head)
  all.set(rest, head.length)
  return all
}

function eventOf(body: Uint8Array): WebhookEvent {
  const event: WebhookEvent = JSON.parse(new TextDecoder().decode(body))
  return event
}

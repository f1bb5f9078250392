// A case as bytes on a connection, its answer held against the contract, and a line that sends it again.
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { errorBody, type Operation } from '@ipto/contract/operation.ts'
import { contractProblem } from './contract-check.ts'
import { type Fields, isInAddress, type Twist } from './fuzz-cases.ts'
import { Raw } from './fuzz-values.ts'

export interface Wire {
  method: string
  /** As it stands in the request line. */
  path: string
  headers: Record<string, string>
  body: Buffer | undefined
}

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

export function jsonOf(value: unknown): string {
  if (value instanceof Raw) return value.text
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const fields = Object.entries(value).map(
    ([name, inner]) => `${JSON.stringify(name)}:${jsonOf(inner)}`,
  )
  return `{${fields.join(',')}}`
}

const plainOf = (value: unknown) => (typeof value === 'string' ? value : jsonOf(value))

// What stands in an address as it is must still be visible ASCII: no client sends anything else.
function addressOf(value: unknown): string {
  if (!(value instanceof Raw)) return encodeURIComponent(plainOf(value).toWellFormed())
  return value.text.replace(/[^\x21-\x7e]/gu, (sign) => encodeURIComponent(sign.toWellFormed()))
}

function pairsOf(fields: Fields): string[] {
  return Object.entries(fields).flatMap(([name, value]) =>
    (Array.isArray(value) ? value.slice(0, 5_000) : [value]).map(
      (one) => `${addressOf(name)}=${addressOf(one)}`,
    ),
  )
}

export function wireOf(op: Operation, fields: Fields, twist: Twist): Wire {
  const { length } = Object.keys(fields)
  const inPath = op.path.replace(/\{(\w+)\}/g, (_, name: string) => addressOf(fields[name] ?? ''))
  const rest = Object.entries(fields).filter(([name]) => !op.path.includes(`{${name}}`))
  const query = rest.filter(([name]) => isInAddress(op, name))
  const sent = Object.fromEntries(rest.filter(([name]) => !isInAddress(op, name)))
  const pairs = pairsOf(Object.fromEntries(query))
  if (twist === 'twice') pairs.push(...pairs.slice(0, 1))
  if (twist === 'more query') pairs.push('a=1', 'b', '=', '%zz=%', 'constructor=1')
  const path = inPath + (twist === 'tail' ? tails[length % tails.length] : '')
  const body = hasBody(op) ? bodyOf(op, sent, twist) : undefined
  return {
    method: twist === 'wrong method' ? (methods[length % methods.length] ?? 'PUT') : op.method,
    path: pairs.length > 0 ? `${path}?${pairs.join('&')}` : path,
    // Node names no length of a body that comes with HEAD or GET.
    headers: { ...headersOf(op, twist), ...(body && { 'content-length': String(body.length) }) },
    body,
  }
}

const tails = ['/', '//', '/.', '/..', '%', '%00', '?', '#x', ';x', '/x', '%2f', '?%', '.json']
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY']

const hasBody = ({ method }: Operation) => method !== 'GET' && method !== 'DELETE'

const mediaTypes: Record<string, string> = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  text: 'text/plain',
}

function headersOf(op: Operation, twist: Twist): Record<string, string> {
  const type = twist === 'wrong type' ? 'application/xml' : (mediaTypes[op.bodyMedia] ?? '')
  return {
    ...(hasBody(op) && { 'content-type': type }),
    ...(twist === 'csv' && { accept: 'text/csv' }),
    ...(twist === 'keyed' && { 'idempotency-key': 'the same' }),
    ...(twist === 'hard key' && { 'idempotency-key': `"${'\\"'.repeat(100)}é` }),
  }
}

function bodyOf(op: Operation, fields: Fields, twist: Twist): Buffer {
  const text = bodyTextOf(op, fields)
  if (twist === 'empty') return Buffer.alloc(0)
  if (twist === 'broken') return Buffer.from(text.slice(0, -1))
  if (twist === 'no UTF-8')
    return Buffer.from([...Buffer.from(text.slice(0, -2)), 0xc3, 0x28, 0xff])
  if (twist === 'twice') return Buffer.from(text.replace(/^\{("(?:[^"\\]|\\.)*":)/, '{$1null,$1'))
  return Buffer.from(text)
}

function bodyTextOf(op: Operation, fields: Fields): string {
  if (op.bodyMedia === 'form') return pairsOf(fields).join('&')
  // Some operations take one field as their whole body.
  const whole = Reflect.get(op, 'bodyField')
  const value = typeof whole === 'string' && Object.hasOwn(fields, whole) ? fields[whole] : fields
  return op.bodyMedia === 'json' ? jsonOf(value) : plainOf(value)
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 })
const answerMsMax = 60_000

/** Rejects where the server hangs up or says nothing for a minute. */
export function transmit(url: string, { method, path, headers, body }: Wire): Promise<Answer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const outgoing = request({ agent, hostname, port, method, path, headers, timeout: answerMsMax })
    outgoing.once('timeout', () =>
      outgoing.destroy(new Error(`no answer within ${answerMsMax} ms`)),
    )
    outgoing.once('response', (incoming) => {
      const parts: Buffer[] = []
      incoming.on('data', (part: Buffer) => parts.push(part))
      incoming.once('error', reject)
      incoming.once('end', () => {
        const { statusCode: status = 0, headers } = incoming
        resolve({ status, headers, body: Buffer.concat(parts) })
      })
    })
    // After an answer this rejects nothing: a refusal may come before the whole body was sent.
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** What the contract does not allow about an answer, or undefined. */
export function problemOf(op: Operation, wire: Wire, answer: Answer): string | undefined {
  const { status, headers } = answer
  if (status >= 500) return `answered ${status}: ${answer.body.toString('utf8', 0, 500)}`
  if (!/^req_[0-9a-z]{26}$/.test(String(headers['x-request-id'])))
    return `${status} without x-request-id`
  if (wire.method === 'HEAD') return answer.body.length === 0 ? undefined : 'a body for HEAD'
  if (headers['content-type']?.startsWith('text/csv')) {
    return status === 200 && op.media === 'csv' ? undefined : `${status} as CSV`
  }
  const body = readBody(answer)
  if (!isFor(op, wire) || status === 431) return generalProblem(status, body)
  return contractProblem(op, status, body)
}

function readBody({ status, headers, body }: Answer): unknown {
  if (status === 204 || body.length === 0) return undefined
  return headers['content-type']?.includes('json') ? JSON.parse(body.toString('utf8')) : body
}

/** The address and the method lead to the operation, whatever was done to them. */
function isFor(op: Operation, { method, path }: Wire): boolean {
  const [place = ''] = path.split(/[?#]/)
  const pattern = new RegExp(`^${op.path.replace(/\{\w+\}/g, '[^/]+')}$`)
  return method === op.method && pattern.test(place)
}

// What no operation has answered has the shape of the market, but on a path that is known with another
// method: there it has the shape of that path.
function generalProblem(status: number, body: unknown): string | undefined {
  if (status < 400) return undefined
  const isShaped =
    errorBody.safeParse(body).success || typeof Reflect.get(Object(body), 'error') === 'string'
  return isShaped || Reflect.has(Object(body), 'status') ? undefined : `${status} in no known shape`
}

/** To be pasted into a shell, but for what is written as `{x × 1000}`. */
export function curlOf(url: string, { method, path, headers, body }: Wire): string {
  const quoted = (text: string) => `'${shortened(text).replaceAll("'", "'\\''")}'`
  const lines = Object.entries(headers).map(([name, value]) => ` -H ${quoted(`${name}: ${value}`)}`)
  const data = body ? ` --data-binary ${quoted(body.toString('utf8'))}` : ''
  return `curl --path-as-is -X ${method} ${quoted(url + path)}${lines.join('')}${data}`
}

function shortened(text: string): string {
  return text.replace(
    /(.{1,4}?)\1{39,}/gsu,
    (run, part: string) => `{${part} × ${run.length / part.length}}`,
  )
}

// The HTTP server: routes from the contract, unknown paths, body limits, security headers. On Fastify;
// the only folder that knows it.
import { readFileSync } from 'node:fs'
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import helmet from '@fastify/helmet'
import { allOperations } from '@ipto/contract/operations.ts'
import scalar from '@scalar/fastify-api-reference'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Db } from '../base/db.ts'
import { assert, Failure } from '../base/errors.ts'
import { newId } from '../base/ids.ts'
import { type Routes, routeOf } from '../base/route.ts'
import type { BlobGateway } from '../domains/objects/blobs.ts'
import { type HealthDeps, healthRoutes } from './health.ts'
import {
  type ApiRoute,
  type MountDeps,
  mount,
  noSuchPath,
  presentFailure,
  profileOf,
  requestIdOf,
} from './mount.ts'
import { document } from './profiles/document.ts'
import { market } from './profiles/market.ts'
import { storageRoutes, storageUrl } from './storage.ts'

/** How long a slow caller is borne. Tests shorten it; a running server has no way to. */
export interface Patience {
  /** Until the headers of a request have come, also of one that never begins. */
  headersMs: number
  /** Until the whole body has come, however steadily it drips. */
  bodyMs: number
  /** Without a byte, where the body or the answer is under way. */
  idleMs: number
}

const patience: Patience = { headersMs: 30_000, bodyMs: 60_000, idleMs: 30_000 }

/** JSON bodies, in bytes (making-requests). */
const bodyBytesMax = 1_048_576

export interface ServerOptions<D> {
  deps: MountDeps
  services: D
  routes: Routes<D>
  gateway: BlobGateway | null
  /** What receipts are checked with (RFC 7517). */
  publicKeys: object
  health: HealthDeps
  patience: Partial<Patience>
}

export function buildServer<D extends { db: Db }>(options: ServerOptions<D>): FastifyInstance {
  const slow = { ...patience, ...options.patience }
  const app = Fastify({
    logger: false,
    bodyLimit: bodyBytesMax,
    // Bodies have limits of their own (`cutSlowBody`): that of a stored file may take hours.
    requestTimeout: 0,
    http: {
      headersTimeout: slow.headersMs,
      connectionsCheckingInterval: Math.ceil(slow.headersMs / 2),
      // Node's own answer would have neither a body nor a request id.
      requireHostHeader: false,
    },
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 2_000 },
    clientErrorHandler: answerBrokenRequest,
    // A path that cannot be decoded, or an id of thousands of characters: nothing has it.
    frameworkErrors: (_, request, reply) => {
      // No hook has run yet.
      reply.header('x-request-id', requestIdOf(request)).header('cache-control', 'no-store')
      return answerFailure(options.deps, noSuchPath(), request, reply)
    },
  })
  app.server.on('checkExpectation', refuseExpectation)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body))
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', requestIdOf(request))
    cutIdle(request, reply, slow.idleMs)
    if (request.routeOptions.url !== storageUrl) cutSlowBody(request, slow.bodyMs)
    requireHost(request)
  })
  app.addHook('onSend', async (_, reply) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
  })
  app.register(helmet, { contentSecurityPolicy: false, crossOriginResourcePolicy: false })
  mountOperations(app, options)
  healthRoutes(app, options.health)
  documentRoutes(app)
  app.get('/.well-known/jwks.json', async () => options.publicKeys)
  if (options.gateway) storageRoutes(app, options.gateway)
  app.setNotFoundHandler((request, reply) => answerUnknown(options.deps, request, reply))
  app.setErrorHandler((error, request, reply) => answerError(options.deps, error, request, reply))
  return app
}

// A body that stops coming, or an answer that nobody reads, must not hold its connection for ever.
function cutIdle({ raw }: FastifyRequest, reply: FastifyReply, idleMs: number): void {
  raw.setTimeout(idleMs, () => raw.destroy())
  reply.raw.on('timeout', (socket: Socket) => {
    // Once all has come, the silence is ours: an operation may think for longer.
    if (reply.raw.headersSent) raw.destroy()
    else socket.setTimeout(idleMs)
  })
}

function cutSlowBody({ raw }: FastifyRequest, bodyMs: number): void {
  const timer = setTimeout(() => {
    if (!raw.complete) raw.destroy()
  }, bodyMs)
  raw.once('close', () => clearTimeout(timer))
}

// RFC 9112, section 3.2: without it a proxy and we may mean different hosts.
function requireHost({ raw }: FastifyRequest): void {
  const { host = [] } = raw.headersDistinct
  if (raw.httpVersion === '1.1' ? host.length !== 1 : host.length > 1) {
    throw new Failure('unreadable_body', 'The request must name its host, once.')
  }
}

const known = allOperations.map((op) => ({
  op,
  pattern: new RegExp(`^${op.path.replace(/\{\w+\}/g, '[^/]+')}$`),
}))

function mountOperations<D extends { db: Db }>(
  app: FastifyInstance,
  { deps, services, routes }: ServerOptions<D>,
) {
  for (const { op } of known) {
    const route = routeOf(routes, op.id)
    assert(route, `${op.id} has a route`)
    app.route<ApiRoute>({
      method: op.method,
      url: op.path.replace(/\{(\w+)\}/g, ':$1'),
      handler: mount(deps, services, op, route),
    })
  }
}

// As the router reads it: without the query, and without the host that a request to a proxy has before it.
function pathOf({ url }: FastifyRequest): string {
  return (url.split(/[?#]/)[0] ?? '').replace(/^[a-z]+:\/\/[^/]*/i, '')
}

function answerUnknown(deps: MountDeps, request: FastifyRequest, reply: FastifyReply) {
  const path = pathOf(request)
  const allowed = known.filter(({ pattern }) => pattern.test(path)).map(({ op }) => op.method)
  if (allowed.length === 0) {
    return answerFailure(deps, noSuchPath(), request, reply)
  }
  reply.header('allow', [...new Set(allowed)].join(', '))
  const text = `This path does not take ${request.method}.`
  return answerFailure(deps, new Failure('method_not_allowed', text), request, reply)
}

// What Fastify itself refuses, before any operation is reached.
function answerError(
  deps: MountDeps,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const refused: Record<string, Failure> = {
    FST_ERR_CTP_BODY_TOO_LARGE: new Failure(
      'payload_too_large',
      `The body is larger than ${bodyBytesMax} bytes.`,
    ),
    FST_ERR_CTP_INVALID_CONTENT_LENGTH: new Failure(
      'unreadable_body',
      'The body is not as long as Content-Length says.',
    ),
    // Whoever hangs up reads no answer, and it is no mistake of ours.
    ECONNRESET: new Failure('unreadable_body', 'The body broke off.'),
  }
  const failure = refused[code]
  // Such as QUERY without a media type: what a path does not take is refused for that alone.
  if (!failure && request.is404) return answerUnknown(deps, request, reply)
  return answerFailure(deps, failure ?? error, request, reply)
}

function answerFailure(
  { log }: MountDeps,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const path = pathOf(request)
  const op = known.find(({ pattern }) => pattern.test(path))?.op
  const profile = op ? profileOf(op) : /^\/v2(\/|$)/.test(path) ? document : market
  const { status, body, headers } = presentFailure(log, profile, error, requestIdOf(request))
  return reply
    .code(status)
    .headers({ ...profile.headers, ...headers })
    .type(profile.errorMediaType)
    .send(typeof body === 'string' ? Buffer.from(body) : body)
}

/** What Node refuses before there is a request: too large or too slow a header, or no HTTP at all. */
function answerBrokenRequest(
  error: Error & { code?: string; rawPacket?: unknown },
  socket: Duplex,
): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const [status, message] = brokenRequests[error.code ?? ''] ?? [
    400,
    'This is not a valid HTTP request.',
  ]
  const { headers, body } = brokenAnswer(message)
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  // Nobody expects a body after HEAD, and Node tells no method here but in the bytes themselves.
  const { rawPacket } = error
  const isHead = Buffer.isBuffer(rawPacket) && rawPacket.toString('latin1', 0, 5) === 'HEAD '
  const sent = isHead ? '' : body
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${sent}`)
}

const brokenRequests: Record<string, [number, string]> = {
  HPE_HEADER_OVERFLOW: [431, 'The headers are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The headers did not come in time.'],
}

function brokenAnswer(message: string) {
  const body = JSON.stringify({ error: { code: 'invalid_request', message } })
  const headers = {
    'X-Request-Id': newId('req'),
    'Content-Type': market.mediaType,
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    Connection: 'close',
  }
  return { headers, body }
}

function refuseExpectation(_: IncomingMessage, response: ServerResponse): void {
  const { headers, body } = brokenAnswer('This server expects nothing but 100-continue.')
  response.writeHead(417, headers).end(body)
}

const documentUrl = new URL('../../../docs/openapi.json', import.meta.url)
const integrationUrl = new URL('../../../docs/openapi-v2.json', import.meta.url)

function documentRoutes(app: FastifyInstance): void {
  const whole = readFileSync(documentUrl, 'utf8')
  const cut = readFileSync(integrationUrl, 'utf8')
  app.get('/openapi.json', async (_, reply) => reply.type('application/json').send(whole))
  app.get('/v2/openapi.json', async (_, reply) => reply.type('application/json').send(cut))
  app.register(scalar, {
    routePrefix: '/docs',
    configuration: {
      content: whole,
      telemetry: false,
      withDefaultFonts: false,
      hideClientButton: true,
      agent: { disabled: true },
      mcp: { disabled: true },
    },
    hooks: {
      // The page brings its own script; nothing is fetched from elsewhere.
      onRequest: (_: FastifyRequest, reply: FastifyReply, done: () => void) => {
        reply.header(
          'content-security-policy',
          "default-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'",
        )
        done()
      },
    },
  })
}

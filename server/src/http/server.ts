// The HTTP server: routes from the contract, unknown paths, body limits, security headers. On Fastify;
// the only folder that knows it.
import { readFileSync } from 'node:fs'
import helmet from '@fastify/helmet'
import { allOperations } from '@ipto/contract/operations.ts'
import scalar from '@scalar/fastify-api-reference'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
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
import { storageRoutes } from './storage.ts'

/** A request that does not move for so long is cut. */
const idleMsMax = 30_000

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
}

export function buildServer<D>(options: ServerOptions<D>): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: bodyBytesMax,
    // Slow uploads are cut by the storage routes themselves, which know when nothing moves.
    requestTimeout: 0,
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
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body))
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', requestIdOf(request))
    // A body that stops coming must not hold its connection for ever. Storage has a limit of its own.
    request.raw.setTimeout(idleMsMax, () => request.raw.destroy())
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

const known = allOperations.map((op) => ({
  op,
  pattern: new RegExp(`^${op.path.replace(/\{\w+\}/g, '[^/]+')}$`),
}))

function mountOperations<D>(app: FastifyInstance, { deps, services, routes }: ServerOptions<D>) {
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

function pathOf({ url }: FastifyRequest): string {
  return url.split('?')[0] ?? ''
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
  }
  return answerFailure(deps, refused[code] ?? error, request, reply)
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

/** What Node refuses before there is a request: too large a header, or no HTTP at all. */
function answerBrokenRequest(
  error: Error & { code?: string },
  socket: { writable: boolean; end(text: string): void; destroy(): void },
): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const isLarge = error.code === 'HPE_HEADER_OVERFLOW'
  const status = isLarge ? '431 Request Header Fields Too Large' : '400 Bad Request'
  const message = isLarge ? 'The headers are too large.' : 'This is not a valid HTTP request.'
  const body = JSON.stringify({ error: { code: 'invalid_request', message } })
  socket.end(
    `HTTP/1.1 ${status}\r\nX-Request-Id: ${newId('req')}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
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

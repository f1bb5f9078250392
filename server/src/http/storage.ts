// PUT, GET and HEAD on the signed addresses of a store that has no server of its own. Outside /v1: no
// credential but the address, no limit on the body but the size that was signed, and nothing buffered.
// Bytes are strangers' files on our origin: always an attachment, never sniffed, never cached.
import { Readable } from 'node:stream'
import { type ErrorCode, statusOf, wireCode } from '@ipto/contract/errors.ts'
import { create as createDisposition } from 'content-disposition'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Failure } from '../base/errors.ts'
import type { BlobGateway, ByteRange, OpenedBlob, SignedRequest } from '../domains/objects/blobs.ts'

/** A connection without a byte for this long is cut. A slow one lives as long as it moves. */
const idleMsMax = 60_000
/** After a refusal we still read up to this much, so that the client sees the answer; beyond, we hang up. */
const drainBytesMax = 64 * 1024 ** 2
const filenameCharactersMax = 255

interface AddressRoute {
  Params: { token: string }
  Querystring: Record<string, unknown>
}

type AddressRequest = FastifyRequest<AddressRoute>

export const storageUrl = '/storage/:token'

/** Mounts `storageUrl` in a scope of its own, so that its body parser and errors stay there. */
export function storageRoutes(app: FastifyInstance, gateway: BlobGateway): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
    scope.setErrorHandler(answerError)
    scope.addHook('onRequest', prepare)

    const url = storageUrl
    scope.put<AddressRoute>(url, (request, reply) => receive(gateway, request, reply))
    scope.route<AddressRoute>({
      method: ['GET', 'HEAD'],
      url,
      exposeHeadRoute: false,
      handler: (request, reply) => send(gateway, request, reply),
    })
    scope.options(url, async (_request, reply) => {
      reply.header('access-control-allow-methods', allowedMethods)
      reply.header('access-control-allow-headers', '*')
      reply.header('access-control-max-age', '3600')
      return reply.code(204).send()
    })
    scope.route({
      method: ['POST', 'PATCH', 'DELETE'],
      url,
      handler: async (_request, reply) => {
        reply.header('allow', allowedMethods)
        throw new Failure('method_not_allowed', 'A signed address takes PUT, GET or HEAD.')
      },
    })
  })
}

const allowedMethods = 'PUT, GET, HEAD, OPTIONS'

// Any origin may use an address: what it may do stands in the address, and no cookie is looked at.
async function prepare(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  // Fastify's `inject` has no connection to watch.
  request.raw.setTimeout?.(idleMsMax)
  reply.header('access-control-allow-origin', '*')
  reply.header(
    'access-control-expose-headers',
    'Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag, X-Request-Id',
  )
  reply.header('cross-origin-resource-policy', 'cross-origin')
  reply.header('cache-control', 'private, no-store')
}

async function receive(gateway: BlobGateway, request: AddressRequest, reply: FastifyReply) {
  if (request.headers['content-length'] === undefined) {
    const message =
      'An upload names its size in Content-Length; chunks of unknown size are refused.'
    return sendError(request, reply, { status: 411, code: 'invalid_fields', message })
  }
  // Without a body Fastify parses nothing: an empty file.
  const body = request.body instanceof Readable ? request.body : Readable.from([])
  await gateway.receive(signedRequestOf(request), body)
  return reply.code(200).send()
}

async function send(gateway: BlobGateway, request: AddressRequest, reply: FastifyReply) {
  const blob = await gateway.open(signedRequestOf(request))
  reply.headers({
    'accept-ranges': 'bytes',
    'content-disposition': createDisposition(safeFilename(blob.filename)),
    'content-security-policy': "sandbox; default-src 'none'",
    'content-type': blob.contentType,
    etag: blob.etag,
    'x-content-type-options': 'nosniff',
  })
  if (request.method === 'HEAD') return reply.header('content-length', blob.sizeBytes).send()

  const range = readRange(request, blob)
  if (range === 'unsatisfiable') {
    reply.removeHeader('content-disposition').header('content-range', `bytes */${blob.sizeBytes}`)
    const message = 'The range lies outside the file.'
    return sendError(request, reply, { status: 416, code: 'invalid_request', message })
  }
  if (range === null) {
    reply.header('content-length', blob.sizeBytes)
  } else {
    reply.code(206)
    reply.header('content-range', `bytes ${range.first}-${range.last}/${blob.sizeBytes}`)
    reply.header('content-length', range.last - range.first + 1)
  }
  return reply.send(await blob.read(range))
}

function signedRequestOf({ params, query, headers }: AddressRequest): SignedRequest {
  return { token: params.token, query, headers }
}

/**
 * One range of RFC 9110, section 14: `a-b`, `a-` or `-suffix`. Null for the whole file: no range asked,
 * a unit we do not know, several ranges, or an `If-Range` of another version.
 */
function readRange(request: AddressRequest, blob: OpenedBlob): ByteRange | null | 'unsatisfiable' {
  const { range: asked, 'if-range': condition } = request.headers
  if (asked === undefined || !asked.startsWith('bytes=') || asked.includes(',')) return null
  if (condition !== undefined && condition !== blob.etag) return null
  const [, from, to] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(asked) ?? []
  if (from === undefined || to === undefined || from + to === '') return 'unsatisfiable'

  const end = blob.sizeBytes - 1
  const first = from === '' ? Math.max(0, blob.sizeBytes - Number(to)) : Number(from)
  const last = from === '' || to === '' ? end : Math.min(end, Number(to))
  return first <= last ? { first, last } : 'unsatisfiable'
}

// Names were checked on their way in; this is the last door before a stranger's disk. No path, no
// control characters, and none that turn the direction of writing (`exe.fdp` shown as `pdf.exe`).
function safeFilename(filename: string): string {
  const base = filename.split(/[/\\]/).at(-1) ?? ''
  const clean = base.replace(/[\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '').trim()
  if (/^\.*$/.test(clean)) return 'download'
  return [...clean].slice(-filenameCharactersMax).join('')
}

interface ErrorAnswer {
  status: number
  code: ErrorCode
  message: string
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof Failure) {
    const { code, message, retryAfterMs } = error
    if (retryAfterMs !== undefined) reply.header('retry-after', Math.ceil(retryAfterMs / 1000))
    if (code === 'service_unavailable') request.log.error({ err: error }, 'the blob store refused')
    return sendError(request, reply, { status: statusOf(code, 'market'), code, message })
  }
  if (isUnreadable(error)) {
    const message = 'The request cannot be read.'
    return sendError(request, reply, { status: 400, code: 'unreadable_body', message })
  }
  request.log.error({ err: error }, 'a request for stored bytes failed')
  const message = 'Something went wrong on our side.'
  return sendError(request, reply, { status: 500, code: 'internal_error', message })
}

// What Fastify itself refuses before the handler, such as a Content-Type that is none.
function isUnreadable(error: unknown): boolean {
  if (!(error instanceof Error) || !('statusCode' in error)) return false
  return typeof error.statusCode === 'number' && error.statusCode < 500
}

function sendError(
  request: FastifyRequest,
  reply: FastifyReply,
  { status, code, message }: ErrorAnswer,
): FastifyReply {
  const announcedBytes = Number(request.headers['content-length'] ?? 0)
  const isChunked = request.headers['transfer-encoding'] !== undefined
  if (isChunked || announcedBytes > drainBytesMax) reply.header('connection', 'close')
  reply.code(status).type('application/json; charset=utf-8')
  return reply.send({ error: { code: wireCode(code), message } })
}

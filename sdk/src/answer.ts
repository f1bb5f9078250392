// From the bytes of an answer to what a method returns: JSON as the server wrote it, or a file.
import { ApiError } from './api-error.ts'
import { type Answer, textOf } from './transport.ts'

export function bodyOf({ bytes, headers }: Answer) {
  if (bytes.length === 0) return undefined
  try {
    return JSON.parse(textOf(bytes))
  } catch (cause) {
    throw unreadable('JSON', headers, cause)
  }
}

// Typed as any, as what JSON.parse answers: the route says what its answer is.
export function fileOf({ bytes, headers }: Answer): ReturnType<typeof bodyOf> {
  if (headers.get('content-type')?.startsWith('application/pdf')) return bytes
  throw unreadable('a PDF', headers)
}

function unreadable(what: string, headers: Headers, cause?: unknown): ApiError {
  return new ApiError({
    status: 0,
    code: 'unreadable_answer',
    message: `The server answered with something that is not ${what}. Is baseUrl right?`,
    requestId: headers.get('x-request-id') ?? undefined,
    cause,
  })
}

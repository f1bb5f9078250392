// Sends the bytes of an upload to the addresses that the server signed for it. No credential goes
// along: the address is the leave. A PUT writes the same bytes twice at worst, so it may be repeated.
import type { CallOptions, ClientOptions, Send } from './transport.ts'

/** The answer of `uploads.create` or `objects.upload`. */
export interface UploadTarget {
  upload_url: string | null
  method: 'PUT'
  headers: Record<string, string>
  part_size_bytes: number | null
  parts: { part_number: number; upload_url: string }[] | null
}

export interface UploadedPart {
  part_number: number
  etag: string
}

export type PutUpload = (
  upload: UploadTarget,
  bytes: Uint8Array,
  options?: CallOptions,
) => Promise<UploadedPart[] | undefined>

// Each attempt gets the usual time and what its bytes need on a slow line.
const bytesPerSecondMin = 128 * 1_024

/**
 * Puts the bytes, in parts where the upload has parts. Returns the parts for `uploads.complete` or
 * `objects.confirm`, or undefined where the bytes went in one piece.
 */
export function openUpload(client: ClientOptions, send: Send): PutUpload {
  const put = async (
    target: { url: string; headers: Record<string, string> },
    bytes: Uint8Array,
    options: CallOptions,
  ) => {
    const timeoutMs =
      (options.timeoutMs ?? client.timeoutMs ?? 10_000) +
      Math.ceil((bytes.length / bytesPerSecondMin) * 1_000)
    const url = new URL(target.url, client.baseUrl).href
    return send(
      { method: 'PUT', url, headers: target.headers, body: bytes, isRepeatable: true, timeoutMs },
      options,
    )
  }

  return async (upload, bytes, options = {}) => {
    const { headers, parts, part_size_bytes: partBytes } = upload
    if (parts === null || partBytes === null) {
      if (upload.upload_url === null) throw new TypeError('The upload has no address.')
      await put({ url: upload.upload_url, headers }, bytes, options)
      return undefined
    }
    const sent: UploadedPart[] = []
    for (const { part_number, upload_url } of parts) {
      const part = bytes.subarray((part_number - 1) * partBytes, part_number * partBytes)
      const answer = await put({ url: upload_url, headers }, part, options)
      sent.push({ part_number, etag: answer.headers.get('etag') ?? '' })
    }
    return sent
  }
}

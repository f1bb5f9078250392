// Sends the bytes of an upload to the addresses that the server signed for it. No credential goes
// along: the address is the leave. A PUT writes the same bytes twice at worst, so it may be repeated.
import { type CallOptions, type ClientOptions, type Send, timeoutMsDefault } from './transport.ts'

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

export interface UploadProgress {
  sentBytes: number
  totalBytes: number
}

export interface UploadOptions extends CallOptions {
  /**
   * Called at the start, after each part, and where the platform tells (Node) while a part is on its way:
   * then with what was handed to the connection, which falls back where a part is sent again.
   */
  onProgress?: ((progress: UploadProgress) => void) | undefined
}

export type PutUpload = (
  upload: UploadTarget,
  bytes: Uint8Array,
  options?: UploadOptions,
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
    body: Blob | Uint8Array<ArrayBuffer>,
    options: CallOptions,
  ) => {
    const sizeBytes = body instanceof Uint8Array ? body.length : body.size
    const timeoutMs =
      (options.timeoutMs ?? client.timeoutMs ?? timeoutMsDefault) +
      Math.ceil((sizeBytes / bytesPerSecondMin) * 1_000)
    const url = new URL(target.url, client.baseUrl).href
    return send(
      { method: 'PUT', url, headers: target.headers, body, isRepeatable: true, timeoutMs },
      options,
    )
  }

  return async (upload, bytes, { onProgress, ...options } = {}) => {
    const { headers, parts, part_size_bytes: partBytes } = upload
    const totalBytes = bytes.length
    const tell = onProgress && ((sentBytes: number) => onProgress({ sentBytes, totalBytes }))
    tell?.(0)
    if (parts === null || partBytes === null) {
      if (upload.upload_url === null) throw new TypeError('The upload has no address.')
      await put({ url: upload.upload_url, headers }, told(bytes, tell), options)
      tell?.(totalBytes)
      return undefined
    }
    const sent: UploadedPart[] = []
    for (const { part_number, upload_url } of parts) {
      const start = (part_number - 1) * partBytes
      const part = bytes.subarray(start, part_number * partBytes)
      const tellPart = tell && ((sentBytes: number) => tell(start + sentBytes))
      const answer = await put({ url: upload_url, headers }, told(part, tellPart), options)
      sent.push({ part_number, etag: answer.headers.get('etag') ?? '' })
      tellPart?.(part.length)
    }
    return sent
  }
}

/** Where somebody listens, a body that tells how far it was read, as far as the platform reads it by pieces. */
function told(bytes: Uint8Array, tell: ((sentBytes: number) => void) | undefined) {
  const copy = new Uint8Array(bytes)
  return tell ? new CountedBlob(copy, tell) : copy
}

const pieceBytes = 64 * 1_024

// `fetch` knows the size of a Blob beforehand, as a signed address wants it, and Node's sends what `stream`
// gives. A stream alone would go out in chunks of no known size, and browsers send none over HTTP/1.1.
// A browser sends the Blob itself, and tells nothing on the way.
class CountedBlob extends Blob {
  readonly #bytes: Uint8Array<ArrayBuffer>
  readonly #tell: (sentBytes: number) => void

  constructor(bytes: Uint8Array<ArrayBuffer>, tell: (sentBytes: number) => void) {
    super([bytes])
    this.#bytes = bytes
    this.#tell = tell
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    let sentBytes = 0
    return new ReadableStream({
      // Asked for the next piece only once the connection took the one before.
      pull: (controller) => {
        if (sentBytes > 0) this.#tell(sentBytes)
        if (sentBytes === this.size) return controller.close()
        const piece = this.#bytes.subarray(sentBytes, sentBytes + pieceBytes)
        sentBytes += piece.length
        controller.enqueue(piece)
      },
    })
  }
}

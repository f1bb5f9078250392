// The port to the place where bytes live. Keys are ours, opaque and never made of client text.
// Uploads land under a fresh key by a signed address; after verification the bytes move to a key made
// of their SHA-256 and are stored once, whoever owns them. Streams for bytes, plain data for the rest.
import type { Readable } from 'node:stream'

/** What the uploader promised; the store enforces it and `verify` checks it again. */
export interface BlobExpectation {
  sizeBytes: number
  /** Lower-case hex. Null where the uploader did not say (flow A): then only the size is checked. */
  sha256: string | null
}

export interface SignedAddress {
  url: string
  method: 'PUT' | 'GET'
  /** Headers that the client must send, exactly. */
  headers: Record<string, string>
  expiresAt: Date
}

export interface PutSign extends BlobExpectation {
  key: string
  contentType: string
  expiresAt: Date
}

export interface GetSign {
  key: string
  filename: string
  contentType: string
  expiresAt: Date
}

export interface StoredBlob {
  sizeBytes: number
  /** Read back from the stored bytes, not remembered from the upload. Lower-case hex. */
  sha256: string
}

export interface Blobs {
  presignPut(request: PutSign): Promise<SignedAddress>
  /** Always `Content-Disposition: attachment` and `nosniff`. */
  presignGet(request: GetSign): Promise<SignedAddress>
  /** Writes our own bytes (previews, tests). Refuses a body over the limit and leaves nothing behind. */
  put(key: string, body: Readable, limit: { bytesMax: number }): Promise<StoredBlob>
  /** Throws `Failure('not_found')`. */
  get(key: string): Promise<Readable>
  /** Reads the stored bytes; undefined where nothing was uploaded under the key. */
  inspect(key: string): Promise<StoredBlob | undefined>
  /** Moves a verified upload to its final key. Running twice is harmless; an existing target is kept. */
  promote(fromKey: string, toKey: string): Promise<void>
  /** No error where it is gone already. */
  remove(key: string): Promise<void>
  /** A path on local disk for a child process; `release` frees what had to be copied. */
  localPath(key: string): Promise<{ path: string; release: () => Promise<void> }>
  /** Removes temporary files of dead uploads that are older than this. */
  sweep(olderThan: Date): Promise<number>
  /** For `/readyz`: throws where the store cannot be written. */
  check(): Promise<void>
  close(): Promise<void>
}

/** A request to one of the store's own signed addresses, as it came over HTTP. */
export interface SignedRequest {
  token: string
  query: Readonly<Record<string, unknown>>
  headers: Readonly<Record<string, string | string[] | undefined>>
}

/** Offsets in bytes, from 0, both ends included, within the blob. */
export interface ByteRange {
  first: number
  last: number
}

export interface OpenedBlob {
  filename: string
  contentType: string
  sizeBytes: number
  /** A strong entity tag, quoted. */
  etag: string
  /** The caller reads the stream to its end or destroys it. */
  read(range: ByteRange | null): Promise<Readable>
}

/** For a store whose signed addresses lead to this server, and not to a server of its own (S3). */
export interface BlobGateway {
  /**
   * Keeps the bytes that the address was signed for, or nothing. Throws `Failure`: `forbidden` (altered,
   * expired, or other headers than signed), `conflict` (used before), `payload_too_large`,
   * `unreadable_body` (it broke off), `checksum_mismatch`, `service_unavailable` (the disk refused).
   */
  receive(request: SignedRequest, body: Readable): Promise<void>
  /** Throws `Failure`: `forbidden` as above, `not_found`. */
  open(request: SignedRequest): Promise<OpenedBlob>
}

// Blobs in a folder of this machine, for one process without other services. Its signed addresses lead
// to this server (http/storage.ts): each upload address takes exactly the bytes it was signed for, once.
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Clock } from '../../base/clock.ts'
import { assert, Failure, notFound } from '../../base/errors.ts'
import type {
  BlobGateway,
  Blobs,
  OpenedBlob,
  SignedRequest,
  StoredBlob,
} from '../../domains/objects/blobs.ts'
import {
  type AddressSigner,
  nameOfKey,
  type PutClaims,
  secretBytesMin,
  signGet,
  signPut,
  verifyGet,
  verifyPut,
} from './address.ts'
import {
  addFile,
  type Files,
  findFile,
  type Incoming,
  isUsed,
  moveFile,
  openFiles,
  pathOf,
  readFile,
  removeFile,
  replaceFile,
  sweepFiles,
  withIncoming,
} from './files.ts'

export interface FolderBlobsConfig extends AddressSigner {
  kind: 'folder'
  folder: string
  clock: Clock
}

/** Uploads on their way, by name. */
type Uploads = Map<string, Readable>

export async function openFolderBlobs(
  config: FolderBlobsConfig,
): Promise<{ blobs: Blobs; gateway: BlobGateway }> {
  assert(config.secret.length >= secretBytesMin, 'the secret of the addresses has 32 bytes or more')
  const files = await openFiles(config.folder, config.clock)
  const uploads: Uploads = new Map()
  return {
    blobs: blobsOf(config, files, uploads),
    gateway: {
      receive: async (request, body) => {
        const claims = verifyPut(config.secret, request, config.clock.now())
        await receive({ files, uploads }, claims, body)
      },
      open: (request) => openDownload(config, files, request),
    },
  }
}

function blobsOf(config: FolderBlobsConfig, files: Files, uploads: Uploads): Blobs {
  return {
    presignPut: async (request) => signPut(config, request, config.clock.now()),
    presignGet: async (request) => signGet(config, request, config.clock.now()),
    put: (key, body, limit) => put(files, key, { body, bytesMax: limit.bytesMax }),
    get: (key) => readFile(files, nameOfKey(key), null),
    inspect: (key) => inspect(files, nameOfKey(key)),
    promote: (fromKey, toKey) => moveFile(files, nameOfKey(fromKey), nameOfKey(toKey)),
    remove: (key) => removeFile(files, nameOfKey(key)),
    localPath: async (key) => {
      const name = nameOfKey(key)
      if ((await findFile(files, name)) === undefined) throw notFound()
      return { path: pathOf(files, name), release: async () => {} }
    },
    sweep: (olderThan) => sweepFiles(files, olderThan),
    check: () => check(files),
    close: async () => {
      for (const body of uploads.values()) {
        body.destroy(new Failure('service_unavailable', 'The server is stopping.'))
      }
    },
  }
}

async function put(
  files: Files,
  key: string,
  source: { body: Readable; bytesMax: number },
): Promise<StoredBlob> {
  try {
    return await withIncoming(files, source, async (incoming) => {
      await replaceFile(files, incoming, nameOfKey(key))
      return { sizeBytes: incoming.sizeBytes, sha256: incoming.sha256 }
    })
  } finally {
    source.body.destroy()
  }
}

async function inspect(files: Files, name: string): Promise<StoredBlob | undefined> {
  if ((await findFile(files, name)) === undefined) return undefined
  const hash = createHash('sha256')
  let sizeBytes = 0
  for await (const bytes of await readFile(files, name, null)) {
    hash.update(bytes)
    sizeBytes += bytes.length
  }
  return { sizeBytes, sha256: hash.digest('hex') }
}

async function receive(
  { files, uploads }: { files: Files; uploads: Uploads },
  claims: PutClaims,
  body: Readable,
): Promise<void> {
  // An error that comes while nobody reads must not end the process; the reader meets it anyway.
  body.on('error', () => {})
  // A client that lost its connection tries again before we know. The new upload ends the old one,
  // so an address never holds more than one body on disk.
  uploads
    .get(claims.name)
    ?.destroy(new Failure('conflict', 'A newer upload took the place of this.'))
  uploads.set(claims.name, body)
  try {
    await refuseUsed(files, claims.name)
    await withIncoming(files, { body, bytesMax: claims.sizeBytes }, (incoming) =>
      keep(files, claims, incoming),
    )
  } catch (error) {
    if (error instanceof Failure || !body.readableAborted) throw error
    throw brokenOff(error)
  } finally {
    if (uploads.get(claims.name) === body) uploads.delete(claims.name)
  }
}

async function keep(files: Files, claims: PutClaims, incoming: Incoming): Promise<void> {
  if (incoming.sizeBytes < claims.sizeBytes) throw brokenOff(undefined)
  if (claims.sha256 !== null && incoming.sha256 !== claims.sha256) {
    throw new Failure('checksum_mismatch', 'The bytes do not have the SHA-256 that was promised.')
  }
  // Asked again: another upload may have been kept and moved on while this one was on its way.
  await refuseUsed(files, claims.name)
  if (!(await addFile(files, incoming, claims.name))) throw usedBefore()
}

async function refuseUsed(files: Files, name: string): Promise<void> {
  if (await isUsed(files, name)) throw usedBefore()
}

function usedBefore(): Failure {
  return new Failure('conflict', 'This address has been used: an upload address works once.')
}

function brokenOff(cause: unknown): Failure {
  return new Failure('unreadable_body', 'The upload broke off before its last byte.', { cause })
}

async function openDownload(
  config: FolderBlobsConfig,
  files: Files,
  request: SignedRequest,
): Promise<OpenedBlob> {
  const { name, contentType, filename } = verifyGet(config.secret, request, config.clock.now())
  const found = await findFile(files, name)
  if (found === undefined) throw notFound()
  return {
    filename,
    contentType,
    sizeBytes: found.size,
    etag: `"${name.slice(0, 16)}-${found.size.toString(16)}-${found.mtimeMs.toString(16)}"`,
    read: (range) => readFile(files, name, range),
  }
}

// Every step of an upload but the network: it finds a full disk as well as one that cannot link.
async function check(files: Files): Promise<void> {
  const name = nameOfKey(`probe/${randomUUID()}`)
  const body = Readable.from([randomBytes(64)])
  try {
    await withIncoming(files, { body, bytesMax: 64 }, async (incoming) => {
      const isAdded = await addFile(files, incoming, name)
      const stored = await inspect(files, name)
      if (!isAdded || stored?.sha256 !== incoming.sha256) {
        throw new Failure('service_unavailable', 'The file store does not keep what is written.')
      }
    })
  } finally {
    await removeFile(files, name)
  }
}

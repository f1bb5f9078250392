// The few things that the folder store does to a disk. A name appears only when all of its bytes are
// safe: file and folder are flushed. What the disk refuses (full, read-only, in the way) is
// `service_unavailable`, with the system's error for operators only.
import { createHash } from 'node:crypto'
import { link, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Readable } from 'node:stream'
import { assert, Failure } from '../../base/errors.ts'
import type { StoredBlob } from '../../domains/objects/blobs.ts'

/**
 * Writes the stream to a new file and flushes it. Stops at the first byte over the limit with
 * `Failure('payload_too_large')`; the caller removes the file. Leaves `body` open: a request whose
 * stream is destroyed could not be answered any more.
 */
export async function writeStream(
  path: string,
  body: Readable,
  bytesMax: number,
): Promise<StoredBlob> {
  const file = await onDisk(() => open(path, 'wx', 0o600))
  try {
    const hash = createHash('sha256')
    let sizeBytes = 0
    for await (const part of body.iterator({ destroyOnReturn: false })) {
      const bytes = bytesOf(part)
      sizeBytes += bytes.length
      if (sizeBytes > bytesMax) {
        throw new Failure('payload_too_large', 'There are more bytes than were announced.')
      }
      hash.update(bytes)
      await onDisk(() => file.writeFile(bytes))
    }
    await onDisk(() => file.sync())
    return { sizeBytes, sha256: hash.digest('hex') }
  } finally {
    await file.close()
  }
}

function bytesOf(part: unknown): Uint8Array {
  if (typeof part === 'string') return Buffer.from(part)
  assert(part instanceof Uint8Array, 'a body is a stream of bytes')
  return part
}

/** Replaces what stands there. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await onDisk(async () => {
    await makeFolder(dirname(to))
    await rename(from, to)
    await syncFolder(dirname(to))
  })
}

/** Gives the bytes a second name; never replaces one. A link, because a rename would replace. */
export async function linkDurably(
  from: string,
  to: string,
): Promise<'linked' | 'taken' | 'missing'> {
  return onDisk(async () => {
    await makeFolder(dirname(to))
    try {
      await link(from, to)
    } catch (error) {
      if (isCode(error, 'EEXIST')) return 'taken'
      if (isCode(error, 'ENOENT')) return 'missing'
      throw error
    }
    await syncFolder(dirname(to))
    return 'linked'
  })
}

/** No error where it is gone already. Flushed, so that removed bytes do not come back with a crash. */
export async function removeDurably(path: string): Promise<void> {
  await onDisk(async () => {
    if (await removeIfThere(path)) await syncFolder(dirname(path))
  })
}

/** For files that nobody misses and nobody minds after a crash. False where it was gone already. */
export async function removeIfThere(path: string): Promise<boolean> {
  try {
    await rm(path)
    return true
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) return false
    throw error
  }
}

export async function makeFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 })
  if (made !== undefined) await syncFolder(dirname(made))
}

async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder, and flushes names with the files.
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

export async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure(
      'service_unavailable',
      'The file store cannot do this now. Try again later.',
      {
        cause: error,
      },
    )
  }
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

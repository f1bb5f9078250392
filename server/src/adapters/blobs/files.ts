// The folder's layout, by name (the hash of a key; no client text ever reaches the disk):
//   blobs/ab/ab…      bytes under their name, complete and never changed
//   incoming/<ms>-…   bytes on their way; the name tells when they began
//   spent/ab…         an upload address whose bytes were moved on: it must not work again
// A death on any line leaves at most an incoming file, which `sweepFiles` removes.
import { randomUUID } from 'node:crypto'
import { open, opendir, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { addMs, type Clock } from '../../base/clock.ts'
import { assert, notFound } from '../../base/errors.ts'
import type { ByteRange, StoredBlob } from '../../domains/objects/blobs.ts'
import { addressLifeMsMax } from './address.ts'
import {
  isCode,
  linkDurably,
  makeFolder,
  onDisk,
  removeDurably,
  removeIfThere,
  renameDurably,
  writeStream,
} from './disk.ts'

export interface Files {
  blobsFolder: string
  incomingFolder: string
  spentFolder: string
  clock: Clock
  /** Incoming files that this process writes now: a sweep leaves them alone, however slow they are. */
  writing: Set<string>
}

export interface Incoming extends StoredBlob {
  path: string
}

export async function openFiles(folder: string, clock: Clock): Promise<Files> {
  const files = {
    blobsFolder: join(folder, 'blobs'),
    incomingFolder: join(folder, 'incoming'),
    spentFolder: join(folder, 'spent'),
    clock,
    writing: new Set<string>(),
  }
  for (const path of [files.blobsFolder, files.incomingFolder, files.spentFolder]) {
    await onDisk(() => makeFolder(path))
  }
  return files
}

export function pathOf(files: Files, name: string): string {
  assert(/^[0-9a-f]{64}$/.test(name), 'a name on disk is a hash')
  return join(files.blobsFolder, name.slice(0, 2), name)
}

/** Writes the stream to an incoming file, hands it to `use`, and removes whatever is left of it. */
export async function withIncoming<T>(
  files: Files,
  { body, bytesMax }: { body: Readable; bytesMax: number },
  use: (incoming: Incoming) => Promise<T>,
): Promise<T> {
  const entry = `${files.clock.now().getTime()}-${randomUUID()}`
  const path = join(files.incomingFolder, entry)
  files.writing.add(entry)
  try {
    return await use({ path, ...(await writeStream(path, body, bytesMax)) })
  } finally {
    files.writing.delete(entry)
    await onDisk(() => removeIfThere(path))
  }
}

/** Replaces what stands under the name. */
export async function replaceFile(files: Files, incoming: Incoming, name: string): Promise<void> {
  await renameDurably(incoming.path, pathOf(files, name))
}

/** False where the name is taken, by whichever process. */
export async function addFile(files: Files, incoming: Incoming, name: string): Promise<boolean> {
  return (await linkDurably(incoming.path, pathOf(files, name))) === 'linked'
}

/** First the new name, then the mark, then the old name goes: every part may be done again. */
export async function moveFile(files: Files, from: string, to: string): Promise<void> {
  assert(from !== to, 'bytes move to another key')
  const outcome = await linkDurably(pathOf(files, from), pathOf(files, to))
  if (outcome === 'missing') {
    if ((await findFile(files, to)) === undefined) throw notFound()
    return
  }
  await markSpent(files, from)
  await removeDurably(pathOf(files, from))
}

export async function removeFile(files: Files, name: string): Promise<void> {
  await removeDurably(pathOf(files, name))
  await removeDurably(join(files.spentFolder, name))
}

export async function findFile(files: Files, name: string) {
  return statOf(pathOf(files, name))
}

export async function isUsed(files: Files, name: string): Promise<boolean> {
  if ((await findFile(files, name)) !== undefined) return true
  return (await statOf(join(files.spentFolder, name))) !== undefined
}

/** Throws `Failure('not_found')`. The stream closes the file. */
export async function readFile(
  files: Files,
  name: string,
  range: ByteRange | null,
): Promise<Readable> {
  return onDisk(async () => {
    const file = await open(pathOf(files, name), 'r').catch((error: unknown) => {
      throw isCode(error, 'ENOENT') ? notFound() : error
    })
    return file.createReadStream(range === null ? {} : { start: range.first, end: range.last })
  })
}

/** Counts the incoming files that it removed; marks go when no address can be alive any more. */
export async function sweepFiles(files: Files, olderThan: Date): Promise<number> {
  let removed = 0
  for await (const { name } of await opendir(files.incomingFolder)) {
    const isOld = Number.parseInt(name, 10) < olderThan.getTime()
    if (!isOld || files.writing.has(name)) continue
    await onDisk(() => removeIfThere(join(files.incomingFolder, name)))
    removed += 1
  }
  for await (const { name } of await opendir(files.spentFolder)) {
    const mark = await statOf(join(files.spentFolder, name))
    if (mark !== undefined && mark.mtime <= files.clock.now()) {
      await onDisk(() => removeIfThere(join(files.spentFolder, name)))
    }
  }
  return removed
}

// Not flushed: a mark lost in a crash lets the holder of the address write bytes that nobody will read.
async function markSpent(files: Files, name: string): Promise<void> {
  const path = join(files.spentFolder, name)
  const until = addMs(files.clock.now(), addressLifeMsMax)
  await onDisk(async () => {
    await (await open(path, 'w', 0o600)).close()
    await utimes(path, until, until)
  })
}

async function statOf(path: string) {
  return onDisk(async () => {
    try {
      return await stat(path)
    } catch (error) {
      if (isCode(error, 'ENOENT')) return undefined
      throw error
    }
  })
}

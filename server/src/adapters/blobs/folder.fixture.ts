// A folder store behind a real server on a free port, with a clock set by hand. For tests only.
import { randomBytes } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import { Failure } from '../../base/errors.ts'
import type { BlobGateway, Blobs } from '../../domains/objects/blobs.ts'
import { storageRoutes } from '../../http/storage.ts'
import { openFolderBlobs } from './folder.ts'

export interface FolderWorld {
  blobs: Blobs
  gateway: BlobGateway
  folder: string
  /** Emits `begun` when an upload reaches the store, and `ended` with 'kept' or the code of its failure. */
  uploads: EventEmitter
  clock: { now(): Date; advanceMs(ms: number): void }
  /** Every file below the folder, relative to it. */
  listFiles(): Promise<string[]>
  close(): Promise<void>
}

export async function openFolderWorld(): Promise<FolderWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'ipto-blobs-'))
  const clock = handClock()
  const secret = randomBytes(32)
  const config = { kind: 'folder' as const, folder, publicUrl: '', secret, clock }
  const { blobs, gateway } = await openFolderBlobs(config)
  const uploads = new EventEmitter()
  const app = Fastify({ forceCloseConnections: true })
  storageRoutes(app, { ...gateway, receive: announced(gateway, uploads) })
  config.publicUrl = await app.listen({ port: 0, host: '127.0.0.1' })
  return {
    blobs,
    gateway,
    folder,
    uploads,
    clock,
    listFiles: async () => {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true })
      return entries.filter((entry) => entry.isFile()).map((entry) => entry.name)
    },
    close: async () => {
      await app.close()
      await blobs.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function handClock() {
  let ms = Date.parse('2026-04-05T10:00:00Z')
  return {
    now: () => new Date(ms),
    advanceMs: (step: number) => {
      ms += step
    },
  }
}

function announced(gateway: BlobGateway, uploads: EventEmitter): BlobGateway['receive'] {
  return async (request, body) => {
    uploads.emit('begun')
    try {
      await gateway.receive(request, body)
      uploads.emit('ended', 'kept')
    } catch (error) {
      uploads.emit('ended', error instanceof Failure ? error.code : error)
      throw error
    }
  }
}

// The one place that chooses where bytes live. The rest of the program sees the port.
import type { BlobGateway, Blobs } from '../../domains/objects/blobs.ts'
import { type FolderBlobsConfig, openFolderBlobs } from './folder.ts'

export type BlobsConfig = FolderBlobsConfig

export interface OpenedBlobs {
  blobs: Blobs
  /** What `http/storage.ts` serves; null where signed addresses lead to another server. */
  gateway: BlobGateway | null
}

export async function openBlobs(config: BlobsConfig): Promise<OpenedBlobs> {
  switch (config.kind) {
    case 'folder':
      return openFolderBlobs(config)
  }
}

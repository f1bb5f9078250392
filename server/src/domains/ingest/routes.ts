// A reindexing names a dataset and stands here, above it: what is indexed anew are objects.
import { route } from '../../base/route.ts'
import { reindexDataset } from './ingest.ts'
import { presentReindex, readReindex } from './wire.ts'

export const ingestRoutes = {
  'datasets.reindex': route(readReindex, reindexDataset, presentReindex),
}

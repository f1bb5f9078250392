import type { ParsedInput } from '@ipto/contract/operations.ts'
import type { Reindexing } from './reindex.ts'

export function readReindex(input: ParsedInput<'datasets.reindex'>) {
  return { datasetId: input.dataset_id, embeddingModel: input.embedding_model ?? null }
}

export function presentReindex({ datasetId, jobId }: Reindexing) {
  return { dataset_id: datasetId, job_id: jobId }
}

import { type Schedule, type Task, task } from '../../jobs/queue.ts'
import * as objects from '../objects/objects.ts'
import { advanced } from './events.ts'
import { advance, forget, type IngestDeps } from './ingest.ts'
import { advanceReindexes } from './reindex.ts'
import { resumeStuck } from './stuck.ts'

// Longer than the longest time that a file may take (EXTRACT_TIMEOUT_SECONDS, an hour at most) and its
// turn: the extractor has the limit of the file, and a dead worker is found by its lease.
const limits = { timeLimitSeconds: 7_200 }

export const ingestTasks: Task<IngestDeps>[] = [
  task(objects.events.approved, 'ingest.advance', advance, { ...limits, concurrency: 2 }),
  task(objects.events.retried, 'ingest.retry', advance, limits),
  task(advanced, 'ingest.continue', advance, limits),
  task(objects.events.removed, 'ingest.forget-removed', forget),
  // Every refusal is followed by a purge, so this deletes the texts of rejected and expired objects too.
  task(objects.events.purged, 'ingest.forget-purged', forget),
]

export const ingestSchedules: Schedule<IngestDeps>[] = [
  { name: 'ingest.resume-stuck', everySeconds: 30, run: resumeStuck },
  // Cheap where nothing is under way. No task is lost, since none is needed: the rows say what is left.
  { name: 'ingest.reindex', everySeconds: 1, run: advanceReindexes },
]

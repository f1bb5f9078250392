import { addMs, msPerDay } from '../../base/clock.ts'
import { type Schedule, type Task, task } from '../../jobs/queue.ts'
import * as catalog from '../catalog/catalog.ts'
import { events } from './objects.ts'
import {
  purgeDue,
  purgeRefused,
  removeDatasetObjects,
  resumeRemovals,
  type SweepDeps,
  sweepBytes,
  sweepUploads,
} from './sweep.ts'

export const objectsTasks: Task<SweepDeps>[] = [
  task(events.rejected, 'objects.purge-rejected', purgeRefused),
  task(events.expired, 'objects.purge-expired', purgeRefused),
  task(catalog.events.removed, 'objects.remove-dataset', removeDatasetObjects, {
    timeLimitSeconds: 600,
  }),
]

export const objectsSchedules: Schedule<SweepDeps>[] = [
  { name: 'objects.sweep-uploads', everySeconds: 60, run: sweepUploads },
  { name: 'objects.sweep-bytes', everySeconds: 60, run: sweepBytes },
  { name: 'objects.purge', everySeconds: 60, run: purgeDue },
  { name: 'objects.resume-removals', everySeconds: 300, run: resumeRemovals },
  {
    name: 'objects.sweep-incoming',
    everySeconds: 3_600,
    run: async ({ blobs }, { now }) => void (await blobs.sweep(addMs(now, -msPerDay))),
  },
]

import { type Schedule, type Task, task } from '../../jobs/queue.ts'
import * as objects from '../objects/objects.ts'
import {
  expireOverdue,
  forgetPurged,
  forgetText,
  type InspectDeps,
  inspect,
  inspectForgotten,
} from './inspect.ts'

export const reviewTasks: Task<InspectDeps>[] = [
  // The file is read for the preview, so the limit is that of reading it in `ingest`.
  task(objects.events.staged, 'review.inspect', inspect, {
    timeLimitSeconds: 7_200,
    concurrency: 2,
  }),
  task(objects.events.purged, 'review.forget-text', forgetText),
]

export const reviewSchedules: Schedule<InspectDeps>[] = [
  { name: 'review.expire-overdue', everySeconds: 60, run: expireOverdue },
  { name: 'review.forget-purged', everySeconds: 300, run: forgetPurged },
  { name: 'review.inspect-forgotten', everySeconds: 60, run: inspectForgotten },
]

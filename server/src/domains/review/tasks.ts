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
  // The file is read as long as in `ingest`, and then drawn.
  task(objects.events.staged, 'review.inspect', inspect, {
    timeLimitSeconds: 14_400,
    concurrency: 2,
  }),
  task(objects.events.purged, 'review.forget-text', forgetText),
]

export const reviewSchedules: Schedule<InspectDeps>[] = [
  { name: 'review.expire-overdue', everySeconds: 60, run: expireOverdue },
  { name: 'review.forget-purged', everySeconds: 300, run: forgetPurged },
  { name: 'review.inspect-forgotten', everySeconds: 60, run: inspectForgotten },
]

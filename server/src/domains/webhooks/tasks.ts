import { type Schedule, type Task, task, taskOfMany } from '../../jobs/queue.ts'
import { type DeliverDeps, deliver } from './deliver.ts'
import { forgetOld, queueDue } from './deliveries.ts'
import { attemptDue } from './events.ts'
import { fanOut } from './fan-out.ts'
import { followedEvents } from './payloads.ts'

export const webhooksTasks: Task<DeliverDeps>[] = [
  taskOfMany(followedEvents, 'webhooks.fan-out', fanOut),
  // Several at once: most of the time each waits for somebody else's server.
  task(attemptDue, 'webhooks.deliver', deliver, { timeLimitSeconds: 30, concurrency: 4 }),
]

export const webhooksSchedules: Schedule<DeliverDeps>[] = [
  { name: 'webhooks.queue-due', everySeconds: 5, run: queueDue },
  { name: 'webhooks.forget-old', everySeconds: 3_600, run: forgetOld },
]

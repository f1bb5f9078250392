import { addMs, msPerDay } from '../../base/clock.ts'
import type { Db } from '../../base/db.ts'
import type { Schedule } from '../../jobs/queue.ts'
import { forgetAccessTokens, forgetFailures, forgetInvitations } from './identity.ts'

export const identitySchedules: Schedule<{ db: Db }>[] = [
  {
    name: 'identity.forget-failures',
    everySeconds: 3_600,
    run: ({ db }, { now }) => forgetFailures(db, addMs(now, -msPerDay)),
  },
  {
    name: 'identity.forget-invitations',
    everySeconds: 3_600,
    run: ({ db }, { now }) => forgetInvitations(db, now),
  },
  {
    name: 'identity.forget-access-tokens',
    everySeconds: 3_600,
    run: ({ db }, { now }) => forgetAccessTokens(db, now),
  },
]

import type { Call } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import { route } from '../../base/route.ts'
import { trialBalance } from './ledger.ts'
import { presentTrialBalance } from './wire.ts'

const nothing = () => undefined

async function balanceNow({ db }: { db: Db }, { now }: Call) {
  return { balance: await trialBalance(db), asOf: now }
}

export const ledgerRoutes = {
  'ledger.trial_balance': route(nothing, balanceNow, presentTrialBalance),
}

import type { Call } from '../../base/call.ts'
import type { Db } from '../../base/db.ts'
import { route, routeList } from '../../base/route.ts'
import { listAccounts, listTransfers, trialBalance } from './ledger.ts'
import {
  presentAccount,
  presentTransfer,
  presentTrialBalance,
  readAccounts,
  readTransfers,
} from './wire.ts'

const nothing = () => undefined

async function balanceNow({ db }: { db: Db }, { now }: Call) {
  return { balance: await trialBalance(db), asOf: now }
}

export const ledgerRoutes = {
  'ledger.trial_balance': route(nothing, balanceNow, presentTrialBalance),
  'ledger.accounts': routeList(readAccounts, listAccounts, presentAccount),
  'ledger.transfers': routeList(readTransfers, listTransfers, presentTransfer),
}

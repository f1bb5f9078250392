import { route, routeList } from '../../base/route.ts'
import { earnings, listBudgets, setBudget } from './billing.ts'
import {
  presentBudget,
  presentEarnings,
  readBudget,
  readBudgetsPage,
  readEarningsPage,
} from './wire.ts'

export const billingRoutes = {
  'budgets.list': routeList(readBudgetsPage, listBudgets, presentBudget),
  'budgets.set': route(readBudget, setBudget, presentBudget),
  'payouts.list': routeList(readEarningsPage, earnings, presentEarnings),
}

import { route, routeList } from '../../base/route.ts'
import { listBudgets, setBudget } from './billing.ts'
import { presentBudget, readBudget, readBudgetsPage } from './wire.ts'

export const billingRoutes = {
  'budgets.list': routeList(readBudgetsPage, listBudgets, presentBudget),
  'budgets.set': route(readBudget, setBudget, presentBudget),
}

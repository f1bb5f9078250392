import { routeList } from '../../base/route.ts'
import { earnings } from './billing.ts'
import { presentEarnings, readEarningsPage } from './wire.ts'

export const billingRoutes = {
  'payouts.list': routeList(readEarningsPage, earnings, presentEarnings),
}

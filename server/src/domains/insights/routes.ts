import { route, routeList } from '../../base/route.ts'
import {
  analyse,
  analyseDataset,
  buyerDashboard,
  listAccesses,
  listSearches,
  providerDashboard,
  spendOf,
  systemState,
} from './insights.ts'
import {
  presentAccess,
  presentAnalytics,
  presentBuyerDashboard,
  presentDatasetAnalytics,
  presentProviderDashboard,
  presentSearchActivity,
  presentSpend,
  presentSystem,
  readAccessesPage,
  readAnalytics,
  readDatasetId,
  readSearchesPage,
} from './wire.ts'

const nothing = () => undefined

export const insightsRoutes = {
  'buyer.dashboard': route(nothing, buyerDashboard, presentBuyerDashboard),
  'activity.searches': routeList(readSearchesPage, listSearches, presentSearchActivity),
  'activity.accesses': routeList(readAccessesPage, listAccesses, presentAccess),
  'spend.get': route(nothing, spendOf, presentSpend),
  'provider.dashboard': route(nothing, providerDashboard, presentProviderDashboard),
  'provider.dataset_analytics': route(readDatasetId, analyseDataset, presentDatasetAnalytics),
  'provider.analytics': route(readAnalytics, analyse, presentAnalytics),
  'admin.system': route(nothing, systemState, presentSystem),
}

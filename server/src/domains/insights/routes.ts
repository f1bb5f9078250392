import { route, routeList } from '../../base/route.ts'
import {
  analyse,
  analyseDataset,
  buyerDashboard,
  checkBooksNow,
  lastBookCheck,
  listAccesses,
  listSearches,
  listUsage,
  providerDashboard,
  spendOf,
  spendSeries,
  systemState,
} from './insights.ts'
import {
  presentAccess,
  presentAnalytics,
  presentBooks,
  presentBuyerDashboard,
  presentDatasetAnalytics,
  presentProviderDashboard,
  presentSearchActivity,
  presentSpend,
  presentSpendSeries,
  presentSystem,
  presentUsageEvent,
  readAccessesPage,
  readAnalytics,
  readDatasetId,
  readSearchesPage,
  readSpendQuery,
  readUsageQuery,
} from './wire.ts'

const nothing = () => undefined

export const insightsRoutes = {
  'buyer.dashboard': route(nothing, buyerDashboard, presentBuyerDashboard),
  'activity.searches': routeList(readSearchesPage, listSearches, presentSearchActivity),
  'activity.accesses': routeList(readAccessesPage, listAccesses, presentAccess),
  'spend.get': route(nothing, spendOf, presentSpend),
  'spend.timeseries': route(readSpendQuery, spendSeries, presentSpendSeries),
  'usage_events.list': routeList(readUsageQuery, listUsage, presentUsageEvent),
  'provider.dashboard': route(nothing, providerDashboard, presentProviderDashboard),
  'provider.dataset_analytics': route(readDatasetId, analyseDataset, presentDatasetAnalytics),
  'provider.analytics': route(readAnalytics, analyse, presentAnalytics),
  'admin.system': route(nothing, systemState, presentSystem),
  'books.get': route(nothing, lastBookCheck, presentBooks),
  'books.check': route(nothing, checkBooksNow, presentBooks),
}

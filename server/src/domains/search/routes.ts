import { route, routeList } from '../../base/route.ts'
import {
  cite,
  listCitations,
  listOutcomes,
  query,
  quote,
  reportOutcome,
  soldHit,
} from './search.ts'
import {
  presentCitation,
  presentOutcome,
  presentQuote,
  presentSearch,
  presentSoldHit,
  readCitation,
  readOutcome,
  readPageLimit,
  readRetrievalId,
  readSearch,
} from './wire.ts'

export const searchRoutes = {
  'search.query': route(readSearch, query, presentSearch),
  'search.quote': route(readSearch, quote, presentQuote),
  'retrievals.get': route(readRetrievalId, soldHit, presentSoldHit),
  'citations.create': route(readCitation, cite, presentCitation),
  'citations.list': routeList(readPageLimit, listCitations, presentCitation),
  'outcomes.create': route(readOutcome, reportOutcome, presentOutcome),
  'outcomes.list': routeList(readPageLimit, listOutcomes, presentOutcome),
}

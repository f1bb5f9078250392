import { route } from '../../base/route.ts'
import { query, soldHit } from './search.ts'
import { presentSearch, presentSoldHit, readRetrievalId, readSearch } from './wire.ts'

export const searchRoutes = {
  'search.query': route(readSearch, query, presentSearch),
  'retrievals.get': route(readRetrievalId, soldHit, presentSoldHit),
}

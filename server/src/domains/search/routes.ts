import type { ParsedInput } from '@ipto/contract/operations.ts'
import { route } from '../../base/route.ts'
import { query, soldHit } from './search.ts'
import { presentSearch, presentSoldHit, readSearch } from './wire.ts'

export const searchRoutes = {
  'search.query': route(readSearch, query, presentSearch),
  'retrievals.get': route(
    (input: ParsedInput<'retrievals.get'>) => input.retrieval_event_id,
    soldHit,
    presentSoldHit,
  ),
}

import type { ParsedInput } from '@ipto/contract/operations.ts'
import { route, routeList } from '../../base/route.ts'
import { get, list } from './jobs.ts'
import { presentJob, readJobFilter } from './wire.ts'

export const jobRoutes = {
  'jobs.get': route((input: ParsedInput<'jobs.get'>) => input.id, get, presentJob),
  'jobs.list': routeList(readJobFilter, list, presentJob),
}

import { route, routeList } from '../../base/route.ts'
import { getDispute, listDisputes, openDispute, resolveDispute } from './disputes.ts'
import { listAllDisputes } from './resolve.ts'
import {
  presentAdminDispute,
  presentDispute,
  readAllDisputes,
  readDispute,
  readDisputeId,
  readDisputesPage,
  readResolution,
} from './wire.ts'

export const disputesRoutes = {
  'disputes.create': route(readDispute, openDispute, presentDispute),
  'disputes.list': routeList(readDisputesPage, listDisputes, presentDispute),
  'disputes.get': route(readDisputeId, getDispute, presentDispute),
  'admin_disputes.list': routeList(readAllDisputes, listAllDisputes, presentAdminDispute),
  'admin_disputes.resolve': route(readResolution, resolveDispute, presentAdminDispute),
}

import { route, routeList } from '../../base/route.ts'
import { approve, decideMany, listQueue, open, reject } from './review.ts'
import { changeTenant, getTenant, listTenants } from './tenants.ts'
import {
  presentAdminTenant,
  presentDecisions,
  presentDetail,
  presentItem,
  readDecisions,
  readObjectOfTenant,
  readQueueFilter,
  readRejection,
  readTenantChange,
  readTenantFilter,
  readTenantId,
} from './wire.ts'

export const reviewRoutes = {
  'review.queue': routeList(readQueueFilter, listQueue, presentItem),
  'review.get': route(readObjectOfTenant, open, presentDetail),
  'review.approve': route(readObjectOfTenant, approve, presentItem),
  'review.reject': route(readRejection, reject, presentItem),
  'review.bulk': route(readDecisions, decideMany, presentDecisions),
  'admin_tenants.list': routeList(readTenantFilter, listTenants, presentAdminTenant),
  'admin_tenants.get': route(readTenantId, getTenant, presentAdminTenant),
  'admin_tenants.update': route(readTenantChange, changeTenant, presentAdminTenant),
}

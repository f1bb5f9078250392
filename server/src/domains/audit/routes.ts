import { routeList } from '../../base/route.ts'
import { list } from './audit.ts'
import { presentAuditEvent, readAuditFilter } from './wire.ts'

export const auditRoutes = {
  'audit.list': routeList(readAuditFilter, list, presentAuditEvent),
}

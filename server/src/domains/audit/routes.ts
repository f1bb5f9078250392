import { routeList } from '../../base/route.ts'
import { list, listAll } from './audit.ts'
import { presentAuditEvent, readAdminAuditFilter, readAuditFilter } from './wire.ts'

export const auditRoutes = {
  'audit.list': routeList(readAuditFilter, list, presentAuditEvent),
  'admin_audit.list': routeList(readAdminAuditFilter, listAll, presentAuditEvent),
}

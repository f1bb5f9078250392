// Who may call what: the lines of the API's specification and the table of roles, written down apart from
// the server's code. A change of either side alone fails the matrix.
import type { Operation } from '@ipto/contract/operation.ts'

/** `-` none, `client` an API key as an OAuth client, `op` a platform administrator. */
type Auth = '-' | 'client' | 'any' | 'session' | 'op'

export interface Rule {
  auth: Auth
  scope: string | null
  /** A session needs one of these, or owner, or admin; a key needs `admin:*`. */
  roles: readonly string[]
}

// Method, path, who, scope, roles.
const lines = `
POST   /v1/auth/signup                              -
POST   /v1/auth/login                               -
POST   /v1/auth/logout                              session
POST   /v1/auth/accept-invite                       -
POST   /auth/token                                  client
POST   /v2/auth/token                               client
GET    /v1/me                                       any
POST   /v1/me/password                              session
GET    /v1/tenant                                   any
PATCH  /v1/tenant                                   session -               owner,admin
GET    /v1/members                                  session -               owner,admin
POST   /v1/members                                  session -               owner,admin
PATCH  /v1/members/{}                               session -               owner,admin
DELETE /v1/members/{}                               session -               owner,admin
POST   /v1/api-keys                                 any     keys:write
GET    /v1/api-keys                                 any     keys:write
GET    /v1/api-keys/{}                              any     keys:write
PATCH  /v1/api-keys/{}                              any     keys:write
DELETE /v1/api-keys/{}                              any     keys:write

POST   /v1/datasets                                 any     datasets:write
GET    /v1/datasets                                 any     datasets:read
GET    /v1/datasets/{}                              any     datasets:read
PATCH  /v1/datasets/{}                              any     datasets:write
DELETE /v1/datasets/{}                              any     datasets:write
POST   /v1/datasets/{}/reindex                      any     datasets:write
GET    /v1/catalog/datasets                         any     datasets:read
GET    /v1/catalog/datasets/{}                      any     datasets:read
POST   /v1/catalog/datasets/{}/access-requests      any     datasets:read   buyer_manager
GET    /v1/access-requests                          any     datasets:read
POST   /v1/access-requests/{}/approve               any     datasets:write
POST   /v1/access-requests/{}/deny                  any     datasets:write
POST   /v1/access-requests/{}/withdraw              any     datasets:read
GET    /v1/datasets/{}/grants                       any     datasets:write
POST   /v1/datasets/{}/grants                       any     datasets:write
DELETE /v1/datasets/{}/grants/{}                    any     datasets:write

POST   /v1/datasets/{}/objects/upload               any     objects:write
POST   /v1/objects/{}/confirm                       any     objects:write
DELETE /v1/objects/{}/upload                        any     objects:write
POST   /v1/uploads                                  any     objects:write
POST   /v1/uploads/{}/parts                         any     objects:write
POST   /v1/uploads/{}/complete                      any     objects:write
GET    /v1/datasets/{}/objects                      any     datasets:read
GET    /v1/objects/{}                               any     datasets:read
GET    /v1/objects/{}/download                      any     datasets:read
POST   /v1/objects/{}/retry                         any     objects:write
DELETE /v1/objects/{}                               any     objects:write

POST   /v1/search                                   any     search:query
POST   /v1/search/quote                             any     search:query
GET    /v1/retrievals/{}                            any     search:query
POST   /v1/citations                                any     search:query
GET    /v1/citations                                any     search:query
POST   /v1/outcomes                                 any     search:query
GET    /v1/outcomes                                 any     search:query

GET    /v1/buyer/dashboard                          any     usage:read
GET    /v1/agent/activity/searches                  any     usage:read
GET    /v1/agent/activity/accesses                  any     usage:read
GET    /v1/agent/spend                              any     billing:read
GET    /v1/agent/spend/timeseries                   any     billing:read
GET    /v1/invoices                                 any     billing:read
GET    /v1/invoices/{}                              any     billing:read
GET    /v1/invoices/{}/pdf                          any     billing:read
GET    /v1/budgets                                  any     billing:read
PUT    /v1/budgets                                  any     billing:read    buyer_manager
GET    /v1/usage-events                             any     usage:read
POST   /v1/disputes                                 any     billing:read    buyer_manager
GET    /v1/disputes                                 any     billing:read
GET    /v1/disputes/{}                              any     billing:read

GET    /v1/provider/dashboard                       any     usage:read
GET    /v1/provider/datasets/{}/analytics           any     usage:read
GET    /v1/provider/analytics                       any     usage:read
GET    /v1/provider/payouts                         any     billing:read
GET    /v1/provider/payouts/{}                      any     billing:read
GET    /v1/provider/payouts/{}/statement            any     billing:read

GET    /v1/audit                                    any     -               owner,admin
POST   /v1/resources                                any     datasets:write
GET    /v1/resources                                any     datasets:read
GET    /v1/resources/{}                             any     datasets:read
PATCH  /v1/resources/{}                             any     datasets:write
DELETE /v1/resources/{}                             any     datasets:write
GET    /v1/jobs/{}                                  any
GET    /v1/jobs                                     any

GET    /v1/webhooks                                 any     keys:write
POST   /v1/webhooks                                 any     keys:write
GET    /v1/webhooks/{}                              any     keys:write
PATCH  /v1/webhooks/{}                              any     keys:write
DELETE /v1/webhooks/{}                              any     keys:write
POST   /v1/webhooks/{}/test                         any     keys:write
GET    /v1/webhooks/{}/deliveries                   any     keys:write
POST   /v1/webhooks/{}/deliveries/{}/retry          any     keys:write

GET    /v2/documents                                any     datasets:read
GET    /v2/documents/{}                             any     datasets:read
GET    /v2/documents/{}/states                      any     datasets:read
POST   /v2/documents/{}/external-data               any     objects:write
POST   /v2/documents/{}/external-id                 any     objects:write
POST   /v2/documents/{}/title                       any     objects:write
GET    /v2/projects                                 any     datasets:read
GET    /v2/projects/{}                              any     datasets:read
GET    /v2/companies                                any     datasets:read
GET    /v2/companies/{}                             any     datasets:read
`

const rules = new Map(
  lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line): [route: string, rule: Rule] => {
      const [method, path, auth, scope = '-', roles] = line.split(/ +/)
      return [
        `${method} ${path}`,
        {
          auth: auth as Auth,
          scope: scope === '-' ? null : scope,
          roles: roles?.split(',') ?? [],
        },
      ]
    }),
)

/** Undefined: the specification knows no such operation. */
export function ruleOf({ method, path }: Pick<Operation, 'method' | 'path'>): Rule | undefined {
  const route = `${method} ${path.replace(/\{\w+\}/g, '{}')}`
  // Whatever stands there is the operators'.
  if (path.startsWith('/v1/admin/')) return { auth: 'op', scope: null, roles: [] }
  return rules.get(route)
}

const scopesOfRole: Record<string, readonly string[]> = {
  owner: ['admin:*'],
  admin: ['admin:*'],
  seller_manager: [
    'datasets:read',
    'datasets:write',
    'objects:write',
    'usage:read',
    'billing:read',
  ],
  buyer_manager: ['datasets:read', 'search:query', 'usage:read', 'billing:read', 'keys:write'],
  operator: ['datasets:read', 'usage:read'],
  viewer: ['datasets:read', 'usage:read', 'billing:read'],
}

/** What is known of a caller: enough to say what it may. */
export interface Standing {
  kind: 'nobody' | 'unknown' | 'session' | 'key'
  /** Roles of a session, scopes of a key or of an access token. */
  holds: readonly string[]
  isPlatformAdmin: boolean
}

/** May this caller call this operation at all, before it is looked at what it names? */
export function admittance(rule: Rule, caller: Standing): 'served' | 401 | 403 {
  const { kind, holds, isPlatformAdmin } = caller
  if (rule.auth === '-') return 'served'
  // The operation takes the client's id and secret, and no other credential.
  if (rule.auth === 'client') return kind === 'nobody' ? 'served' : 401
  if (kind === 'nobody' || kind === 'unknown') return 401
  if (rule.auth === 'op') return isPlatformAdmin ? 'served' : 403
  if (rule.auth === 'session' && kind === 'key') return 403
  return holdsScope(rule, caller) && hasRole(rule, kind, holds) ? 'served' : 403
}

/** `admin:*` holds every other scope, within the tenant. */
export function holdsScope({ scope }: Pick<Rule, 'scope'>, { kind, holds }: Standing): boolean {
  const scopes = kind === 'key' ? holds : holds.flatMap((role) => scopesOfRole[role] ?? [])
  return scope === null || scopes.includes(scope) || scopes.includes('admin:*')
}

function hasRole({ roles }: Rule, kind: Standing['kind'], holds: readonly string[]): boolean {
  if (roles.length === 0) return true
  if (kind === 'key') return holds.includes('admin:*')
  return holds.some((role) => ['owner', 'admin', ...roles].includes(role))
}

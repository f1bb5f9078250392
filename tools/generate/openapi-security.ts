// Who may call an operation, in the words of OpenAPI: schemes, what each scope opens, and both for every
// operation.
import type { Operation } from '@ipto/contract/operation.ts'
import type { Scope } from '@ipto/contract/scopes.ts'

const scopeMeanings: Record<Scope, string> = {
  'datasets:read': 'Read own datasets and objects, the catalog, access requests and resources.',
  'datasets:write': 'Create and change datasets, grants, decisions on access, and resources.',
  'objects:write': 'Upload objects, retry their ingestion, and delete them.',
  'search:query': 'Search, and report citations and outcomes. This charges the tenant.',
  'usage:read': 'Read usage, activity and analytics.',
  'keys:write': 'Manage API keys and webhook endpoints.',
  'billing:read': 'Read spend, budgets, invoices, payouts and disputes.',
  'admin:*': 'Everything of the tenant, also what a session needs a role for.',
}

// A bearer is a session token, an access token or an API key; `X-API-Key` takes keys only.
export const securitySchemes = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description: 'A session token, an access token or an API key (`ipto_{prefix}_{secret}`).',
  },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'An API key.' },
  oauth2: {
    type: 'oauth2',
    description: 'An access token for an API key, by client credentials (RFC 6749, section 4.4).',
    flows: { clientCredentials: { tokenUrl: '/auth/token', scopes: scopeMeanings } },
  },
  client: {
    type: 'http',
    scheme: 'basic',
    description: 'An API key as an OAuth client: `ipto_{prefix}` is its id, the rest its secret.',
  },
}

/** One of these is needed; with `bearer` and `apiKey` the scopes are those of the credential. */
export function securityOf(op: Operation): object[] {
  if (op.auth === 'none') return []
  if (op.auth === 'client') return [{ client: [] }, {}]
  if (op.auth !== 'any') return [{ bearer: [] }]
  const scopes = op.scope ? [op.scope] : []
  return [{ bearer: scopes }, { apiKey: scopes }, { oauth2: scopes }]
}

/** The same for people, with what no scheme can say. */
export function leaveOf(op: Operation): string {
  const leave = {
    none: 'Needs no credential.',
    any: op.scope ? `Needs the scope \`${op.scope}\`.` : 'Needs a credential, with any scope.',
    session: 'Needs a session; keys and access tokens are refused.',
    client: 'Needs an API key as an OAuth client: id and secret in Basic, or in the body.',
    operator: 'Needs the session of an operator of the platform.',
  }[op.auth]
  const roles = op.roles.map((role) => `\`${role}\``).join(', ')
  const byKey = op.roles.length > 0 && op.auth === 'any' ? ' A key also needs `admin:*`.' : ''
  const charge = op.charges ? ' May charge the tenant.' : ''
  return leave + (roles ? ` In a session also one of the roles: ${roles}.` : '') + byKey + charge
}

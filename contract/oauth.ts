// The token endpoint of OAuth 2.0 client credentials, where an API key is the client: `ipto_{prefix}` is
// its id and the rest its secret (integration-facts 4.4). One operation, at both published paths.
import { z } from 'zod'
import { operation } from './operation.ts'
import type { Scope } from './scopes.ts'

/** Other spellings of scopes, understood by the token endpoint alone. */
export const scopeAliases = {
  'documents.read': 'datasets:read',
  'documents.write': 'objects:write',
  'files.read': 'datasets:read',
  'files.write': 'objects:write',
  'enrichment.write': 'datasets:write',
} as const satisfies Record<string, Scope>

const token = {
  method: 'POST',
  profile: 'token',
  tag: 'Identity',
  auth: 'client',
  bodyMedia: 'form',
  input: z.strictObject({
    grant_type: z.string().max(200),
    scope: z.string().max(2_000).optional(),
    client_id: z.string().max(200).optional(),
    client_secret: z.string().max(200).optional(),
  }),
  output: z.strictObject({
    access_token: z.string(),
    expires_in: z.int(),
    scope: z.string(),
    token_type: z.literal('Bearer'),
  }),
  errors: ['unsupported_grant_type', 'invalid_scope'],
} as const

export const oauthToken = operation({
  ...token,
  id: 'oauth.token',
  path: '/auth/token',
  summary: 'Get an access token for an API key',
})

export const oauthIntegrationToken = operation({
  ...token,
  id: 'oauth.integration_token',
  path: '/v2/auth/token',
  summary: 'Get an access token for an API key, at the path of the integration API',
})

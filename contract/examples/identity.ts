// Examples of sign-up, sessions, the tenant, its members, and API keys.
import type { WireBody } from '../operations.ts'
import { scopes, scopesOfRole } from '../scopes.ts'
import type { Examples } from './example.ts'
import { currency, ids, times } from './story.ts'

const signedIn: WireBody<'auth.login'> = {
  user_id: ids.providerUser,
  tenant_id: ids.provider,
  session_token: 'sess_UGeFEPN9WUXTAkh4LBcghLyOZvgOQGBAELZMkp64phZ',
  expires_at: '2026-04-05T22:00:00Z',
  display_name: 'Mara Lind',
  email: 'mara@harbour.example',
}

const tenant: WireBody<'tenant.get'> = {
  tenant_id: ids.provider,
  name: 'Harbour Archive',
  plan: 'pro',
  region: 'eu-central',
  embedding_model: null,
  approved_automatically: false,
  created_at: times.made,
}

const member: WireBody<'members.list'> = {
  member_id: ids.member,
  user_id: ids.providerUser,
  email: 'mara@harbour.example',
  display_name: 'Mara Lind',
  roles: ['owner'],
  status: 'active',
  created_at: times.made,
}

const invited: WireBody<'members.list'> = {
  ...member,
  user_id: null,
  email: 'jonas@harbour.example',
  display_name: null,
  roles: ['seller_manager'],
  status: 'invited',
}

const apiKey: WireBody<'api_keys.get'> = {
  api_key_id: ids.key,
  name: 'Research agent',
  key_prefix: 'vN0N3njjVK',
  status: 'active',
  scopes: ['datasets:read', 'search:query'],
  dataset_access_mode: 'allow_list',
  dataset_ids: [ids.dataset],
  resource_id: null,
  budget: { amount: 50, currency },
  expires_at: times.yearEnd,
  last_used_at: times.later,
  created_at: times.made,
  revoked_at: null,
}

const secret = 'ipto_vN0N3njjVK_pqPQozS0vs4w1XvWeiV4ZQLjEiTYHsn4nJH7aDiKylH'

const token = {
  input: {
    grant_type: 'client_credentials',
    scope: 'datasets:read search:query',
    client_id: 'ipto_vN0N3njjVK',
    client_secret: 'pqPQozS0vs4w1XvWeiV4ZQLjEiTYHsn4nJH7aDiKylH',
  },
  output: {
    access_token: 'oat_Yi61SK9fNM3q8LEXdPeYqf7AvBR26dXoRWd2FcZBfOj',
    expires_in: 86_400,
    scope: 'datasets:read search:query',
    token_type: 'Bearer' as const,
  },
}

export const identityExamples = {
  'auth.signup': {
    input: {
      email: 'mara@harbour.example',
      password: 'correct horse battery staple',
      display_name: 'Mara Lind',
      tenant_name: 'Harbour Archive',
    },
    output: signedIn,
  },
  'auth.login': {
    input: { email: 'mara@harbour.example', password: 'correct horse battery staple' },
    output: signedIn,
  },
  'auth.logout': { input: {}, output: { revoked: true } },
  'auth.accept_invite': {
    input: {
      invite_token: 'invite_s8PT68x9Aw2F32IHn3SDgARwpX6IpPO2csg3BZ586OU',
      password: 'correct horse battery staple',
      display_name: 'Jonas Ek',
    },
    output: { ...signedIn, display_name: 'Jonas Ek', email: 'jonas@harbour.example' },
  },
  'oauth.token': token,
  'oauth.integration_token': token,
  'me.get': {
    input: {},
    output: {
      user_id: ids.buyerUser,
      email: 'ada@lumen.example',
      display_name: 'Ada Moss',
      tenant_id: ids.buyer,
      tenant_display_name: 'Lumen Research',
      is_platform_admin: false,
      roles: ['buyer_manager'],
      scopes: [...scopesOfRole.buyer_manager],
      principal_id: ids.buyerUser,
      principal_type: 'user',
      plan: 'pro',
    },
  },
  'me.password': {
    input: { current_password: 'correct horse battery staple', new_password: 'a longer one yet' },
    output: { changed: true },
  },
  'tenant.get': { input: {}, output: tenant },
  'tenant.update': {
    input: { name: 'Harbour Archive & Sons' },
    output: { ...tenant, name: 'Harbour Archive & Sons' },
  },
  'members.list': { input: { limit: 20 }, output: member },
  'members.invite': {
    input: { email: 'jonas@harbour.example', roles: ['seller_manager'] },
    output: { ...invited, invite_token: 'invite_s8PT68x9Aw2F32IHn3SDgARwpX6IpPO2csg3BZ586OU' },
  },
  'members.update': {
    input: { member_id: ids.member, roles: ['seller_manager', 'viewer'] },
    output: { ...member, roles: ['seller_manager', 'viewer'] },
  },
  'members.remove': {
    input: { member_id: ids.member },
    output: { member_id: ids.member, removed: true },
  },
  'api_keys.create': {
    input: {
      name: 'Research agent',
      scopes: ['datasets:read', 'search:query'],
      dataset_access_mode: 'allow_list',
      dataset_ids: [ids.dataset],
      budget: { amount: 50, currency },
      expires_at: times.yearEnd,
    },
    output: { ...apiKey, last_used_at: null, secret, key: secret },
  },
  'api_keys.list': { input: { limit: 20 }, output: apiKey },
  'api_keys.get': { input: { api_key_id: ids.key }, output: apiKey },
  'api_keys.update': {
    input: { api_key_id: ids.key, scopes: [...scopes], budget: null },
    output: { ...apiKey, scopes: [...scopes], budget: null },
  },
  'api_keys.revoke': {
    input: { api_key_id: ids.key },
    output: { ...apiKey, status: 'revoked', revoked_at: times.decided },
  },
} satisfies Partial<Examples>

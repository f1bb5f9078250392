// Sign-up, sessions, the caller's tenant, its members, and API keys.
import { z } from 'zod'
import {
  amount,
  currencyField,
  id,
  inputTime,
  paging,
  positiveAmount,
  text,
  time,
} from './fields.ts'
import { listing, operation } from './operation.ts'
import { plans, roles, scopes } from './scopes.ts'

const email = text(3, 254).refine((value) => /^[^\s@]+@[^\s@]+$/.test(value), {
  message: 'must be an e-mail address',
})
const password = text(8, 256)
const plan = z.enum(Object.keys(plans) as [keyof typeof plans])

const SignedIn = z.strictObject({
  user_id: id,
  tenant_id: id,
  session_token: z.string(),
  expires_at: time,
  display_name: z.string(),
  email: z.string(),
})

export const authSignup = operation({
  id: 'auth.signup',
  method: 'POST',
  path: '/v1/auth/signup',
  tag: 'Identity',
  summary: 'Create a user and a tenant, and sign in',
  auth: 'none',
  input: z.strictObject({
    email,
    password,
    display_name: text(1, 100),
    tenant_name: text(1, 100),
  }),
  output: SignedIn,
  status: 201,
  errors: ['conflict'],
})

export const authLogin = operation({
  id: 'auth.login',
  method: 'POST',
  path: '/v1/auth/login',
  tag: 'Identity',
  summary: 'Sign in',
  auth: 'none',
  input: z.strictObject({ email: z.string().max(254), password: z.string().max(256) }),
  output: SignedIn,
  errors: ['unauthorized'],
})

export const authLogout = operation({
  id: 'auth.logout',
  method: 'POST',
  path: '/v1/auth/logout',
  tag: 'Identity',
  summary: 'End this session',
  auth: 'session',
  output: z.strictObject({ revoked: z.literal(true) }),
})

export const authAcceptInvite = operation({
  id: 'auth.accept_invite',
  method: 'POST',
  path: '/v1/auth/accept-invite',
  tag: 'Identity',
  summary: 'Join a tenant with the token of an invitation, and sign in',
  auth: 'none',
  input: z.strictObject({
    invite_token: z.string().max(200),
    password,
    display_name: text(1, 100),
  }),
  output: SignedIn,
  status: 201,
  errors: ['unauthorized', 'conflict'],
})

export const meGet = operation({
  id: 'me.get',
  method: 'GET',
  path: '/v1/me',
  tag: 'Identity',
  summary: 'Who makes this call',
  output: z.strictObject({
    user_id: id.nullable(),
    email: z.string().nullable(),
    display_name: z.string().nullable(),
    tenant_id: id,
    tenant_display_name: z.string(),
    is_platform_admin: z.boolean(),
    roles: z.array(z.enum(roles)),
    scopes: z.array(z.enum(scopes)),
    principal_id: id,
    principal_type: z.enum(['user', 'api_key', 'access_token']),
    plan,
  }),
})

export const mePassword = operation({
  id: 'me.password',
  method: 'POST',
  path: '/v1/me/password',
  tag: 'Identity',
  summary: 'Change the password and end all other sessions',
  auth: 'session',
  input: z.strictObject({ current_password: z.string().max(256), new_password: password }),
  output: z.strictObject({ changed: z.literal(true) }),
})

const Tenant = z.strictObject({
  tenant_id: id,
  name: z.string(),
  plan,
  region: z.string(),
  embedding_model: z.string().nullable(),
  approved_automatically: z.boolean(),
  created_at: time,
})

export const tenantGet = operation({
  id: 'tenant.get',
  method: 'GET',
  path: '/v1/tenant',
  tag: 'Identity',
  summary: "The caller's tenant",
  output: Tenant,
})

export const tenantUpdate = operation({
  id: 'tenant.update',
  method: 'PATCH',
  path: '/v1/tenant',
  tag: 'Identity',
  summary: 'Change the name or the embedding model of the tenant',
  auth: 'session',
  roles: ['owner', 'admin'],
  input: z.strictObject({
    name: text(1, 100).optional(),
    embedding_model: text(1, 100).nullable().optional(),
  }),
  output: Tenant,
})

const memberFields = {
  member_id: id,
  user_id: id.nullable(),
  email: z.string(),
  display_name: z.string().nullable(),
  roles: z.array(z.enum(roles)),
  status: z.enum(['invited', 'active']),
  created_at: time,
}
const Member = z.strictObject(memberFields)

const memberRoles = z.array(z.enum(roles)).min(1).max(roles.length)

export const membersList = listing({
  id: 'members.list',
  method: 'GET',
  path: '/v1/members',
  tag: 'Identity',
  summary: 'Members and open invitations of the tenant, newest first',
  auth: 'session',
  roles: ['owner', 'admin'],
  input: z.strictObject(paging),
  output: Member,
})

export const membersInvite = operation({
  id: 'members.invite',
  method: 'POST',
  path: '/v1/members',
  tag: 'Identity',
  summary: 'Invite a mail into the tenant; the token of the invitation is shown once',
  auth: 'session',
  roles: ['owner', 'admin'],
  input: z.strictObject({ email, roles: memberRoles }),
  output: z.strictObject({ ...memberFields, invite_token: z.string() }),
  status: 201,
  errors: ['conflict'],
})

export const membersUpdate = operation({
  id: 'members.update',
  method: 'PATCH',
  path: '/v1/members/{member_id}',
  tag: 'Identity',
  summary: 'Change the roles of a member or of an invitation',
  auth: 'session',
  roles: ['owner', 'admin'],
  input: z.strictObject({ member_id: id, roles: memberRoles }),
  output: Member,
  errors: ['conflict'],
})

export const membersRemove = operation({
  id: 'members.remove',
  method: 'DELETE',
  path: '/v1/members/{member_id}',
  tag: 'Identity',
  summary: 'Remove a member, whose sessions end at once, or withdraw an invitation',
  auth: 'session',
  roles: ['owner', 'admin'],
  input: z.strictObject({ member_id: id }),
  output: z.strictObject({ member_id: id, removed: z.literal(true) }),
  errors: ['conflict'],
})

const keyFields = {
  api_key_id: id,
  name: z.string(),
  key_prefix: z.string(),
  status: z.enum(['active', 'revoked', 'expired']),
  scopes: z.array(z.enum(scopes)),
  dataset_access_mode: z.enum(['all_available', 'allow_list']),
  dataset_ids: z.array(id),
  resource_id: id.nullable(),
  budget: z.strictObject({ amount, currency: z.string() }).nullable(),
  expires_at: time.nullable(),
  last_used_at: time.nullable(),
  created_at: time,
  revoked_at: time.nullable(),
}
const ApiKey = z.strictObject(keyFields)

const budget = z.strictObject({ amount: positiveAmount, currency: currencyField })
const datasetIds = z.array(id).max(1_000)

export const apiKeysCreate = operation({
  id: 'api_keys.create',
  method: 'POST',
  path: '/v1/api-keys',
  tag: 'API keys',
  summary: 'Create an API key; its secret is shown once',
  scope: 'keys:write',
  input: z.strictObject({
    name: text(1, 100),
    scopes: z.array(z.enum(scopes)).min(1).max(scopes.length),
    dataset_access_mode: z.enum(['all_available', 'allow_list']).default('all_available'),
    dataset_ids: datasetIds.optional(),
    resource_id: id.nullable().optional(),
    budget: budget.nullable().optional(),
    expires_at: inputTime.nullable().optional(),
  }),
  output: z.strictObject({ ...keyFields, secret: z.string(), key: z.string() }),
  status: 201,
  errors: ['forbidden', 'not_found'],
})

export const apiKeysList = listing({
  id: 'api_keys.list',
  method: 'GET',
  path: '/v1/api-keys',
  tag: 'API keys',
  summary: 'All API keys of the tenant, newest first',
  scope: 'keys:write',
  input: z.strictObject(paging),
  output: ApiKey,
})

export const apiKeysGet = operation({
  id: 'api_keys.get',
  method: 'GET',
  path: '/v1/api-keys/{api_key_id}',
  tag: 'API keys',
  summary: 'One API key, without its secret',
  scope: 'keys:write',
  input: z.strictObject({ api_key_id: id }),
  output: ApiKey,
})

export const apiKeysUpdate = operation({
  id: 'api_keys.update',
  method: 'PATCH',
  path: '/v1/api-keys/{api_key_id}',
  tag: 'API keys',
  summary: 'Change name, scopes, datasets, budget or end of a key',
  scope: 'keys:write',
  input: z.strictObject({
    api_key_id: id,
    name: text(1, 100).optional(),
    scopes: z.array(z.enum(scopes)).min(1).max(scopes.length).optional(),
    dataset_access_mode: z.enum(['all_available', 'allow_list']).optional(),
    dataset_ids: datasetIds.optional(),
    budget: budget.nullable().optional(),
    expires_at: inputTime.nullable().optional(),
  }),
  output: ApiKey,
  errors: ['forbidden', 'conflict'],
})

export const apiKeysRevoke = operation({
  id: 'api_keys.revoke',
  method: 'DELETE',
  path: '/v1/api-keys/{api_key_id}',
  tag: 'API keys',
  summary: 'Revoke a key at once; a request in flight with it ends 401',
  scope: 'keys:write',
  input: z.strictObject({ api_key_id: id }),
  output: ApiKey,
})

import { windowLimitMax } from '@ipto/contract/integration.ts'
import { scopeAliases } from '@ipto/contract/oauth.ts'
import type { ParsedInput } from '@ipto/contract/operations.ts'
import { type Scope, scopes } from '@ipto/contract/scopes.ts'
import type { Id } from '../../base/ids.ts'
import type { Wire } from '../../base/route.ts'
import type { IssuedToken, TokenRequest } from './access-tokens.ts'
import type { Me, Member, Tenant } from './identity.ts'
import type { Invited } from './members.ts'
import type { SignedIn } from './sessions.ts'

export function readSignUp(input: ParsedInput<'auth.signup'>) {
  return {
    email: input.email,
    password: input.password,
    displayName: input.display_name,
    tenantName: input.tenant_name,
  }
}

export function readLogIn(input: ParsedInput<'auth.login'>) {
  return { email: input.email, password: input.password }
}

export function presentSignedIn(signedIn: SignedIn, wire: Wire) {
  return {
    user_id: signedIn.userId,
    tenant_id: signedIn.tenantId,
    session_token: signedIn.token.reveal(),
    expires_at: wire.time(signedIn.expiresAt),
    display_name: signedIn.displayName,
    email: signedIn.email,
  }
}

export function presentLogOut() {
  return { revoked: true as const }
}

export function readPasswordChange(input: ParsedInput<'me.password'>) {
  return { currentPassword: input.current_password, newPassword: input.new_password }
}

export function presentPasswordChange() {
  return { changed: true as const }
}

export function presentMe({ actor, email, displayName, tenantName }: Me) {
  return {
    user_id: actor.userId,
    email,
    display_name: displayName,
    tenant_id: actor.tenantId,
    tenant_display_name: tenantName,
    is_platform_admin: actor.isPlatformAdmin,
    roles: [...actor.roles],
    scopes: [...actor.scopes],
    principal_id: actor.id,
    principal_type: actor.kind === 'system' ? ('user' as const) : actor.kind,
    plan: actor.plan,
  }
}

export function readTenantChange(input: ParsedInput<'tenant.update'>) {
  return { name: input.name ?? null, embeddingModel: input.embedding_model }
}

export function presentTenant(tenant: Tenant, wire: Wire) {
  return {
    tenant_id: tenant.id,
    name: tenant.name,
    plan: tenant.plan,
    region: tenant.region,
    embedding_model: tenant.embeddingModel,
    approved_automatically: tenant.approvedAutomatically,
    created_at: wire.time(tenant.createdAt),
  }
}

export function readAcceptance(input: ParsedInput<'auth.accept_invite'>) {
  return {
    token: input.invite_token,
    password: input.password,
    displayName: input.display_name,
  }
}

export const readMemberPage = ({ limit }: ParsedInput<'members.list'>) => ({ limit })

export function readInvitation(input: ParsedInput<'members.invite'>) {
  return { email: input.email, roles: [...new Set(input.roles)] }
}

export function readMemberChange(input: ParsedInput<'members.update'>) {
  return { id: input.member_id, roles: [...new Set(input.roles)] }
}

export const readMemberId = (input: ParsedInput<'members.remove'>) => input.member_id

export function presentMember(member: Member, wire: Wire) {
  return {
    member_id: member.id,
    user_id: member.userId,
    email: member.email,
    display_name: member.displayName,
    roles: member.roles,
    status: member.status,
    created_at: wire.time(member.createdAt),
  }
}

/** With the token of the invitation, once. */
export function presentInvited({ member, token }: Invited, wire: Wire) {
  return { ...presentMember(member, wire), invite_token: token.reveal() }
}

export function presentRemoval(id: Id<'mem'>) {
  return { member_id: id, removed: true as const }
}

export function readWindow(input: ParsedInput<'companies.list'>) {
  return { limit: Math.min(input.limit, windowLimitMax), offset: input.offset }
}

export const readTenantId = (input: ParsedInput<'companies.get'>): string => input.id

export function presentTenantView(tenant: Tenant, wire: Wire) {
  return {
    id: tenant.id,
    name: tenant.name,
    active: tenant.suspendedAt === null,
    createdAt: wire.time(tenant.createdAt),
  }
}

const spellings = new Map<string, Scope>([
  ...scopes.map((scope): [string, Scope] => [scope, scope]),
  ...Object.entries(scopeAliases),
])

export function readTokenRequest(input: ParsedInput<'oauth.token'>): TokenRequest {
  const asked = input.scope?.split(' ')
  return {
    grantType: input.grant_type,
    clientId: input.client_id ?? null,
    clientSecret: input.client_secret ?? null,
    scopes: asked?.map((spelling) => ({ spelling, scope: spellings.get(spelling) })) ?? null,
  }
}

/** RFC 6749, section 5.1. */
export function presentToken({ token, lifeSeconds, spellings: granted }: IssuedToken) {
  return {
    access_token: token.reveal(),
    expires_in: lifeSeconds,
    scope: granted.join(' '),
    token_type: 'Bearer' as const,
  }
}

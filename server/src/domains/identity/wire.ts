import type { ParsedInput } from '@ipto/contract/operations.ts'
import type { Wire } from '../../base/route.ts'
import type { Me, Tenant } from './identity.ts'
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

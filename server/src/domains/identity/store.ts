import type { Plan, Role, Scope } from '@ipto/contract/scopes.ts'
import { addMs } from '../../base/clock.ts'
import type { Db, Sql, Tx } from '../../base/db.ts'
import type { Id } from '../../base/ids.ts'

export interface Tenant {
  id: Id<'tnt'>
  name: string
  plan: Plan
  region: string
  embeddingModel: string | null
  approvedAutomatically: boolean
  suspendedAt: Date | null
  createdAt: Date
}

export interface User {
  id: Id<'usr'>
  email: string
  passwordHash: string
  displayName: string
  isPlatformAdmin: boolean
}

/** When a credential is asked for, and from when on its tenant's requests are counted; null: not here. */
export interface Moment {
  now: Date
  windowStart: Date | null
}

/** Which request of its tenant this is in the window; null where it was not counted. */
interface Counted {
  requestCount: number | null
}

export interface SessionRow extends User, Counted {
  sessionId: Id<'sess'>
  tenantId: Id<'tnt'>
  roles: Role[]
  plan: Plan
  expiresAt: Date
}

/** Who belongs to a tenant, and who is invited: then there is no user yet. */
export interface Member {
  id: Id<'mem'>
  userId: Id<'usr'> | null
  email: string
  displayName: string | null
  roles: Role[]
  status: 'invited' | 'active'
  createdAt: Date
}

export interface InvitationRow {
  id: Id<'mem'>
  tenantId: Id<'tnt'>
  email: string
  emailKey: string
  roles: Role[]
  createdAt: Date
  expiresAt: Date
  /** The charge key of the call that accepted it. */
  acceptedKey: string | null
}

export interface ApiKey {
  id: Id<'key'>
  tenantId: Id<'tnt'>
  name: string
  prefix: string
  scopes: Scope[]
  datasetIds: Id<'dset'>[] | null
  resourceId: Id<'res'> | null
  budgetMicros: bigint | null
  createdBy: string
  createdAt: Date
  expiresAt: Date | null
  revokedAt: Date | null
  lastUsedAt: Date | null
}

export interface KeyRow extends ApiKey, Counted {
  secretHash: Uint8Array
  plan: Plan
  /** Of the user who made the key, now; null where that user is no member any more. */
  creatorRoles: Role[] | null
}

export async function insertTenant(
  tx: Tx,
  tenant: { id: Id<'tnt'>; name: string; plan: Plan; now: Date },
): Promise<void> {
  await tx.run`
    insert into tenants (id, name, plan, created_at)
    values (${tenant.id}, ${tenant.name}, ${tenant.plan}, ${tenant.now})
    on conflict (id) do nothing`
}

/** Answers false where the mail belongs to another user already. */
export async function insertUser(
  tx: Tx,
  user: {
    id: Id<'usr'>
    email: string
    emailKey: string
    passwordHash: string
    displayName: string
    isPlatformAdmin: boolean
    now: Date
  },
): Promise<boolean> {
  await tx.run`
    insert into users
      (id, email, email_key, password_hash, display_name, is_platform_admin, created_at)
    values (${user.id}, ${user.email}, ${user.emailKey}, ${user.passwordHash},
      ${user.displayName}, ${user.isPlatformAdmin}, ${user.now})
    on conflict do nothing`
  const row = await tx.first<{ id: string }>`
    select id from users where email_key = ${user.emailKey}`
  return row?.id === user.id
}

/** Answers false where it is there already, or the user belongs to a tenant. */
export async function insertMembership(
  tx: Tx,
  member: { id: Id<'mem'>; tenantId: Id<'tnt'>; userId: Id<'usr'>; roles: Role[]; now: Date },
): Promise<boolean> {
  const inserted = await tx.run`
    insert into memberships (id, tenant_id, user_id, roles, created_at)
    values (${member.id}, ${member.tenantId}, ${member.userId}, ${member.roles}, ${member.now})
    on conflict do nothing`
  return inserted === 1
}

/** Members and open invitations alike, newest first. */
export async function listMembers(
  db: Db,
  tenantId: Id<'tnt'>,
  page: { afterId: string | null; limit: number; now: Date },
): Promise<Member[]> {
  return db.rows<Member>`
    select * from (
      select memberships.id, user_id, email, display_name, roles, 'active' as status,
        memberships.created_at
      from memberships join users on users.id = memberships.user_id
      where tenant_id = ${tenantId}
      union all
      select id, null, email, null, roles, 'invited', created_at
      from invitations
      where tenant_id = ${tenantId} and accepted_key is null and expires_at > ${page.now}
    ) as members
    where ${page.afterId}::text is null or id < ${page.afterId}
    order by id desc
    limit ${page.limit + 1}`
}

// All of them, in the order of their ids: who is the last owner can be said only under this lock.
export async function lockMembers(tx: Tx, tenantId: Id<'tnt'>): Promise<Member[]> {
  return tx.rows<Member>`
    select memberships.id, user_id, email, display_name, roles, 'active' as status,
      memberships.created_at
    from memberships join users on users.id = memberships.user_id
    where tenant_id = ${tenantId}
    order by memberships.id
    for update of memberships`
}

export async function updateMemberRoles(
  tx: Tx,
  tenantId: Id<'tnt'>,
  id: Id<'mem'>,
  roles: Role[],
): Promise<void> {
  await tx.run`
    update memberships set roles = ${roles} where id = ${id} and tenant_id = ${tenantId}`
}

/** None of who belongs to the tenant no more. */
export async function listRolesOf(
  tx: Tx,
  tenantId: Id<'tnt'>,
  userId: string,
): Promise<readonly Role[]> {
  const row = await tx.first<{ roles: Role[] }>`
    select roles from memberships where tenant_id = ${tenantId} and user_id = ${userId}`
  return row?.roles ?? []
}

export async function deleteMembership(tx: Tx, tenantId: Id<'tnt'>, id: Id<'mem'>): Promise<void> {
  await tx.run`delete from memberships where id = ${id} and tenant_id = ${tenantId}`
}

/** Answers false where the mail has another open invitation into the tenant. */
export async function insertInvitation(
  tx: Tx,
  invitation: Omit<InvitationRow, 'acceptedKey'> & { tokenHash: Uint8Array },
): Promise<boolean> {
  const { id, tenantId, emailKey, tokenHash } = invitation
  await tx.run`
    insert into invitations
      (id, tenant_id, email, email_key, roles, token_hash, created_at, expires_at)
    values (${id}, ${tenantId}, ${invitation.email}, ${emailKey}, ${invitation.roles},
      ${tokenHash}, ${invitation.createdAt}, ${invitation.expiresAt})
    on conflict do nothing`
  // A call that is repeated gets a new token for the same invitation: the old one was never seen.
  const updated = await tx.run`
    update invitations set token_hash = ${tokenHash}
    where id = ${id} and tenant_id = ${tenantId} and accepted_key is null`
  return updated === 1
}

export async function findInvitation(
  db: Db,
  tokenHash: Uint8Array,
): Promise<InvitationRow | undefined> {
  return db.first<InvitationRow>`
    select invitations.*
    from invitations join tenants on tenants.id = invitations.tenant_id
    where token_hash = ${tokenHash} and suspended_at is null`
}

export async function lockInvitation(
  tx: Tx,
  tenantId: Id<'tnt'>,
  id: Id<'mem'>,
): Promise<InvitationRow | undefined> {
  return tx.first<InvitationRow>`
    select * from invitations where id = ${id} and tenant_id = ${tenantId} for update`
}

export async function updateInvitationRoles(
  tx: Tx,
  tenantId: Id<'tnt'>,
  id: Id<'mem'>,
  roles: Role[],
): Promise<void> {
  await tx.run`
    update invitations set roles = ${roles} where id = ${id} and tenant_id = ${tenantId}`
}

export async function markInvitationAccepted(
  tx: Tx,
  tenantId: Id<'tnt'>,
  id: Id<'mem'>,
  acceptedKey: string,
): Promise<void> {
  await tx.run`
    update invitations set accepted_key = ${acceptedKey}
    where id = ${id} and tenant_id = ${tenantId}`
}

export async function deleteInvitation(tx: Tx, tenantId: Id<'tnt'>, id: Id<'mem'>): Promise<void> {
  await tx.run`delete from invitations where id = ${id} and tenant_id = ${tenantId}`
}

/** Makes room for another invitation of the same mail. */
export async function deleteEndedInvitation(
  tx: Tx,
  tenantId: Id<'tnt'>,
  emailKey: string,
  now: Date,
): Promise<void> {
  await tx.run`
    delete from invitations
    where tenant_id = ${tenantId} and email_key = ${emailKey} and accepted_key is null
      and expires_at <= ${now}`
}

export async function deleteInvitationsBefore(db: Db, before: Date): Promise<number> {
  return db.run`delete from invitations where tenant_id is not null and expires_at < ${before}`
}

export async function insertSession(
  tx: Tx,
  session: {
    id: Id<'sess'>
    tenantId: Id<'tnt'>
    userId: Id<'usr'>
    tokenHash: Uint8Array
    now: Date
    expiresAt: Date
  },
): Promise<void> {
  await tx.run`
    insert into sessions (id, tenant_id, user_id, token_hash, created_at, expires_at)
    values (${session.id}, ${session.tenantId}, ${session.userId}, ${session.tokenHash},
      ${session.now}, ${session.expiresAt})`
}

/** `tenantId` is null for who was removed from a tenant and has joined no other. */
export async function findUserByEmail(
  sql: Sql,
  emailKey: string,
): Promise<(User & { tenantId: Id<'tnt'> | null }) | undefined> {
  return sql.first<User & { tenantId: Id<'tnt'> | null }>`
    select users.*, memberships.tenant_id
    from users left join memberships on memberships.user_id = users.id
    where email_key = ${emailKey}`
}

export async function findUser(db: Db, id: Id<'usr'>): Promise<User | undefined> {
  return db.first<User>`select * from users where id = ${id}`
}

export async function hasOperator(db: Db): Promise<boolean> {
  return (await db.first`select 1 from users where is_platform_admin limit 1`) !== undefined
}

export async function findSession(
  db: Db,
  tokenHash: Uint8Array,
  { now, windowStart }: Moment,
): Promise<SessionRow | undefined> {
  return db.first<SessionRow>`
    select users.*, sessions.id as session_id, sessions.tenant_id, sessions.expires_at,
      memberships.roles, tenants.plan,
      count_request(sessions.tenant_id, ${windowStart}) as request_count
    from sessions
    join users on users.id = sessions.user_id
    join memberships on memberships.user_id = users.id
      and memberships.tenant_id = sessions.tenant_id
    join tenants on tenants.id = sessions.tenant_id
    where sessions.token_hash = ${tokenHash}
      and sessions.ended_at is null
      and sessions.expires_at > ${now}
      and tenants.suspended_at is null`
}

// A key's last use is told to the minute: a write on every request would cost more than it tells.
const lastUsedGrainMs = 60_000

/** Whether the secret fits is for the caller to say; only a use with the right one leaves a trace. */
export async function findKeyByPrefix(
  db: Db,
  { prefix, secretHash }: { prefix: string; secretHash: Uint8Array },
  { now, windowStart }: Moment,
): Promise<KeyRow | undefined> {
  return db.first<KeyRow>`
    select api_keys.*, tenants.plan, memberships.roles as creator_roles,
      case when secret_hash = ${secretHash}
        then count_request(api_keys.tenant_id, ${windowStart}) end as request_count,
      case when secret_hash = ${secretHash}
          and (last_used_at is null or last_used_at <= ${addMs(now, -lastUsedGrainMs)})
        then note_key_use(api_keys.id, ${now}) end as is_noted
    from api_keys
    join tenants on tenants.id = api_keys.tenant_id
    left join memberships on memberships.user_id = api_keys.created_by
      and memberships.tenant_id = api_keys.tenant_id
    where prefix = ${prefix}
      and api_keys.revoked_at is null
      and (api_keys.expires_at is null or api_keys.expires_at > ${now})
      and tenants.suspended_at is null`
}

export type SessionPowers = Pick<SessionRow, 'roles' | 'isPlatformAdmin'>
export type KeyPowers = Pick<KeyRow, 'scopes' | 'creatorRoles' | 'datasetIds' | 'budgetMicros'>

/** What a session that lives may do now. */
export async function findSessionPowers(
  sql: Sql,
  tenantId: Id<'tnt'>,
  id: Id<'sess'>,
  now: Date,
): Promise<SessionPowers | undefined> {
  return sql.first<SessionPowers>`
    select memberships.roles, users.is_platform_admin
    from sessions
    join users on users.id = sessions.user_id
    join memberships on memberships.user_id = sessions.user_id
      and memberships.tenant_id = sessions.tenant_id
    join tenants on tenants.id = sessions.tenant_id
    where sessions.id = ${id} and sessions.tenant_id = ${tenantId} and ended_at is null
      and expires_at > ${now} and suspended_at is null`
}

/** What a key that lives may do now. */
export async function findKeyPowers(
  sql: Sql,
  tenantId: Id<'tnt'>,
  id: Id<'key'>,
  now: Date,
): Promise<KeyPowers | undefined> {
  return sql.first<KeyPowers>`
    select api_keys.scopes, api_keys.dataset_ids, api_keys.budget_micros,
      memberships.roles as creator_roles
    from api_keys
    join tenants on tenants.id = api_keys.tenant_id
    left join memberships on memberships.user_id = api_keys.created_by
      and memberships.tenant_id = api_keys.tenant_id
    where api_keys.id = ${id} and api_keys.tenant_id = ${tenantId} and revoked_at is null
      and (expires_at is null or expires_at > ${now}) and suspended_at is null`
}

/** The key of a token. Whatever ends the key ends the token. */
export async function findKeyByToken(
  db: Db,
  tokenHash: Uint8Array,
  { now, windowStart }: Moment,
): Promise<(KeyRow & { grantedScopes: Scope[] }) | undefined> {
  return db.first<KeyRow & { grantedScopes: Scope[] }>`
    select api_keys.*, access_tokens.scopes as granted_scopes, tenants.plan,
      memberships.roles as creator_roles,
      count_request(api_keys.tenant_id, ${windowStart}) as request_count,
      case when last_used_at is null or last_used_at <= ${addMs(now, -lastUsedGrainMs)}
        then note_key_use(api_keys.id, ${now}) end as is_noted
    from access_tokens
    join api_keys on api_keys.id = access_tokens.api_key_id
      and api_keys.tenant_id = access_tokens.tenant_id
    join tenants on tenants.id = api_keys.tenant_id
    left join memberships on memberships.user_id = api_keys.created_by
      and memberships.tenant_id = api_keys.tenant_id
    where token_hash = ${tokenHash}
      and access_tokens.expires_at > ${now}
      and api_keys.revoked_at is null
      and (api_keys.expires_at is null or api_keys.expires_at > ${now})
      and tenants.suspended_at is null`
}

export async function insertAccessToken(
  tx: Tx,
  token: {
    tokenHash: Uint8Array
    tenantId: Id<'tnt'>
    keyId: Id<'key'>
    scopes: Scope[]
    now: Date
    expiresAt: Date
  },
): Promise<void> {
  await tx.run`
    insert into access_tokens (token_hash, tenant_id, api_key_id, scopes, created_at, expires_at)
    values (${token.tokenHash}, ${token.tenantId}, ${token.keyId}, ${token.scopes}, ${token.now},
      ${token.expiresAt})`
}

export async function deleteAccessTokensBefore(db: Db, before: Date): Promise<number> {
  return db.run`
    delete from access_tokens where tenant_id is not null and expires_at <= ${before}`
}

// A revocation takes these rows `for update`, so it commits before or after the transaction, never within.
/** As `findSessionPowers`, and locks the session. */
export async function lockSessionPowers(
  tx: Tx,
  tenantId: Id<'tnt'>,
  id: Id<'sess'>,
  now: Date,
): Promise<SessionPowers | undefined> {
  return tx.first<SessionPowers>`
    select memberships.roles, users.is_platform_admin
    from sessions
    join users on users.id = sessions.user_id
    join memberships on memberships.user_id = sessions.user_id
      and memberships.tenant_id = sessions.tenant_id
    join tenants on tenants.id = sessions.tenant_id
    where sessions.id = ${id} and sessions.tenant_id = ${tenantId} and ended_at is null
      and expires_at > ${now} and suspended_at is null
    for share of sessions`
}

/** As `findKeyPowers`, and locks the key. */
export async function lockKeyPowers(
  tx: Tx,
  tenantId: Id<'tnt'>,
  id: Id<'key'>,
  now: Date,
): Promise<KeyPowers | undefined> {
  return tx.first<KeyPowers>`
    select api_keys.scopes, api_keys.dataset_ids, api_keys.budget_micros,
      memberships.roles as creator_roles
    from api_keys
    join tenants on tenants.id = api_keys.tenant_id
    left join memberships on memberships.user_id = api_keys.created_by
      and memberships.tenant_id = api_keys.tenant_id
    where api_keys.id = ${id} and api_keys.tenant_id = ${tenantId} and revoked_at is null
      and (expires_at is null or expires_at > ${now}) and suspended_at is null
    for share of api_keys`
}

/** Alone, before its own request ends it: see `ownedActorNow`. */
export async function lockSessionForEnd(
  tx: Tx,
  tenantId: Id<'tnt'>,
  id: Id<'sess'>,
): Promise<void> {
  await tx.run`select 1 from sessions where id = ${id} and tenant_id = ${tenantId} for update`
}

export async function endSession(
  tx: Tx,
  tenantId: Id<'tnt'>,
  id: Id<'sess'>,
  now: Date,
): Promise<void> {
  await tx.run`
    update sessions set ended_at = ${now}
    where id = ${id} and tenant_id = ${tenantId} and ended_at is null`
}

export async function endOtherSessions(
  tx: Tx,
  {
    tenantId,
    userId,
    keep,
    now,
  }: { tenantId: Id<'tnt'>; userId: Id<'usr'>; keep: Id<'sess'>; now: Date },
): Promise<void> {
  await tx.run`
    update sessions set ended_at = ${now}
    where user_id = ${userId} and tenant_id = ${tenantId} and id <> ${keep} and ended_at is null`
}

export async function endSessionsOf(
  tx: Tx,
  { tenantId, userId, now }: { tenantId: Id<'tnt'>; userId: Id<'usr'>; now: Date },
): Promise<void> {
  await tx.run`
    update sessions set ended_at = ${now}
    where user_id = ${userId} and tenant_id = ${tenantId} and ended_at is null`
}

export async function updateDisplayName(tx: Tx, id: Id<'usr'>, name: string): Promise<void> {
  await tx.run`update users set display_name = ${name} where id = ${id}`
}

export async function updatePassword(tx: Tx, id: Id<'usr'>, passwordHash: string): Promise<void> {
  await tx.run`update users set password_hash = ${passwordHash} where id = ${id}`
}

export async function countFailures(db: Db, origin: Uint8Array, since: Date): Promise<number> {
  const row = await db.first<{ count: number }>`
    select count(*)::int as count from login_failures
    where origin_hash = ${origin} and failed_at > ${since}`
  return row?.count ?? 0
}

export async function insertFailure(tx: Tx, origin: Uint8Array, now: Date): Promise<void> {
  await tx.run`
    insert into login_failures (origin_hash, failed_at) values (${origin}, ${now})`
}

export async function deleteFailuresBefore(db: Db, before: Date): Promise<number> {
  return db.run`delete from login_failures where failed_at < ${before}`
}

export async function findTenant(sql: Sql, id: Id<'tnt'>): Promise<Tenant | undefined> {
  return sql.first<Tenant>`select * from tenants where id = ${id}`
}

export async function findTenantByName(db: Db, name: string): Promise<Tenant[]> {
  return db.rows<Tenant>`select * from tenants where name = ${name} limit 2`
}

export async function listTenantNames(
  db: Db,
  ids: readonly string[],
): Promise<{ id: Id<'tnt'>; name: string }[]> {
  return db.rows`select id, name from tenants where id = any(${ids})`
}

export async function listTenants(
  db: Db,
  filter: { q: string | null; afterId: string | null; limit: number },
): Promise<Tenant[]> {
  return db.rows<Tenant>`
    select * from tenants
    where (${filter.q}::text is null or strpos(lower(name), lower(${filter.q})) > 0)
      and (${filter.afterId}::text is null or id < ${filter.afterId})
    order by id desc
    limit ${filter.limit + 1}`
}

export async function countTenants(db: Db, q: string | null): Promise<number> {
  const row = await db.first<{ count: number }>`
    select count(*)::int as count from tenants
    where (${q}::text is null or strpos(lower(name), lower(${q})) > 0)`
  return row?.count ?? 0
}

export async function lockTenant(tx: Tx, id: Id<'tnt'>): Promise<Tenant | undefined> {
  return tx.first<Tenant>`select * from tenants where id = ${id} for update`
}

export async function updateTenant(tx: Tx, tenant: Tenant): Promise<void> {
  await tx.run`
    update tenants
    set name = ${tenant.name}, plan = ${tenant.plan}, embedding_model = ${tenant.embeddingModel},
      approved_automatically = ${tenant.approvedAutomatically}, suspended_at = ${tenant.suspendedAt}
    where id = ${tenant.id}`
}

export async function insertKey(
  tx: Tx,
  key: Omit<ApiKey, 'revokedAt' | 'lastUsedAt'> & { secretHash: Uint8Array },
): Promise<void> {
  // A call that is repeated gets a new secret for the same key: the old one was never seen.
  await tx.run`
    insert into api_keys (id, tenant_id, name, prefix, secret_hash, scopes, dataset_ids,
      resource_id, budget_micros, created_by, created_at, expires_at)
    values (${key.id}, ${key.tenantId}, ${key.name}, ${key.prefix}, ${key.secretHash},
      ${key.scopes}, ${key.datasetIds}, ${key.resourceId}, ${key.budgetMicros}, ${key.createdBy},
      ${key.createdAt}, ${key.expiresAt})
    on conflict (id) do update
    set prefix = excluded.prefix, secret_hash = excluded.secret_hash`
}

export async function findKey(
  sql: Sql,
  tenantId: Id<'tnt'>,
  id: Id<'key'>,
): Promise<ApiKey | undefined> {
  return sql.first<ApiKey>`select * from api_keys where id = ${id} and tenant_id = ${tenantId}`
}

export async function lockKeyForChange(
  tx: Tx,
  tenantId: Id<'tnt'>,
  id: Id<'key'>,
): Promise<ApiKey | undefined> {
  return tx.first<ApiKey>`
    select * from api_keys where id = ${id} and tenant_id = ${tenantId} for update`
}

export async function listKeys(
  db: Db,
  tenantId: Id<'tnt'>,
  page: { afterId: string | null; limit: number },
): Promise<ApiKey[]> {
  return db.rows<ApiKey>`
    select * from api_keys
    where tenant_id = ${tenantId}
      and (${page.afterId}::text is null or id < ${page.afterId})
    order by id desc
    limit ${page.limit + 1}`
}

export async function updateKey(tx: Tx, key: ApiKey): Promise<void> {
  await tx.run`
    update api_keys
    set name = ${key.name}, scopes = ${key.scopes}, dataset_ids = ${key.datasetIds},
      budget_micros = ${key.budgetMicros}, expires_at = ${key.expiresAt},
      revoked_at = ${key.revokedAt}
    where id = ${key.id} and tenant_id = ${key.tenantId}`
}

export async function countKeys(
  db: Db,
  tenantId: Id<'tnt'>,
): Promise<{ all: number; active: number }> {
  const row = await db.first<{ all: number; active: number }>`
    select count(*)::int as all, count(*) filter (where revoked_at is null)::int as active
    from api_keys where tenant_id = ${tenantId}`
  return row ?? { all: 0, active: 0 }
}

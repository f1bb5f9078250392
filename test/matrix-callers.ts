// Everybody who may stand before an operation: the members of the owner's tenant, its keys and access
// tokens, another tenant, the platform's operator, and nobody.
import { randomUUID } from 'node:crypto'
import { type Role, roles, type Scope, scopes } from '@ipto/contract/scopes.ts'
import type { Rule, Standing } from './matrix-table.ts'
import { send } from './send.ts'
import type { Party, World } from './world.ts'

export interface Caller extends Standing {
  name: string
  /** Within the tenant that owns what the call names. */
  isAtHome: boolean
  /** Who signs in, for a session; it can do so again. */
  party?: Party
  /** A key or an access token. */
  token?: string
}

export function tokenOf({ party, token }: Caller): string | undefined {
  return party?.token ?? token
}

/** Of one tenant; made once, asked for by many operations. */
export interface Household {
  /** Those that stand before every operation. */
  always: Caller[]
  /** Those that hold all but what an operation asks for, or that alone, by key and by access token. */
  fitted(rule: Rule): Promise<Caller[]>
}

export async function openHousehold(world: World, owner: Party): Promise<Household> {
  const always = [session('owner', owner, ['owner'])]
  for (const role of roles.filter((one) => one !== 'owner')) {
    always.push(
      session(role === 'operator' ? 'role operator' : role, await join(world, owner, role), [role]),
    )
  }
  for (const scope of scopes) always.push(await keyWith(owner, `key ${scope}`, [scope]))
  const whole = await keyWith(owner, 'key with everything', scopes)
  always.push(whole)

  const tokens = new Map<string, Promise<string>>()
  const tokenWith = async (name: string, held: readonly Scope[]): Promise<Caller> => {
    const scope = held.join(' ')
    const token = tokens.get(scope) ?? issueToken(world, whole.token ?? '', scope)
    tokens.set(scope, token)
    return atHome({ name, holds: held, kind: 'key', token: await token })
  }
  const withouts = new Map<string, Promise<Caller>>()
  return {
    always,
    fitted: async ({ scope }) => {
      const rest = scopes.filter((one) => one !== scope && one !== 'admin:*')
      if (scope === null) return [await tokenWith('access token', rest)]
      const without = withouts.get(scope) ?? keyWith(owner, 'key without', rest)
      withouts.set(scope, without)
      return [
        await without,
        await tokenWith('access token with', [scope as Scope]),
        await tokenWith('access token without', rest),
      ]
    },
  }
}

/** Those who are nobody's member here. */
export function strangersOf({ stranger, operator }: World): Caller[] {
  return [
    { ...session('another tenant', stranger, ['owner']), isAtHome: false },
    {
      ...session('platform operator', operator, ['owner']),
      isAtHome: false,
      isPlatformAdmin: true,
    },
    nobody('nobody', { kind: 'nobody' }),
    nobody('unknown session', { token: 'sess_unknown' }),
    nobody('unknown key', { token: 'ipto_unknown_unknown' }),
    nobody('unknown access token', { token: 'oat_unknown' }),
    nobody('nonsense', { token: 'nonsense' }),
  ]
}

function nobody(name: string, one: Partial<Caller>): Caller {
  return { name, kind: 'unknown', holds: [], isAtHome: false, isPlatformAdmin: false, ...one }
}

function session(name: string, party: Party, holds: readonly Role[]): Caller {
  return atHome({ name, kind: 'session', holds, party })
}

function atHome(caller: Omit<Caller, 'isAtHome' | 'isPlatformAdmin'>): Caller {
  return { ...caller, isAtHome: true, isPlatformAdmin: false }
}

/** Invited, as people are. */
export async function join(world: World, { client }: Party, role: Role): Promise<Party> {
  const email = `${role}-${randomUUID()}@example.com`
  const password = `password of ${role}`
  const { invite_token } = await client.members.invite({ email, roles: [role] })
  const made = await world.anonymous.auth.acceptInvite({
    invite_token,
    password,
    display_name: role,
  })
  const token = made.session_token
  return {
    client: world.client({ token }),
    email,
    password,
    tenantId: made.tenant_id,
    userId: made.user_id,
    token,
  }
}

async function keyWith({ client }: Party, name: string, held: readonly Scope[]): Promise<Caller> {
  const key = await client.apiKeys.create({ name, scopes: [...held] })
  return atHome({ name, kind: 'key', holds: held, token: key.secret })
}

/** By client credentials: the key is the client. */
export async function issueToken(world: World, key: string, scope: string): Promise<string> {
  const [, prefix = '', secret = ''] = key.split('_')
  const basic = Buffer.from(`ipto_${prefix}:${secret}`).toString('base64')
  const { body } = await send(`${world.url}/auth/token`, {
    raw: new URLSearchParams({ grant_type: 'client_credentials', scope }).toString(),
    headers: {
      authorization: `Basic ${basic}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
  })
  return String(body.access_token)
}

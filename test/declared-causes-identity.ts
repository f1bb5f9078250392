// Accounts, members, keys and tokens that are refused.
import { randomUUID } from 'node:crypto'
import type { Cause, Causes } from './declared-causes.ts'
import { clientOf, freshInvitation, freshKey, ownerCalls, type Seed } from './owner-calls.ts'

const freshMail = () => `${randomUUID()}@example.com`

async function lastOwner({ world }: Seed): Promise<{ member_id: string }> {
  const { items } = await world.provider.client.members.list({ limit: 100 })
  const member_id = items.find(({ roles }) => roles.includes('owner'))?.member_id ?? ''
  return { member_id }
}

/** A key that may make keys, and nothing else. */
async function keyMaker({ world }: Seed): Promise<{ apiKey: string }> {
  const { apiKeys } = world.provider.client
  return { apiKey: (await apiKeys.create({ name: 'maker', scopes: ['keys:write'] })).secret }
}

const tokenCauses = {
  unsupported_grant_type: async (seed) => ({
    input: { ...clientOf(await freshKey(seed)), grant_type: 'password' },
  }),
  invalid_scope: async (seed) => ({
    input: { ...clientOf(await freshKey(seed)), scope: 'objects:write' },
  }),
} satisfies Record<string, Cause<'oauth.token'>>

export const identityCauses: Causes = {
  'auth.signup': {
    conflict: async (seed) => ({
      input: { ...(await ownerCalls['auth.signup'].input(seed)), email: seed.world.buyer.email },
    }),
  },
  'auth.login': {
    unauthorized: ({ world }) => ({ input: { email: world.buyer.email, password: 'another one' } }),
  },
  'auth.accept_invite': {
    unauthorized: () => ({
      input: {
        invite_token: 'invite_unknown',
        password: 'a long password',
        display_name: 'Nobody',
      },
    }),
    conflict: async ({ world }) => {
      const email = freshMail()
      const { members } = world.provider.client
      const { invite_token } = await members.invite({ email, roles: ['viewer'] })
      const password = 'a long password'
      const names = { display_name: 'Elsewhere', tenant_name: 'Elsewhere Ltd' }
      await world.anonymous.auth.signup({ email, password, ...names })
      return { input: { invite_token, password, display_name: 'Invited' } }
    },
  },
  'oauth.token': tokenCauses,
  'oauth.integration_token': tokenCauses,
  'members.invite': {
    conflict: async (seed) => ({
      input: { email: (await freshInvitation(seed)).email, roles: ['viewer'] },
    }),
  },
  'members.update': {
    conflict: async (seed) => ({ input: { ...(await lastOwner(seed)), roles: ['admin'] } }),
  },
  'members.remove': { conflict: async (seed) => ({ input: await lastOwner(seed) }) },
  'api_keys.create': {
    forbidden: async (seed) => ({
      input: { name: 'wider', scopes: ['objects:write'] },
      credential: await keyMaker(seed),
    }),
    not_found: () => ({
      input: {
        name: 'astray',
        scopes: ['search:query'],
        dataset_access_mode: 'allow_list',
        dataset_ids: ['dset_unknown'],
      },
    }),
  },
  'api_keys.update': {
    forbidden: async (seed) => ({
      input: { api_key_id: seed.keyId, scopes: ['objects:write'] },
      credential: await keyMaker(seed),
    }),
    conflict: async (seed) => {
      const { api_key_id } = await freshKey(seed)
      await seed.world.provider.client.apiKeys.revoke({ api_key_id })
      return { input: { api_key_id, name: 'too late' } }
    },
  },
}

// A database, a clock set by hand, users who signed up and keys that they issued. For tests only.
import { openTestDb } from '../../adapters/db/db.fixture.ts'
import { type Actor, type Call, type OpenCall, systemActor } from '../../base/call.ts'
import { newId } from '../../base/ids.ts'
import { authenticate, issueKey, signUp } from './identity.ts'
import type { IssuedKey, KeyInput } from './keys.ts'

export type World = Awaited<ReturnType<typeof openWorld>>

export const password = 'correct horse'

export async function openWorld() {
  let ms = Date.parse('2026-04-05T10:00:00Z')
  const now = () => new Date(ms)
  const { db } = await openTestDb()
  const deps = { db, settings: { sessionHours: 12 } }

  const openCall = (address = '192.0.2.1'): OpenCall => {
    const requestId = newId('req')
    const signal = new AbortController().signal
    return {
      requestId,
      chargeKey: requestId,
      isRepeat: false,
      address,
      now: now(),
      signal,
      after: null,
    }
  }
  const callOf = (actor: Actor): Call => ({ ...openCall(), actor })

  const addUser = async (email = `${newId('usr')}@example.com`) => {
    const input = { email, password, displayName: 'Ada', tenantName: 'Ada & Co' }
    const signedIn = await signUp(deps, openCall(), input)
    const token = signedIn.token.reveal()
    const actor = await authenticate(db, { kind: 'session', token }, now())
    return { email, token, actor }
  }

  const addKey = async (actor: Actor, change: Partial<KeyInput> = {}): Promise<IssuedKey> =>
    issueKey(deps, callOf(actor), { ...plainKey, ...change })

  return {
    db,
    deps,
    now,
    passMs: (step: number) => {
      ms += step
    },
    openCall,
    callOf,
    addUser,
    addKey,
    actorOf: ({ secret }: IssuedKey) =>
      authenticate(db, { kind: 'key', token: secret.reveal() }, now()),
    isSignedIn: (token: string) =>
      authenticate(db, { kind: 'session', token }, now()).then(
        () => true,
        () => false,
      ),
    actionsOf: async (actor: Actor): Promise<string[]> => {
      const rows = await db.rows<{ action: string }>`
        select action from audit_events where tenant_id = ${actor.tenantId} order by id`
      return rows.map((row) => row.action)
    },
  }
}

export const operatorActor = systemActor(newId('tnt'), 'operator')

export const plainKey: KeyInput = {
  name: 'agent',
  scopes: ['search:query'],
  datasetIds: null,
  budgetMicros: null,
  expiresAt: null,
}

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../base/ids.ts'
import { openWorld, operatorActor, password, type World } from './identity.fixture.ts'
import {
  adminChangeTenant,
  changePassword,
  ensureOperator,
  forgetFailures,
  hasOperator,
  logIn,
  logOut,
  requireLive,
  signUp,
  whoAmI,
} from './identity.ts'

let world: World

beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.db.close())

const unauthorized = { code: 'unauthorized' }
const wrong = { password: 'wrong horse' }
const enter = (email: string, input = { password }, address: string = newId('req')) =>
  logIn(world.deps, world.openCall(address), { email, ...input })
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: Error & { code?: string }) => ({ code: error.code, text: error.message }),
  )

describe('sign-up', () => {
  test('makes a tenant and its owner, and signs in for twelve hours', async () => {
    const { actor, token } = await world.addUser()
    expect(actor).toMatchObject({ kind: 'user', roles: ['owner'], plan: 'starter' })
    expect(actor.scopes).toContain('admin:*')
    expect(actor.isPlatformAdmin).toBe(false)
    const me = await whoAmI(world.deps, world.callOf(actor))
    expect(me).toMatchObject({ displayName: 'Ada', tenantName: 'Ada & Co' })
    expect(token).toMatch(/^sess_[0-9A-Za-z]{43}$/)
  })

  test('takes a mail once, however it is written', async () => {
    const { email } = await world.addUser()
    const again = world.addUser(email.toUpperCase())
    await expect(again).rejects.toMatchObject({ code: 'conflict' })
    expect(await failureOf(enter(email.toUpperCase()))).toBeUndefined()
  })

  test('repeated after a crash finds what the first try made, and has one session more', async () => {
    const call = world.openCall()
    const email = `${newId('usr')}@example.com`
    const input = { email, password, displayName: 'Ada', tenantName: 'Ada' }
    const first = await signUp(world.deps, call, input)
    const second = await signUp(world.deps, call, input)
    expect([second.userId, second.tenantId]).toEqual([first.userId, first.tenantId])
    expect(await world.isSignedIn(first.token.reveal())).toBe(true)
    expect(await world.isSignedIn(second.token.reveal())).toBe(true)
  })
})

describe('login', () => {
  test('answers an unknown mail and a wrong password alike', async () => {
    const { email } = await world.addUser()
    const known = await failureOf(enter(email, wrong))
    expect(known?.code).toBe('unauthorized')
    expect(await failureOf(enter('nobody@example.com', wrong))).toEqual(known)
  })

  test('stops for a mail after ten failures within a quarter of an hour, from wherever', async () => {
    const { email } = await world.addUser()
    for (let failure = 0; failure < 10; failure++) {
      await expect(enter(email, wrong)).rejects.toMatchObject(unauthorized)
    }
    await expect(enter(email)).rejects.toMatchObject({ code: 'rate_limited' })
    world.passMs(15 * 60_000)
    expect(await failureOf(enter(email))).toBeUndefined()
  })

  test('stops for an address after ten failures, whatever the mail, and for no other address', async () => {
    const { email } = await world.addUser()
    for (let failure = 0; failure < 10; failure++) {
      const guess = enter(`nobody${failure}@example.com`, wrong, '198.51.100.1')
      await expect(guess).rejects.toMatchObject(unauthorized)
    }
    const limited = { code: 'rate_limited', retryAfterMs: 15 * 60_000 }
    await expect(enter(email, { password }, '198.51.100.1')).rejects.toMatchObject(limited)
    expect(await failureOf(enter(email, { password }, '198.51.100.2'))).toBeUndefined()
  })

  test('of many guesses at the same moment hears the right one only among the first', async () => {
    const { email } = await world.addUser()
    const guesses = Array.from({ length: 40 }, () => enter(email, wrong))
    const codes = (await Promise.all([...guesses, enter(email)].map(failureOf))).map(
      (failure) => failure?.code,
    )
    expect(codes.at(-1)).toBe('rate_limited')
    // Four passwords are looked at once, so a few failures may be on their way at the tenth.
    expect(codes.filter((code) => code === 'unauthorized').length).toBeLessThan(14)
  })

  test('does not count those who know their password', async () => {
    const { email } = await world.addUser()
    const all = Array.from({ length: 12 }, () => enter(email, { password }, '198.51.100.3'))
    expect(await Promise.all(all.map(failureOf))).toEqual(all.map(() => undefined))
  })

  test('forgets failures after a day', async () => {
    await failureOf(enter('nobody@example.com', wrong))
    await forgetFailures(world.db, new Date(+world.now() + 1))
    expect(await world.db.rows`select 1 from login_failures`).toEqual([])
  })
})

describe('a session', () => {
  test('ends after its hours and is never prolonged', async () => {
    const { token, actor } = await world.addUser()
    world.passMs(12 * 3_600_000 - 1)
    expect(await world.isSignedIn(token)).toBe(true)
    world.passMs(1)
    expect(await world.isSignedIn(token)).toBe(false)
    const late = world.db.tx((tx) => requireLive(tx, actor, world.now()))
    await expect(late).rejects.toMatchObject(unauthorized)
  })

  test('ends with logout, alone, and a charge of it is refused from then on', async () => {
    const { email, token, actor } = await world.addUser()
    const other = (await enter(email)).token.reveal()
    await logOut(world.deps, world.callOf(actor))
    expect(await world.isSignedIn(token)).toBe(false)
    expect(await world.isSignedIn(other)).toBe(true)
    const late = world.db.tx((tx) => requireLive(tx, actor, world.now()))
    await expect(late).rejects.toMatchObject(unauthorized)
  })

  test('ends at once for all of a tenant that is suspended, and lives again afterwards', async () => {
    const { actor, token } = await world.addUser()
    const by = { actor: operatorActor, now: world.now() }
    const suspend = (suspended: boolean) =>
      world.db.tx((tx) => adminChangeTenant(tx, by, { tenantId: actor.tenantId, suspended }))
    await suspend(true)
    expect(await world.isSignedIn(token)).toBe(false)
    const late = world.db.tx((tx) => requireLive(tx, actor, world.now()))
    await expect(late).rejects.toMatchObject(unauthorized)
    await suspend(false)
    expect(await world.isSignedIn(token)).toBe(true)
  })
})

describe('a new password', () => {
  test('ends all other sessions of the user, keeps this one, and the old password is gone', async () => {
    const { email, token, actor } = await world.addUser()
    const other = (await enter(email)).token.reveal()
    const bystander = await world.addUser()
    const input = { currentPassword: password, newPassword: 'battery staple' }
    await changePassword(world.deps, world.callOf(actor), input)
    expect(await world.isSignedIn(token)).toBe(true)
    expect(await world.isSignedIn(other)).toBe(false)
    expect(await world.isSignedIn(bystander.token)).toBe(true)
    await expect(enter(email)).rejects.toMatchObject(unauthorized)
    expect(await failureOf(enter(email, { password: 'battery staple' }))).toBeUndefined()
  })

  test('needs the current one, else nothing changes', async () => {
    const { email, actor } = await world.addUser()
    const other = (await enter(email)).token.reveal()
    const input = { currentPassword: 'wrong horse', newPassword: 'battery staple' }
    const refused = { code: 'invalid_request', fields: [{ path: 'current_password' }] }
    const change = changePassword(world.deps, world.callOf(actor), input)
    await expect(change).rejects.toMatchObject(refused)
    expect(await world.isSignedIn(other)).toBe(true)
    expect(await failureOf(enter(email))).toBeUndefined()
  })
})

test('there is one first operator, also when two processes start at once', async () => {
  expect(await hasOperator(world.db)).toBe(false)
  const input = { email: 'operator@example.com', password }
  await Promise.all([1, 2].map(() => ensureOperator(world.db, world.now(), input)))
  expect(await ensureOperator(world.db, world.now(), input)).toBe(false)
  const operators = await world.db.rows`select 1 from users where is_platform_admin`
  expect(operators).toHaveLength(1)
})

test('every change is told to the audit, and no entry holds a secret', async () => {
  const { actor, email, token } = await world.addUser()
  const second = (await enter(email)).token.reveal()
  const input = { currentPassword: password, newPassword: 'battery staple' }
  await changePassword(world.deps, world.callOf(actor), input)
  const key = await world.addKey(actor)
  await logOut(world.deps, world.callOf(actor))
  const actions = [
    'tenant.create',
    'session.create',
    'user.password',
    'api_key.create',
    'session.end',
  ]
  expect(await world.actionsOf(actor)).toEqual(actions)
  const entries = await world.db.rows`
    select * from audit_events where tenant_id = ${actor.tenantId}`
  const text = JSON.stringify(entries, (_, value) =>
    typeof value === 'bigint' ? `${value}` : value,
  )
  for (const secret of [password, 'battery staple', token, second, key.secret.reveal()]) {
    expect(text).not.toContain(secret)
  }
})

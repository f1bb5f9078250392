import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { hashPassword, isPassword } from './passwords.ts'
import { hashOf, isSameHash, randomText, Secret } from './secrets.ts'

test('a secret is told by reveal alone: not by text, log or JSON', () => {
  const secret = new Secret('sess_hidden')
  expect(secret.reveal()).toBe('sess_hidden')
  expect(`${secret}`).toBe('[secret]')
  expect(inspect({ deep: [secret] }, { depth: 5, showHidden: true })).not.toContain('hidden')
  expect(() => JSON.stringify({ secret })).toThrow('never serialised')
  expect(Object.entries(secret)).toEqual([])
})

test('random text has its length, letters and digits only, and every one of them about as often', () => {
  const text = randomText(62_000)
  expect(text).toMatch(/^[0-9A-Za-z]{62000}$/)
  const counts = new Map<string, number>()
  for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1)
  expect(counts.size).toBe(62)
  // A thousand each; seven standard deviations are 222.
  for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(222)
})

test('hashes of different texts differ, whatever their length', () => {
  expect(isSameHash(hashOf('a'), hashOf('a'))).toBe(true)
  expect(isSameHash(hashOf('a'), hashOf('b'))).toBe(false)
  expect(isSameHash(hashOf('a'), new Uint8Array(3))).toBe(false)
})

test('a password fits its own hash only, and no password fits where there is no account', async () => {
  const stored = await hashPassword('correct horse')
  expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(await isPassword(stored, 'correct horse')).toBe(true)
  expect(await isPassword(stored, 'correct horse ')).toBe(false)
  expect(await isPassword(undefined, 'no account has this password')).toBe(false)
})

import { describe, expect, test } from 'vitest'
import { openPayoutRail } from './open.ts'
import { testRail } from './rail.suite.ts'

describe('by hand', () => {
  testRail(() => openPayoutRail({ kind: 'manual' }))

  test('takes down the reference as the operator gave it', async () => {
    const rail = openPayoutRail({ kind: 'manual' })
    const payment = { paymentId: 'p', providerId: 't', amountMicros: 1n, bankReference: ' bank 7 ' }
    expect(await rail.pay(payment)).toBe(' bank 7 ')
  })
})

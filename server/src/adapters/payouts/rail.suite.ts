// What every rail must do.
import { expect, test } from 'vitest'
import type { PayoutRail } from '../../domains/payouts/payout-rail.ts'

export function testRail(open: () => PayoutRail): void {
  const payment = {
    paymentId: 'pay_1:payment:1',
    providerId: 'tnt_1',
    amountMicros: 10_000_000n,
    bankReference: 'bank 7',
  }

  test('answers a reference of the bank', async () => {
    expect(await open().pay(payment)).not.toBe('')
  })

  test('answers the same where the same payment is asked for again', async () => {
    const rail = open()
    const reference = await rail.pay(payment)
    const again = await Promise.all([rail.pay(payment), rail.pay(payment)])
    expect(again).toEqual([reference, reference])
  })
}

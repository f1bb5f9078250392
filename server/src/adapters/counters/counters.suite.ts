// What every store of counts must do.
import { expect, test } from 'vitest'
import type { Counters } from '../../http/counters.ts'

export function testCounters(open: () => Promise<Counters>): void {
  const minute = (number: number) => new Date(Date.UTC(2026, 3, 5, 10, number))

  test('counts calls of one name in one window', async () => {
    const counters = await open()
    expect(await counters.hit('a', minute(0))).toBe(1)
    expect(await counters.hit('a', minute(0))).toBe(2)
    expect(await counters.hit('b', minute(0))).toBe(1)
  })

  test('a new window starts from nothing', async () => {
    const counters = await open()
    await counters.hit('c', minute(0))
    expect(await counters.hit('c', minute(1))).toBe(1)
  })

  test('hits at the same moment are all counted', async () => {
    const counters = await open()
    const seen = await Promise.all(Array.from({ length: 20 }, () => counters.hit('d', minute(0))))
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, at) => at + 1))
  })
}

// Money: `bigint` micro-units (10⁻⁶ of the currency) inside, a JSON number in major units on the wire.
// The only place that turns one into the other (decisions 2 and 6).

export type Micros = bigint

export const currency = 'USD'

// Fifteen decimal digits survive a trip through a double unchanged. Beyond them we refuse to print.
export const WIRE_MICROS_MAX = 10n ** 15n - 1n

/** Micro-units → major units as a JSON number. Throws beyond fifteen digits: that is our mistake. */
export function toMajor(micros: Micros): number {
  if (micros > WIRE_MICROS_MAX || micros < -WIRE_MICROS_MAX) {
    throw new Error('assertion failed: an amount fits fifteen digits')
  }
  return Number(micros) / 1_000_000
}

/** Major units → micro-units, or undefined where the number is no whole count of micro-units. */
export function fromMajor(amount: number): Micros | undefined {
  if (!Number.isFinite(amount) || Math.abs(amount) > Number(WIRE_MICROS_MAX) / 1_000_000) {
    return undefined
  }
  const micros = Math.round(amount * 1_000_000)
  return micros / 1_000_000 === amount ? BigInt(micros) : undefined
}

export function isWireAmount(amount: number): boolean {
  return fromMajor(amount) !== undefined
}

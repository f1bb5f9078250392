// Time comes from here or from `call`, so that a test or the demo can set it by hand.

export interface Clock {
  now(): Date
}

export const systemClock: Clock = { now: () => new Date() }

export const msPerDay = 86_400_000

/** The calendar month in UTC that holds `time`, half-open. */
export function monthOf(time: Date): { from: Date; to: Date } {
  const year = time.getUTCFullYear()
  const month = time.getUTCMonth()
  return { from: new Date(Date.UTC(year, month, 1)), to: new Date(Date.UTC(year, month + 1, 1)) }
}

export function addMs(time: Date, ms: number): Date {
  return new Date(time.getTime() + ms)
}

/** Milliseconds since 1970, or an ISO 8601 text, as a Date. Both were checked at the edge. */
export function dateOf(value: string | number): Date {
  return new Date(value)
}

// The field schemas that operations share. Text is measured in Unicode code points after NFC
// (decisions 9); NUL and lone surrogates are refused for every string in http/mount.
import { z } from 'zod'
import { isWireAmount } from './money.ts'

/** Text of min to max code points, normalised to NFC. */
export function text(min: number, max: number) {
  return z
    .string()
    .normalize('NFC')
    .refine((value) => [...value].length >= min && value.trim().length >= Math.min(min, 1), {
      message: min === 1 ? 'must not be empty' : `must have at least ${min} characters`,
    })
    .refine((value) => [...value].length <= max, {
      message: `must have at most ${max} characters`,
    })
    .meta({ minLength: min, maxLength: max })
}

/** A reference to something. Its form is not checked: a malformed id is an unknown id. */
export const id = z.string().max(200)
export const time = z.string().meta({ format: 'date-time' })
export const sha256 = z.string().regex(/^[0-9a-fA-F]{64}$/, 'must be 64 hexadecimal digits')

/** A time that a caller sends: ISO 8601 in UTC (making-requests, "Request Format"). */
export const inputTime = z.iso
  .datetime({
    offset: true,
    message: 'must be an ISO 8601 time in UTC, such as 2026-04-05T10:00:00Z',
  })
  // Beyond these years databases and languages write times differently.
  .refine((text) => Date.parse(text) >= 0 && Date.parse(text) < Date.UTC(10_000, 0, 1), {
    message: 'must lie in the years 1970 to 9999',
  })

/** Major units, at most six decimals, at most fifteen digits. */
export const amount = z
  .number()
  .refine(isWireAmount, { message: 'must have at most six decimals and fifteen digits' })
export const positiveAmount = amount.refine((value) => value >= 0, {
  message: 'must not be negative',
})

export const currencyField = z.literal('USD', { message: 'must be one of: USD' })

export const limit = z.int().min(1).max(100).default(20)
export const paging = { cursor: z.string().max(2_000).optional(), limit }

export const metadataIn = z
  .record(text(1, 50), z.union([text(0, 500), z.number(), z.boolean()]))
  .refine((value) => Object.keys(value).length <= 20, { message: 'must have at most 20 keys' })
export const metadata = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))

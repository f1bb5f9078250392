// The price book: base prices of every kind of use, by version. A version never changes.
import { z } from 'zod'
import { amount, inputTime, paging, positiveAmount, time } from './fields.ts'
import { listing, operation } from './operation.ts'

export const basePriceMax = 10_000

const basePrice = positiveAmount.refine((value) => value <= basePriceMax, {
  message: `must be at most ${basePriceMax}`,
})
const unitPricesIn = { retrieval: basePrice, citation: basePrice, download: basePrice }

// In percent with at most two decimals: a share is kept in basis points.
const percent = z
  .number()
  .refine((value) => value >= 0 && value <= 100, { message: 'must be between 0 and 100' })
  .refine((value) => Math.round(value * 100) / 100 === value, {
    message: 'must have at most two decimals',
  })

const unitPrices = { retrieval: amount, citation: amount, download: amount }

const PriceBook = z.strictObject({
  version: z.int(),
  starts_at: time,
  prices: z.strictObject({
    open: z.strictObject(unitPrices),
    premium: z.strictObject(unitPrices),
    outcome_share: z.strictObject({ ...unitPrices, outcome_percent: z.number() }),
  }),
  currency: z.string(),
  published_at: time.nullable(),
  in_force: z.boolean(),
})

export const priceBooksList = listing({
  id: 'price_books.list',
  method: 'GET',
  path: '/v1/admin/price-books',
  profile: 'report',
  tag: 'Operator',
  summary: 'Versions of the price book, newest first',
  auth: 'operator',
  input: z.strictObject(paging),
  output: PriceBook,
  plural: 'price_books',
})

export const priceBooksCreate = operation({
  id: 'price_books.create',
  method: 'POST',
  path: '/v1/admin/price-books',
  profile: 'report',
  tag: 'Operator',
  summary: 'Publish a version of the price book; it starts in the future, after all others',
  auth: 'operator',
  input: z.strictObject({
    starts_at: inputTime,
    prices: z.strictObject({
      open: z.strictObject(unitPricesIn),
      premium: z.strictObject(unitPricesIn),
      outcome_share: z.strictObject({ ...unitPricesIn, outcome_percent: percent }),
    }),
  }),
  output: PriceBook,
  status: 201,
})

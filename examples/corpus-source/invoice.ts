// What an invoice of the sample corpus is made of, and its sums: line amounts, VAT by rate rounded
// once per rate, and the total, all in whole cents.
import { type Currency, formatCents, type NumberStyle, vatOfCents } from './money.ts'
import type { Block } from './text.ts'

export interface Party {
  name: string
  address: string[]
  vatId: string
}

export interface Issuer extends Party {
  contact: string
  bank: string
  register: string
}

export interface Line {
  text: string
  quantity: number
  unit: string
  priceCents: number
  ratePercent: 7 | 19 | 20
}

export interface Annex {
  blocks: Block[]
  table?: { titles: [string, ...string[]]; rows: string[][] }
  closing?: Block[]
}

export interface Invoice {
  file: string
  layout: 'ledger' | 'band' | 'letter' | 'folio'
  accent: string
  number: string
  issuedOn: string
  dueOn: string
  /** The day of the last note on the document, where one was added later. */
  filedOn?: string
  references: { label: string; text: string }[]
  issuer: Issuer
  buyer: Party
  currency: Currency
  numberStyle: NumberStyle
  opening: string
  lines: Line[]
  notes: string[]
  /** What follows on a page of its own. */
  annex?: (totals: Totals) => Annex
}

export interface Totals {
  netCents: number
  vat: { ratePercent: number; netCents: number; vatCents: number }[]
  vatCents: number
  grossCents: number
}

export function lineCents({ quantity, priceCents }: Line): number {
  return quantity * priceCents
}

export function totalsOf(lines: readonly Line[]): Totals {
  const rates = [...new Set(lines.map(({ ratePercent }) => ratePercent))].sort((a, b) => a - b)
  const vat = rates.map((ratePercent) => {
    const netCents = sum(lines.filter((line) => line.ratePercent === ratePercent).map(lineCents))
    return { ratePercent, netCents, vatCents: vatOfCents(netCents, ratePercent) }
  })
  const netCents = sum(vat.map((part) => part.netCents))
  const vatCents = sum(vat.map((part) => part.vatCents))
  return { netCents, vat, vatCents, grossCents: netCents + vatCents }
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0)
}

/** `EUR 1,234.56`, written as the issuer writes it. */
export function moneyOf(
  { currency, numberStyle }: Pick<Invoice, 'currency' | 'numberStyle'>,
  cents: number,
): string {
  return `${currency} ${formatCents(cents, numberStyle)}`
}

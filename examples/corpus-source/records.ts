// Business records made from a seed: orders with their payments as CSV, suppliers as a JSON array.
import { formatCents, vatOfCents } from './money.ts'
import { seededNumbers } from './seed.ts'

const orderCount = 60
const supplierCount = 40
const dayMs = 86_400_000
const firstDayMs = Date.UTC(2025, 0, 7)

interface Customer {
  name: string
  country: string
  currency: 'EUR' | 'GBP'
  /** 0 where the supply is exempt. */
  ratePercent: number
}

const customers: readonly [Customer, ...Customer[]] = [
  { name: 'Acme Industrial GmbH', country: 'DE', currency: 'EUR', ratePercent: 19 },
  { name: 'Brandt, Olsen & Co. KG', country: 'DE', currency: 'EUR', ratePercent: 19 },
  { name: 'Carolina Precision B.V.', country: 'NL', currency: 'EUR', ratePercent: 0 },
  { name: 'Fjordbakk Packaging AS', country: 'NO', currency: 'EUR', ratePercent: 0 },
  { name: 'Imprimerie des Alpes', country: 'FR', currency: 'EUR', ratePercent: 20 },
  { name: 'Kestrel & Sons Ltd', country: 'GB', currency: 'GBP', ratePercent: 20 },
  { name: 'Maschinenfabrik Oderland', country: 'DE', currency: 'EUR', ratePercent: 19 },
  { name: 'Tiroler Hebetechnik GmbH', country: 'AT', currency: 'EUR', ratePercent: 0 },
]

const orderColumns = [
  'order_id',
  'order_date',
  'customer_id',
  'customer',
  'country',
  'items',
  'currency',
  'net_amount',
  'tax_rate',
  'tax_amount',
  'gross_amount',
  'due_date',
  'paid_date',
  'status',
]

function isoDay(dayFromFirst: number): string {
  return new Date(firstDayMs + dayFromFirst * dayMs).toISOString().slice(0, 10)
}

/** Sixty orders of January to September 2025, oldest first; RFC 4180 with a header line. */
export function renderOrders(): Buffer {
  const next = seededNumbers(20_250_107)
  const rows = Array.from({ length: orderCount }, (_, index) => orderOf(index, next))
  const lines = [orderColumns, ...rows].map((cells) => cells.map(quoteCell).join(','))
  return Buffer.from(`${lines.join('\r\n')}\r\n`)
}

function orderOf(index: number, next: () => number): string[] {
  const customerIndex = Math.floor(next() * customers.length)
  const customer = customers[customerIndex] ?? customers[0]
  const items = 1 + Math.floor(next() * 40)
  const netCents = items * (1_500 + Math.floor(next() * 24_000))
  const taxCents = vatOfCents(netCents, customer.ratePercent)
  const day = index * 4 + Math.floor(next() * 4)
  const { paidOn, status } = paymentOf(day, next())
  return [
    `ORD-25-${String(1_041 + index * 7).padStart(5, '0')}`,
    isoDay(day),
    `C-${20_417 + customerIndex * 31}`,
    customer.name,
    customer.country,
    String(items),
    customer.currency,
    plain(netCents),
    String(customer.ratePercent),
    plain(taxCents),
    plain(netCents + taxCents),
    isoDay(day + 30),
    paidOn,
    status,
  ]
}

function paymentOf(day: number, chance: number): { paidOn: string; status: string } {
  if (day > 215) return { paidOn: '', status: 'open' }
  if (chance < 0.06) return { paidOn: '', status: 'on hold' }
  if (chance < 0.14) return { paidOn: '', status: 'overdue' }
  return { paidOn: isoDay(day + 18 + Math.floor(chance * 20)), status: 'paid' }
}

function plain(cents: number): string {
  return formatCents(cents).replaceAll(',', '')
}

function quoteCell(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

const firstNames = ['Alder', 'Birke', 'Corvin', 'Dunmore', 'Elster', 'Fontane', 'Granit', 'Holm']
const lastNames = ['Bearings', 'Castings', 'Drives', 'Fasteners', 'Lubricants']
const places = [
  { country: 'DE', city: 'Chemnitz', form: 'GmbH' },
  { country: 'IT', city: 'Brescia', form: 'S.p.A.' },
  { country: 'PL', city: 'Poznań', form: 'sp. z o.o.' },
  { country: 'SE', city: 'Västerås', form: 'AB' },
  { country: 'TW', city: 'Taichung', form: 'Co., Ltd.' },
] as const
const certificates = ['ISO 9001', 'ISO 14001', 'IATF 16949', 'ISO 45001']
const remarks = [
  'Delivers reliably, also at short notice.',
  'Price increase announced for January 2026.',
  'Second source for linear guides since spring.',
  'Packaging must be checked: rust on two pallets in May.',
  'Site visit planned for November.',
]

/** Forty suppliers, as their master data would leave a purchasing system. */
export function renderSuppliers(): Buffer {
  const next = seededNumbers(40)
  const suppliers = Array.from({ length: supplierCount }, (_, index) => supplierOf(index, next))
  return Buffer.from(`${JSON.stringify(suppliers, null, 2)}\n`)
}

function supplierOf(index: number, next: () => number) {
  const place = places[Math.floor(next() * places.length)] ?? places[0]
  const trade = lastNames[index % lastNames.length] ?? ''
  const first = firstNames[Math.floor(index / lastNames.length)] ?? ''
  return {
    supplier_id: `S-${7_001 + index * 3}`,
    name: `${first} ${trade} ${place.form}`,
    country: place.country,
    city: place.city,
    category: trade.toLowerCase(),
    spend_2024_eur: 1_000 * (20 + Math.floor(next() * 900)),
    on_time_percent: 82 + Math.floor(next() * 18),
    complaints_2024: Math.floor(next() * 9),
    lead_time_days: 5 + Math.floor(next() * 60),
    payment_terms_days: [14, 30, 45, 60][Math.floor(next() * 4)] ?? 30,
    certificates: certificates.filter(() => next() < 0.5),
    is_preferred: next() < 0.35,
    last_audit_on: isoDay(-Math.floor(next() * 700)),
    remark: remarks[Math.floor(next() * remarks.length)] ?? '',
  }
}

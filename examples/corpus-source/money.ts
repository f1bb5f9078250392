// Amounts of the sample documents in whole cents, and the three ways Europe writes them.

export type Currency = 'EUR' | 'GBP'
export type NumberStyle = 'comma' | 'dot' | 'space'

const separators = {
  comma: { thousands: ',', decimal: '.' },
  dot: { thousands: '.', decimal: ',' },
  space: { thousands: '\u00a0', decimal: ',' },
} as const

/** 123456 becomes `1,234.56`, `1.234,56` or `1 234,56`. */
export function formatCents(cents: number, style: NumberStyle = 'comma'): string {
  const { thousands, decimal } = separators[style]
  const digits = String(Math.abs(cents)).padStart(3, '0')
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, thousands)
  return `${cents < 0 ? '-' : ''}${whole}${decimal}${digits.slice(-2)}`
}

/** VAT on a net sum, rounded half up to the cent. */
export function vatOfCents(netCents: number, ratePercent: number): number {
  return Math.floor((netCents * ratePercent + 50) / 100)
}

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/** `2025-03-14` becomes `14 March 2025`. */
export function longDate(iso: string): string {
  const [year, month, day] = iso.split('-')
  return `${Number(day)} ${months[Number(month) - 1]} ${year}`
}

/** 1200 becomes `1,200`, `1.200` or `1 200`. */
export function wholeOf(count: number, style: NumberStyle): string {
  return formatCents(count * 100, style).slice(0, -3)
}

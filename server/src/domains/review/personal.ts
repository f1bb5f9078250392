// Personal data in plain text, counted by kind. It looks for forms that can be checked (checksums, plans
// of numbers), since a finding that is mostly noise is read by nobody. Every pattern is bounded, so the
// time is linear in the text.

export type PersonalKind = 'email' | 'phone' | 'iban' | 'credit_card' | 'payslip'

export interface PersonalData {
  kind: PersonalKind
  count: number
  /** The first occurrence, masked. */
  sample: string
}

/** UTF-16 units that are looked at; the rest of a longer text is not. */
const scanUnitsMax = 500_000

interface Detector {
  kind: PersonalKind
  pattern: RegExp
  /** The occurrence without what the pattern took too much, or null where it is none. */
  confirm(found: string): string | null
  mask(occurrence: string): string
}

const keep = (found: string) => found

const detectors: readonly Detector[] = [
  {
    kind: 'email',
    pattern: /(?<![\w.%+-])[\w.%+-]{1,64}@[a-z\d-]{1,63}(?:\.[a-z\d-]{1,63}){0,3}\.[a-z]{2,24}\b/gi,
    confirm: keep,
    mask: (mail) => mail.replace(/^(.)[^@]*@(.).*(\.[^.]+)$/, '$1***@$2***$3'),
  },
  {
    kind: 'iban',
    pattern: /\b[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?\b/g,
    confirm: ibanOf,
    mask: (iban) => `${iban.slice(0, 2)}** **** ${iban.slice(-2)}`,
  },
  {
    kind: 'credit_card',
    pattern:
      /(?<![\d.,-])(?:\d{4}([ -])\d{4}\1\d{4}\1\d{4}|\d{4}([ -])\d{6}\2\d{5}|\d{13,19})(?!\d)/g,
    confirm: cardOf,
    mask: (digits) => `**** ${digits.slice(-4)}`,
  },
  {
    kind: 'phone',
    pattern:
      /(?<![\w+])(?:\+|00)[1-9]\d{0,2}(?:[ ./-]?\(?\d{1,5}\)?){2,6}(?!\w)|\b(?:tel|telefon|phone|mobil|mobile|fax)\b[.:]{0,2}[ \t]{0,3}\(?\d[\d ()./-]{5,17}\d/gi,
    confirm: phoneOf,
    mask: (digits) => `*** ${digits.slice(-2)}`,
  },
  {
    kind: 'payslip',
    pattern:
      /\b(?:pay ?slip|salary statement|wage statement|net pay|gross pay|social security number|gehaltsabrechnung|lohnabrechnung|entgeltabrechnung|gehaltsnachweis|lohnsteuerklasse|sozialversicherungsnummer|bulletin de (?:paie|salaire)|busta paga|recibo de nómina)\b/gi,
    confirm: keep,
    mask: (word) => word.toLowerCase(),
  },
]

export function personalDataIn(text: string): PersonalData[] {
  const scanned = text.slice(0, scanUnitsMax)
  return detectors.flatMap(({ kind, pattern, confirm, mask }) => {
    let count = 0
    let sample = ''
    for (const [found] of scanned.matchAll(pattern)) {
      const occurrence = confirm(found)
      if (occurrence === null) continue
      if (count === 0) sample = mask(occurrence)
      count += 1
    }
    return count > 0 ? [{ kind, count, sample }] : []
  })
}

// Length of an IBAN by country (ISO 13616 registry): it tells where the number ends in running text.
const ibanLengths: Readonly<Record<string, number>> = {
  AD: 24,
  AE: 23,
  AT: 20,
  BE: 16,
  BG: 22,
  CH: 21,
  CY: 28,
  CZ: 24,
  DE: 22,
  DK: 18,
  EE: 20,
  ES: 24,
  FI: 18,
  FR: 27,
  GB: 22,
  GR: 27,
  HR: 21,
  HU: 28,
  IE: 22,
  IL: 23,
  IS: 26,
  IT: 27,
  LI: 21,
  LT: 20,
  LU: 20,
  LV: 21,
  MC: 27,
  MT: 31,
  NL: 18,
  NO: 15,
  PL: 28,
  PT: 25,
  RO: 24,
  RS: 22,
  SA: 24,
  SE: 24,
  SI: 19,
  SK: 24,
  SM: 27,
  TR: 26,
  UA: 29,
}

/** ISO 13616: the first four characters go to the end, letters become 10 to 35, and 97 leaves 1. */
function ibanOf(found: string): string | null {
  const packed = found.replaceAll(' ', '')
  const length = ibanLengths[packed.slice(0, 2)]
  if (length === undefined || packed.length < length) return null
  const iban = packed.slice(0, length)
  let rest = 0
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest === 1 ? iban : null
}

// Visa, Mastercard, American Express, Discover: without a plan of numbers every tenth long number fits.
const cardPlan =
  /^(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|6(?:011|5\d\d)\d{12})$/

/** ISO/IEC 7812-1, annex B (Luhn): every second digit from the right is doubled; ten divides the sum. */
function cardOf(found: string): string | null {
  const digits = found.replace(/\D/g, '')
  if (!cardPlan.test(digits)) return null
  let sum = 0
  for (let place = 0; place < digits.length; place++) {
    const digit = Number(digits.charAt(digits.length - 1 - place))
    const doubled = place % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0 ? digits : null
}

/** E.164: at most 15 digits; fewer than 7 are no subscriber's number. */
function phoneOf(found: string): string | null {
  const digits = found.replace(/\D/g, '')
  return digits.length >= 7 && digits.length <= 17 ? digits : null
}

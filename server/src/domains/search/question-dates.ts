// The values of `created:` and `date:`. A date is the whole year, month, day, minute or second that
// it names, in UTC. All ranges come out half-open in milliseconds since 1970. The calendar is worked
// out here: the built-in one rolls 31 February over and reads the year 24 as 1924.

const dayMs = 86_400_000
const minuteMs = 60_000
const yearMax = 9_999

export interface DateRange {
  from: number | null
  to: number | null
}

const calendarDay = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/
const instant =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{3}))?)?(?:Z|([+-])(\d{2}):(\d{2}))$/
const bracketed = /^([[{])\s*([^\s\]}]+)\s+TO\s+([^\s\]}]+)\s*([\]}])$/

/**
 * Reads `2024`, `2024-03`, `2024-03-05`, `2024-03-05T10:00:00Z`, `[a TO b]`, `{a TO b}`, `>=a`, `<a`.
 * Gives undefined where the value is none of these, names no day of the calendar, or is empty.
 */
export function readDateRange(value: string): DateRange | undefined {
  const range = value.startsWith('[') || value.startsWith('{') ? between(value) : compared(value)
  if (range === undefined) return undefined
  if (range.from !== null && range.to !== null && range.from >= range.to) return undefined
  return range
}

function between(value: string): DateRange | undefined {
  const match = bracketed.exec(value)
  if (match === null) return undefined
  const [, open, low = '', high = '', close] = match
  const from = low === '*' ? null : readPeriod(low)?.[open === '[' ? 'from' : 'to']
  const to = high === '*' ? null : readPeriod(high)?.[close === ']' ? 'to' : 'from']
  return from === undefined || to === undefined ? undefined : { from, to }
}

function compared(value: string): DateRange | undefined {
  const sign = /^[<>]?=?/.exec(value)?.[0] ?? ''
  const period = readPeriod(value.slice(sign.length))
  if (period === undefined) return undefined
  switch (sign) {
    case '':
      return period
    case '>=':
      return { from: period.from, to: null }
    case '>':
      return { from: period.to, to: null }
    case '<':
      return { from: null, to: period.from }
    case '<=':
      return { from: null, to: period.to }
    default:
      return undefined
  }
}

function readPeriod(text: string): { from: number; to: number } | undefined {
  const period = readDay(text) ?? readInstant(text)
  const isInCalendar = period !== undefined && period.from >= firstMs && period.to <= lastMs
  return isInCalendar ? period : undefined
}

function readDay(text: string): { from: number; to: number } | undefined {
  const match = calendarDay.exec(text)
  if (match === null) return undefined
  const [year, month, day] = match.slice(1).map(numberOrUndefined)
  if (year === undefined) return undefined
  if (month === undefined) return { from: msOf(year, 1, 1), to: msOf(year + 1, 1, 1) }
  if (month < 1 || month > 12) return undefined
  if (day === undefined) {
    const from = msOf(year, month, 1)
    return { from, to: from + daysIn(year, month) * dayMs }
  }
  if (day < 1 || day > daysIn(year, month)) return undefined
  const from = msOf(year, month, day)
  return { from, to: from + dayMs }
}

function readInstant(text: string): { from: number; to: number } | undefined {
  const match = instant.exec(text)
  if (match === null) return undefined
  const day = readDay(text.slice(0, 10))
  const numbers = [4, 5, 6, 7, 9, 10].map((group) => numberOrUndefined(match[group]))
  const [hour = 0, minute = 0, second, ms, zoneHour = 0, zoneMinute = 0] = numbers
  if (day === undefined || hour > 23 || minute > 59 || (second ?? 0) > 59) return undefined
  if (zoneHour > 23 || zoneMinute > 59) return undefined
  const zoneMs = (match[8] === '-' ? -1 : 1) * (zoneHour * 60 + zoneMinute) * minuteMs
  const time = (hour * 60 + minute) * minuteMs + (second ?? 0) * 1_000 + (ms ?? 0)
  const from = day.from + time - zoneMs
  const lengthMs = ms !== undefined ? 1 : second !== undefined ? 1_000 : minuteMs
  return { from, to: from + lengthMs }
}

/** The shortest exact way to write a range with brackets; reading it gives the same range. */
export function printDateRange({ from, to }: DateRange): string {
  const isLowIncluded = from === null || from < lastMs
  const isHighExcluded = to === null || to < lastMs
  const low = from === null ? '*' : instantText(isLowIncluded ? from : from - 1)
  const high = to === null ? '*' : instantText(isHighExcluded ? to : to - 1)
  return `${isLowIncluded ? '[' : '{'}${low} TO ${high}${isHighExcluded ? '}' : ']'}`
}

function instantText(ms: number): string {
  const days = Math.floor(ms / dayMs)
  const rest = ms - days * dayMs
  const [year, month, day] = dateOf(days)
  const time = [rest / 3_600_000, (rest / minuteMs) % 60, (rest / 1_000) % 60]
  const clock = time.map((part) => padded(Math.floor(part), 2)).join(':')
  return `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}T${clock}.${padded(rest % 1_000, 3)}Z`
}

function padded(value: number, width: number): string {
  return String(value).padStart(width, '0')
}

function numberOrUndefined(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits)
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

function daysIn(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** Proleptic Gregorian calendar, years counted from March so that the leap day comes last. */
function msOf(year: number, month: number, day: number): number {
  const shifted = month > 2 ? year : year - 1
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  const leapDays = Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400)
  return (shifted * 365 + leapDays + dayOfYear - 719_468) * dayMs
}

function dateOf(daysSince1970: number): [year: number, month: number, day: number] {
  const days = daysSince1970 + 719_468
  const era = Math.floor(days / 146_097)
  const dayOfEra = days - era * 146_097
  const leapDays =
    Math.floor(dayOfEra / 1_460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096)
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365)
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day]
}

const firstMs = msOf(1, 1, 1)
const lastMs = msOf(yearMax + 1, 1, 1)

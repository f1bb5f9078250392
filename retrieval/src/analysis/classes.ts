// The class of each code point, from the checked-in ranges and never from the regular expressions of the
// running Node: index and question must agree, and Unicode data moves with Node's releases.
import { classRanges } from './tables.ts'

export const OTHER = 0
export const MARK = 2
export const GRAM = 3

const classes = new Uint8Array(0x110000)
let at = 0
for (const row of classRanges.split(';')) {
  const [gap = '', length = '', found = ''] = row.split(',')
  at += Number.parseInt(gap, 36)
  classes.fill(Number(found), at, at + Number.parseInt(length, 36))
  at += Number.parseInt(length, 36)
}

/** OTHER, MARK, GRAM, or 1 for a letter or digit of a script that writes blanks. */
export function classOf(codePoint: number): number {
  return classes[codePoint]!
}

/** The code point at an index of UTF-16 units; a lone surrogate is itself. */
export function codePointAt(text: string, index: number): number {
  const unit = text.charCodeAt(index)
  return unit >= 0xd800 && unit <= 0xdbff ? (text.codePointAt(index) ?? unit) : unit
}

export function unitsOf(codePoint: number): number {
  return codePoint > 0xffff ? 2 : 1
}

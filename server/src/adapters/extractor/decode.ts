// Bytes of a text file to a string: UTF-8, UTF-16 with a byte order mark, Shift_JIS where the text shows
// it, else Windows-1252, which reads any bytes. Gives null for bytes that are no text.

const controlShareMax = 0.3
/** Random bytes hold 11 % control characters; old single-byte texts hold next to none. */
const legacyControlShareMax = 0.02
const kanaShareMin = 0.3
/** Random bytes give a third of unassigned and private characters as UTF-16. */
const strangeShareMax = 0.1

export function decodeText(bytes: Uint8Array): string | null {
  if (hasUtf16Mark(bytes)) return utf16(bytes)
  const controls = controlShare(bytes)
  const strict = tryDecode(bytes, 'utf-8')
  if (strict !== null) return controls <= controlShareMax ? strict : null
  if (controls > legacyControlShareMax) return null
  return damagedUtf8(bytes) ?? shiftJis(bytes) ?? windows1252(bytes)
}

export function hasUtf16Mark([first, second]: Uint8Array): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
}

function utf16(bytes: Uint8Array): string | null {
  const text = new TextDecoder(bytes[0] === 0xff ? 'utf-16le' : 'utf-16be').decode(bytes)
  const strange = count(text, /[\uFFFD\p{Cn}\p{Co}]|[^\P{Cc}\t\n\v\f\r]/gu)
  return strange <= text.length * strangeShareMax ? text : null
}

function controlShare(bytes: Uint8Array): number {
  let count = 0
  for (const byte of bytes) {
    const isLayout = byte >= 9 && byte <= 13
    if (byte < 32 && !isLayout) count += 1
  }
  return bytes.length === 0 ? 0 : count / bytes.length
}

function tryDecode(bytes: Uint8Array, encoding: string): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

/** UTF-8 with a few broken places: more characters of several bytes are whole than broken. */
function damagedUtf8(bytes: Uint8Array): string | null {
  const text = new TextDecoder('utf-8').decode(bytes)
  const broken = count(text, /\uFFFD/gu)
  const whole = count(text, /[^\p{ASCII}\uFFFD]/gu)
  return whole > broken ? text : null
}

function shiftJis(bytes: Uint8Array): string | null {
  const text = tryDecode(bytes, 'shift_jis')
  if (text === null) return null
  const foreign = count(text, /\P{ASCII}/gu)
  const kana = count(text, /[\u3040-\u30FF]/gu)
  return foreign > 0 && kana / foreign >= kanaShareMin ? text : null
}

/** What Windows put where Latin-1 has control characters; its five gaps become blanks. */
const windowsOnly = '€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ'

/** By hand, since Node 20 and some later ones decode `windows-1252` as Latin-1. */
function windows1252(bytes: Uint8Array): string {
  const latin1 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  return latin1.replace(/[\u0080-\u009F]/gu, (unit) =>
    windowsOnly.charAt(unit.charCodeAt(0) - 0x80),
  )
}

function count(text: string, pattern: RegExp): number {
  let found = 0
  for (const _ of text.matchAll(pattern)) found += 1
  return found
}

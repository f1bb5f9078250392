// Makes secrets. They come only from the system's generator, are shown once and stored as a hash. The
// type refuses to be logged or serialised by accident; `reveal` is the one way to the text.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  reveal(): string {
    return this.#text
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): never {
    throw new Error('assertion failed: a secret is never serialised')
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]'
  }
}

const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Letters and digits only, evenly drawn: `_` then splits a key without doubt (integration-facts 4.4). */
export function randomText(length: number): string {
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      // 248 is the largest multiple of 62 in a byte: without this the first letters would be likelier.
      if (byte < 248 && text.length < length) text += letters.charAt(byte % 62)
    }
  }
  return text
}

/** 43 letters of 62 carry 256 bits. */
export const secretLength = 43

export function hashOf(text: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(text).digest())
}

export function isSameHash(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

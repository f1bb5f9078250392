// Passwords: argon2id with 19 MiB, t = 2, p = 1 (OWASP), at most four at once, since each takes its
// memory. The parameters stand in the hash.
import { hash, verify } from '@node-rs/argon2'

const options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const atOnceMax = 4

let running = 0
const waiting: (() => void)[] = []

async function oneOfFour<T>(work: () => Promise<T>): Promise<T> {
  if (running < atOnceMax) running++
  else await new Promise<void>((go) => waiting.push(go))
  try {
    return await work()
  } finally {
    // The place is handed on: nobody can slip in before the one who waits.
    const next = waiting.shift()
    if (next) next()
    else running--
  }
}

export function hashPassword(password: string): Promise<string> {
  return oneOfFour(() => hash(password, options))
}

let dummy: Promise<string> | undefined

/** Without a hash a dummy is verified: an unknown mail takes as long as a wrong password. */
export async function isPassword(stored: string | undefined, password: string): Promise<boolean> {
  dummy ??= hashPassword('no account has this password')
  const against = stored ?? (await dummy)
  const fits = await oneOfFour(() => verify(against, password))
  return fits && stored !== undefined
}

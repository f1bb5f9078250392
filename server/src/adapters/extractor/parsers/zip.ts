// A reader of zip files that trusts no number in them. Sizes are checked twice: as declared, before
// anything is unpacked, and while unpacking. Nothing is ever written to disk.
import { inflateRawSync } from 'node:zlib'
import { Refusal } from '../refusal.ts'

const entriesMax = 5_000
const entryBytesMax = 64 * 1024 ** 2
const totalBytesMax = 192 * 1024 ** 2
const ratioMax = 200
/** Small files of many equal bytes compress well without being a bomb. */
const ratioFromBytes = 4 * 1024 ** 2

const endBytes = 22
const commentBytesMax = 65_535
const endMark = 0x06054b50
const entryMark = 0x02014b50
const localMark = 0x04034b50
const zip64Value = 0xffffffff

const linkMode = 0xa000

interface Entry {
  isEncrypted: boolean
  isLink: boolean
  method: number
  packedBytes: number
  unpackedBytes: number
  localOffset: number
}

export class SafeZip {
  private readonly bytes: Buffer
  private readonly entries: Map<string, Entry>
  private bytesLeft = totalBytesMax

  /** Throws `Refusal`: `corrupt_file`, `archive_bomb`, `password_protected`. */
  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.entries = readDirectory(bytes)
    const sizes = [...this.entries.values()].map((entry) => entry.unpackedBytes)
    if (sizes.reduce((sum, size) => sum + size, 0) > totalBytesMax) throw bomb()
  }

  get names(): string[] {
    return [...this.entries.keys()]
  }

  has(name: string): boolean {
    return this.entries.has(name)
  }

  read(name: string): Buffer {
    const entry = this.entries.get(name)
    if (!entry) throw corrupt()
    const packed = this.packedOf(entry)
    const unpacked = entry.method === 0 ? packed : inflate(packed, entry)
    this.bytesLeft -= unpacked.length
    if (this.bytesLeft < 0) throw bomb()
    return unpacked
  }

  private packedOf({ localOffset, packedBytes }: Entry): Buffer {
    const { bytes } = this
    if (localOffset + 30 > bytes.length || bytes.readUInt32LE(localOffset) !== localMark) {
      throw corrupt()
    }
    const start =
      localOffset + 30 + bytes.readUInt16LE(localOffset + 26) + bytes.readUInt16LE(localOffset + 28)
    if (start + packedBytes > bytes.length) throw corrupt()
    return bytes.subarray(start, start + packedBytes)
  }
}

function inflate(packed: Buffer, { method, unpackedBytes }: Entry): Buffer {
  if (method !== 8) throw corrupt()
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, unpackedBytes) })
  } catch (error) {
    const isTooLarge = error instanceof RangeError
    throw isTooLarge ? bomb() : corrupt()
  }
}

function readDirectory(bytes: Buffer): Map<string, Entry> {
  const end = findEnd(bytes)
  const count = bytes.readUInt16LE(end + 10)
  if (count > entriesMax) throw bomb()
  const entries = new Map<string, Entry>()
  let at = bytes.readUInt32LE(end + 16)
  for (let index = 0; index < count; index += 1) {
    if (at + 46 > end || bytes.readUInt32LE(at) !== entryMark) throw corrupt()
    const entry = readEntry(bytes, at)
    const nameEnd = at + 46 + bytes.readUInt16LE(at + 28)
    const name = bytes.toString('utf8', at + 46, nameEnd)
    if (/^([/\\]|[a-z]:)/i.test(name)) throw unsafe()
    entries.set(name, entry)
    at = nameEnd + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32)
  }
  return entries
}

function readEntry(bytes: Buffer, at: number): Entry {
  const entry = {
    isEncrypted: (bytes.readUInt16LE(at + 8) & 1) === 1,
    isLink: (bytes.readUInt16LE(at + 40) & 0xf000) === linkMode,
    method: bytes.readUInt16LE(at + 10),
    packedBytes: bytes.readUInt32LE(at + 20),
    unpackedBytes: bytes.readUInt32LE(at + 24),
    localOffset: bytes.readUInt32LE(at + 42),
  }
  if (entry.isEncrypted) {
    throw new Refusal(
      'password_protected',
      'The archive is encrypted; upload it without a password.',
    )
  }
  // 4 GiB and more is written in another place, and far over what we read.
  const { packedBytes, unpackedBytes } = entry
  if (unpackedBytes === zip64Value || packedBytes === zip64Value) throw bomb()
  const isSteep = unpackedBytes > ratioFromBytes && unpackedBytes > packedBytes * ratioMax
  if (unpackedBytes > entryBytesMax || isSteep) throw bomb()
  if (entry.isLink) throw unsafe()
  return entry
}

function findEnd(bytes: Buffer): number {
  const first = Math.max(0, bytes.length - endBytes - commentBytesMax)
  for (let at = bytes.length - endBytes; at >= first; at -= 1) {
    if (bytes.readUInt32LE(at) === endMark) return at
  }
  throw corrupt()
}

const bomb = () =>
  new Refusal('archive_bomb', 'The file unpacks to far more than a document of its kind holds.')

const corrupt = () =>
  new Refusal('corrupt_file', 'The file is damaged: its archive cannot be read.')

const unsafe = () =>
  new Refusal('corrupt_file', 'The archive holds links or absolute paths, which are not followed.')

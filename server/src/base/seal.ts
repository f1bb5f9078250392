// Encrypts what must be read again, such as a remembered answer or the secret of a webhook. AES-256-GCM
// under the server's secret key, bound to the id of its row: moved to another row, it does not open.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const ivBytes = 12
const tagBytes = 16

export function seal(key: Uint8Array, rowId: string, text: string): Uint8Array {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(rowId))
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), sealed])
}

/** Throws where the key or the row is another one. */
export function unseal(key: Uint8Array, rowId: string, sealed: Uint8Array): string {
  const iv = sealed.subarray(0, ivBytes)
  const tag = sealed.subarray(ivBytes, ivBytes + tagBytes)
  const decipher = createDecipheriv('aes-256-gcm', key, iv)
  decipher.setAAD(Buffer.from(rowId)).setAuthTag(tag)
  const rest = sealed.subarray(ivBytes + tagBytes)
  return Buffer.concat([decipher.update(rest), decipher.final()]).toString('utf8')
}
